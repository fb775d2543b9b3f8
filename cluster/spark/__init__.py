"""Engines in Spark's executors."""
