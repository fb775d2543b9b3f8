"""A gateway under everything at once, for long."""
