"""Operators' accounts, queues and hotline numbers, and the snapshot of them for the switchboard."""
