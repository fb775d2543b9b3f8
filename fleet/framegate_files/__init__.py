"""What the fleet, flows and learners have in common: files that people write and programs read, and
the other way round, and the socket of the gateway on this machine."""
