"""Engines in Ray actors: pictures from Kafka in, results to Kafka out; and a class for Ray Data.

python -m framegate.ray workers --help

from framegate.ray import Findings
"""

from framegate.ray.findings import Findings

__all__ = ["Findings"]
