"""A Ray cluster of several raylets on this machine."""

import os
from typing import Any

# Nothing is reported to anybody.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from ray.cluster_utils import Cluster

_STORE = 100 << 20
# A dead raylet is missed soon, for it refuses; one that has no time on a busy machine is not dead.
_HEALTH = {
    "health_check_initial_delay_ms": 5000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 10_000,
    "health_check_failure_threshold": 5,
}


class RayCluster:
    """A head without room for work, and machines that come and go."""

    def __init__(self) -> None:
        self._cluster = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 0,
                "object_store_memory": _STORE,
                "include_dashboard": False,
                "_system_config": _HEALTH,
            },
        )
        self.address: str = self._cluster.address
        ray.init(self.address, log_to_driver=False, logging_level="ERROR")

    def add(self, cpus: int) -> Any:
        """One more machine, with room for so many workers."""
        return self._cluster.add_node(num_cpus=cpus, object_store_memory=_STORE)

    def cut(self, machine: Any) -> None:
        """Takes a machine away as a power cut does."""
        self._cluster.remove_node(machine, allow_graceful=False)

    def close(self) -> None:
        """Ends everything."""
        ray.shutdown()
        self._cluster.shutdown()
