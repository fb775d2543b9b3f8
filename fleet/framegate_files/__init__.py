"""Files that people write and programs read, and the other way round: what the fleet, flows and
learners have in common."""
