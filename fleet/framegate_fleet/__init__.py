"""Many gateways as one Git repository of desired state: `framegate-fleet`."""

__version__ = "0.1.0"
