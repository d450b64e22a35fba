"""Deadlines by law and by rule: working-day calendar, rules as data, clocks that explain themselves."""
