"""Spark as clusters run it: a standalone master and workers, each a process of its own.

A worker is a node by an address of its own in 127.0.0.0/8, so that Spark tells them apart.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import pyspark
from pyspark.sql import SparkSession

from testbed import places, stopping
from testbed.loopback import free_port
from testbed.process import Process

HOME = Path(pyspark.__file__).parent
# Short-lived, and many of them on one machine.
_JAVA = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k")
MIB = 1024 * 1024


def jars() -> str:
    """What reads and writes Kafka, for `spark.jars`."""
    folder = places.need(places.cache() / "spark-jars" / "lib", "run ./dev setup --cluster")
    return ",".join(str(path) for path in sorted(folder.glob("*.jar")))


def site() -> Path:
    """The folder that the wheel is installed in, as a user has it."""
    return places.need(places.ROOT / "build-wheel" / "site", "run ./dev test cluster")


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        # A thread of Java's starts them.
        for task in Path(f"/proc/{pid}/task").iterdir():
            told += " " + (task / "children").read_text()
    except OSError:
        return []
    return sorted({int(it) for it in told.split()})


def _descendants(pid: int) -> list[int]:
    found = children(pid)
    return found + [it for child in found for it in _descendants(child)]


class Spark:
    """A master, and workers that come when they are asked for."""

    def __init__(self, folder: Path, cores: int = 1, memory_mib: int = 512) -> None:
        """`cores` and `memory_mib` are of each worker; it gives them all to one executor."""
        self.folder = folder
        self.cores, self.memory_mib = cores, memory_mib
        self.port = free_port()
        self.master = f"spark://127.0.0.1:{self.port}"
        self._master: Process | None = None
        self.workers: list[Process] = []
        self.session: SparkSession | None = None

    def _java(self, name: str, host: str, *arguments: object) -> Process:
        environment = {
            **os.environ,
            "SPARK_HOME": str(HOME),
            "SPARK_LOCAL_IP": host,
            "SPARK_SCALA_VERSION": "2.13",
        }
        kind = "master.Master" if name == "master" else "worker.Worker"
        return Process(
            ["java", "-Xmx192m", *_JAVA, "-cp", f"{HOME}/jars/*"]
            + [f"org.apache.spark.deploy.{kind}", "--host", host, *arguments],
            self.folder / f"spark-{name}.log",
            environment=environment,
        )

    def start(self, workers: int) -> None:
        """Starts the master, and so many workers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._master = self._java(
            "master", "127.0.0.1", "--port", self.port, "--webui-port", free_port()
        )
        for _ in range(workers):
            self.add_worker()

    def add_worker(self) -> Process:
        """One more node."""
        number = len(self.workers) + 1
        arguments = ["--cores", self.cores, "--memory", f"{self.memory_mib + 64}m"]
        arguments += ["--webui-port", free_port(), "--work-dir", self.folder / f"worker-{number}"]
        self.workers.append(
            self._java(f"worker-{number}", f"127.0.0.{number + 1}", *arguments, self.master)
        )
        return self.workers[-1]

    def open(self, name: str, **settings: str) -> SparkSession:
        """The session of this process; settings have `__` for the points of their names."""
        os.environ["PYSPARK_PYTHON"] = sys.executable  # the executors' too
        built = SparkSession.builder.master(self.master).appName(name)
        usual = {
            "spark.driver.memory": "640m",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.extraJavaOptions": " ".join(_JAVA),
            "spark.executor.memory": f"{self.memory_mib}m",
            "spark.executor.extraJavaOptions": " ".join(_JAVA),
            "spark.executorEnv.PYTHONPATH": str(site()),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.local.dir": str(self.folder / "local"),
            "spark.jars": jars(),
        }
        for key, value in {**usual, **settings}.items():
            built = built.config(key.replace("__", "."), value)
        self.session = built.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")
        return self.session

    def executors(self) -> list[str]:
        """Their addresses, the driver's apart."""
        status = self.session.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
        driver = self.session.conf.get("spark.driver.port")
        there = [f"{it.host()}:{it.port()}" for it in status]
        return [it for it in there if not it.endswith(f":{driver}") and it[:10] != "127.0.0.1:"]

    def wait_for_executors(self, count: int, timeout: float = 120.0) -> None:
        """Waits until so many are there."""
        end = time.monotonic() + timeout
        while len(self.executors()) != count:
            if time.monotonic() > end:
                raise RuntimeError(f"Spark has {self.executors()} after {timeout:.0f} s")
            stopping.pause(0.2)

    def executor_pids(self) -> list[int]:
        """The processes of the executors, those of our workers alone."""
        return [pid for worker in self.workers for pid in children(worker.pid)]

    def close(self) -> None:
        """Ends the session and every process."""
        left: list[int] = []
        if self.session:
            left = [it for worker in self.workers for it in _descendants(worker.pid)]
            gateway: Any = self.session.sparkContext._gateway
            self.session.stop()
            gateway.shutdown()
            gateway.proc.stdin.close()
            gateway.proc.wait(30)
            from pyspark import SparkContext

            SparkContext._gateway = SparkContext._jvm = None
            self.session = None
        for process in [*self.workers, self._master]:
            if process:
                process.stop()
        for pid in left:
            _end(pid)


def _end(pid: int) -> None:
    """Waits for one that has nobody left to serve; ends it when it does not see that."""
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}/stat").exists():
        if time.monotonic() > end:
            os.kill(pid, 9)
            return
        time.sleep(0.1)
