"""The life of a model, from the cloud's training to the sites and back, as one declared flow."""

__version__ = "0.1"
