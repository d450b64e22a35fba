"""Working days, rules and clocks of deadlines; pure."""
