"""What the ways to run an engine behind Kafka share: framegate.ray and framegate.spark use it."""
