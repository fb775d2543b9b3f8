"""The recipe as a barrier job of Spark: all its tasks run at the same time, and when one fails, all
are started again, and go on behind the last epoch that was kept."""

import os
import sys
import time
from pathlib import Path

from framegate_flow import training
from framegate_flow.training import Epoch, Plan, Run
from testbed.spark import Spark as Cluster


class Spark:
    """A standalone cluster with a node for each process."""

    name = "Spark"

    def __init__(self, most: int, folder: Path) -> None:
        self._cluster = Cluster(folder / "spark")
        self._cluster.start(most)
        session = self._cluster.open(
            "framegate: digits",
            # A process that has connected cannot do so again.
            spark__python__worker__reuse="false",
            spark__executorEnv__PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
            spark__executorEnv__JAX_PLATFORMS="cpu",
        )
        self._cluster.wait_for_executors(most)
        self._context = session.sparkContext

    def train(self, plan: Plan, workers: int, folder: Path) -> Run:
        """Trains it in that folder; the time has the start of the processes in it."""

        def task(_: object):  # type: ignore[no-untyped-def]
            from pyspark import BarrierTaskContext

            context = BarrierTaskContext.get()
            rank = context.partitionId()
            told = context.allGather(training.free_address() if rank == 0 else "")
            training.connect(told[0], rank, len(told))
            epochs = training.kept(folder)
            begin = epochs[-1].state if epochs else None
            training.note(folder, rank, begin)

            def after(epoch: Epoch) -> None:
                if rank == 0:
                    training.keep(folder, epoch)

            # All have read where to go on before one keeps more.
            context.barrier()
            training.learn(plan, begin, after)
            yield rank

        begin = time.monotonic()
        tasks = self._context.parallelize(range(workers), workers).barrier().mapPartitions(task)
        # Spark tries a barrier stage again only where another one reads what it made.
        tasks.repartition(1).collect()
        return Run(time.monotonic() - begin, training.kept(folder))

    def close(self) -> None:
        """Ends it."""
        self._cluster.close()
