"""Rules on personal data. Pure: no clock, no network, no database, no log."""
