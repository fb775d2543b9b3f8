"""What every step's process needs is loaded once, before they fork: a second of processor each."""

import tempfile
from pathlib import Path

from dagster import DagsterInstance

from framegate_flow import engine

__all__ = ["engine"]

# The engine loads its storage when one is opened.
with tempfile.TemporaryDirectory() as _folder:
    Path(_folder, "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with DagsterInstance.local_temp(_folder) as _instance:
        _instance.get_runs(limit=1)
