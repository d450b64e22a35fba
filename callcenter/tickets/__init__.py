"""Contacts, reporters and tickets: from a call to a matter with a code."""
