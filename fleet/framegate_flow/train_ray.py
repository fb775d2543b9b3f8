"""The recipe by Ray Train: JaxTrainer starts the processes, and starts them again with the last
checkpoint when one has ended."""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from framegate_flow import training
from framegate_flow.training import Epoch, Plan, Run

_STATE = "state"
# What a run of ours may take of the machine, whoever else is there.
_STORE = 256 * 1024 * 1024


def _loop(config: dict[str, Any]) -> None:
    """What each process does."""
    import ray.train
    from ray.train.collective import broadcast_from_rank_zero

    context = ray.train.get_context()
    rank = context.get_world_rank()
    folder = Path(config["folder"])
    address = broadcast_from_rank_zero(training.free_address() if rank == 0 else None)
    training.connect(address, rank, context.get_world_size())
    given = ray.train.get_checkpoint()
    begin = config["begin"]
    if given:
        with given.as_directory() as place:
            begin = Path(place, _STATE).read_bytes()
    training.note(folder, rank, begin)

    def after(epoch: Epoch) -> None:
        with tempfile.TemporaryDirectory() as place:
            Path(place, _STATE).write_bytes(epoch.state)
            kept = ray.train.Checkpoint.from_directory(place) if rank == 0 else None
            ray.train.report({"epoch": epoch.number}, checkpoint=kept)
        if rank == 0:
            training.keep(folder, epoch)

    training.learn(config["plan"], begin, after)


class Ray:
    """A cluster of this machine alone, for as many processes as there are."""

    name = "Ray Train"

    def __init__(self, most: int) -> None:
        os.environ["RAY_TRAIN_V2_ENABLED"] = "1"
        # Not nicer than what it is held against.
        os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - its name
        import ray

        paths = [path for path in sys.path if path]
        settings = {
            "num_cpus": most + 1,
            "object_store_memory": _STORE,
            "include_dashboard": False,
            "log_to_driver": False,
            "logging_level": "error",
            "runtime_env": {
                "env_vars": {"PYTHONPATH": os.pathsep.join(paths), "JAX_PLATFORMS": "cpu"}
            },
        }
        for tries_left in (2, 1, 0):
            try:
                ray.init("local", **settings)
                return
            except Exception:
                # It gives its start 30 s, which a busy machine can miss.
                ray.shutdown()
                if not tries_left:
                    raise

    def train(self, plan: Plan, workers: int, folder: Path) -> Run:
        """Trains it in that folder; the time has the start of the processes in it."""
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.v2.jax import JaxTrainer

        begin = time.monotonic()
        epochs = training.kept(folder)
        # What an engine that was killed with its driver has left is not gone on with.
        storage = tempfile.mkdtemp(prefix="ray-", dir=folder)
        trainer = JaxTrainer(
            _loop,
            train_loop_config={
                "plan": plan,
                "folder": str(folder),
                "begin": epochs[-1].state if epochs else None,
            },
            scaling_config=ScalingConfig(num_workers=workers),
            run_config=RunConfig(
                name="training",
                storage_path=storage,
                failure_config=FailureConfig(max_failures=2),
            ),
        )
        trainer.fit()
        return Run(time.monotonic() - begin, training.kept(folder))

    def close(self) -> None:
        """Ends it."""
        import ray

        ray.shutdown()
