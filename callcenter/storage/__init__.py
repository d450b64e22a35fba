"""The database: opening it, transactions, column types, migrations. Knows no table of its own."""
