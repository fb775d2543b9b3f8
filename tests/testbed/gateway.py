"""The gateway under test: writes its configuration, runs `gwd`, asks it through `gwctl`."""

import contextlib
import datetime
import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from testbed import places, stopping
from testbed.process import Process
from testbed.senders import Stream


class Topics(NamedTuple):
    """Where the gateway writes."""

    results: str = "framegate.results"
    frames: str = "framegate.frames"

    @classmethod
    def unique(cls) -> "Topics":
        """Names that nobody else has."""
        number = uuid.uuid4().hex[:8]
        return cls(f"results-{number}", f"frames-{number}")


DEFAULT_TOPICS = Topics()
RING = 16384  # packets, of 2 KiB, that lie before the gateway's port
USUAL_SOCKET = Path("/run/framegate/api.sock")
_RUNTIME = Path("/run/dpdk")


_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z +(info|debug) ")


def error_line(stderr: str) -> str:
    """The one line with which `gwd` says what is wrong.

    Before it only the log may have spoken, of what went well.
    """
    *before, line = stderr.splitlines() or [""]
    if not line.startswith("gwd: ") or not all(_LOG_LINE.match(it) for it in before):
        raise AssertionError(f"not one error line:\n{stderr}")
    return line


class Answer(NamedTuple):
    """What `gwctl` said: its exit code, and its JSON or, where there is none, its text."""

    code: int
    body: Any
    stderr: str


def camera(stream: Stream, **more: object) -> dict[str, object]:
    """The configuration of a camera that receives this stream; a key that is None is left out."""
    keys = {
        "name": stream.name,
        "source": stream.source,
        "destination": stream.destination,
        "port": stream.port,
        "ssrc": stream.ssrc,
        **more,
    }
    return {key: value for key, value in keys.items() if value is not None}


def configuration(
    port: str,
    cameras: Iterable[dict[str, object]],
    brokers: str | None,
    topics: Topics = DEFAULT_TOPICS,
    every: int = 25,
) -> dict[str, Any]:
    """A whole configuration; without brokers the results go nowhere."""
    kafka: dict[str, Any] = {"backend": "null"}
    if brokers:
        kafka = {
            "brokers": brokers,
            "results": {"topic": topics.results},
            "frames": {"topic": topics.frames, "every": every},
            "properties": [{"name": "linger.ms", "value": "5"}],
        }
    return {
        "gateway": {"name": "gw1", "mode": "realtime", "idle": "adaptive"},
        "log": {"level": "info", "to": "stderr"},
        "interfaces": [
            {
                "name": "lan0",
                # Room for seconds of packets, when the machine has other things to do.
                "device": f"net_af_packet0,iface={port},framecnt={RING}",
                "checksum": "software",
            }
        ],
        "cameras": list(cameras),
        "decode": {"backend": "turbo", "workers": 1},
        "accel": {
            "backend": "ort",
            "library": str(places.onnxruntime()),
            "repository": str(places.models()),
            "threads": 1,
        },
        "kafka": kafka,
    }


def _somebody_answers() -> bool:
    """True when a gateway listens at the usual place."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(USUAL_SOCKET))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True
        return True


class Gateway:
    """One `gwd`; its socket, log and configuration lie in a short-named folder of its own.

    With `usual_socket` it answers where `gwctl` asks without being told, if nobody does so there.
    """

    def __init__(self, configuration: dict[str, Any], usual_socket: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="framegate-"))
        self.socket = self.folder / "api.sock"
        if usual_socket and not _somebody_answers():
            self.socket = USUAL_SOCKET
        self.file = self.folder / "gateway.yaml"
        api = {**configuration.get("api", {}), "socket": str(self.socket)}
        self.configuration = {**configuration, "api": api}
        self.write()
        self.process: Process | None = None

    def write(self) -> None:
        """Writes `configuration` to the file."""
        # By way of JSON: what stands in two places is written twice, not as an alias.
        plain = json.loads(json.dumps(self.configuration))
        self.file.write_text(yaml.safe_dump(plain, sort_keys=False))

    def launch(self) -> Process:
        """Starts `gwd` and does not wait."""
        self.process = Process([places.gwd(), "--config", self.file], self.folder / "gwd.log")
        return self.process

    def start(self, timeout: float = 60.0) -> None:
        """Starts `gwd` and waits until it receives."""
        self.launch()
        try:
            self._wait_until_ready(timeout)
        except RuntimeError:
            # DPDK's number for an interface is made of the process's and the interface's, and that
            # of another gateway may happen to be the same: another process has another one.
            if "could not set PACKET_FANOUT" not in self.log():
                raise
            self.launch()
            self._wait_until_ready(timeout)

    def _wait_until_ready(self, timeout: float) -> None:
        self.wait_until(lambda: self.status().get("ready") is True, timeout, "gwd is not ready")

    def wait_until(self, true: Callable[[], bool], timeout: float, otherwise: str) -> None:
        """Waits for a condition while `gwd` runs; raises with its log when it does not come."""
        end = time.monotonic() + timeout
        while not true():
            self._raise_if_ended()
            if time.monotonic() > end:
                told = f"{self.log()[-3000:]}\n{self._counted()}"
                raise RuntimeError(f"{otherwise} after {timeout:.0f} s:\n{told}")
            stopping.pause(0.1)

    def _counted(self) -> str:
        """What became of the frames, for those who look for those that are missing."""
        with contextlib.suppress(RuntimeError):
            return json.dumps({"frames": self.status().get("frames"), "drops": self.dropped()})
        return "no counters: it does not answer"

    def log(self) -> str:
        """What `gwd` printed."""
        return self.process.text() if self.process else ""

    def ctl(self, *arguments: str) -> Answer:
        """Runs `gwctl --json`."""
        done = subprocess.run(
            [places.gwctl(), "--socket", self.socket, "--json", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            process_group=0,  # a Ctrl-C of the terminal is for us
        )
        try:
            body = json.loads(done.stdout)
        except ValueError:
            body = done.stdout
        return Answer(done.returncode, body, done.stderr)

    def ask(self, *arguments: str) -> dict[str, Any]:
        """The same where an object must come back."""
        answer = self.ctl(*arguments)
        if not isinstance(answer.body, dict):
            self._raise_if_ended()
            raise RuntimeError(f"gwctl {' '.join(arguments)}: {answer.code}: {answer.stderr}")
        return answer.body

    def _raise_if_ended(self) -> None:
        if self.process is not None and not self.process.running:
            raise RuntimeError(f"gwd ended with {self.process.exit_code}:\n{self.log()[-3000:]}")

    def status(self) -> dict[str, Any]:
        """`gwctl status`, empty while nobody answers."""
        answer = self.ctl("status")
        return answer.body if isinstance(answer.body, dict) else {}

    def dropped(self) -> dict[str, int]:
        """Every drop that is not zero, also of packets that match no camera."""
        drops = self.ask("drops")["drops"]
        return {drop["reason"]: drop["total"] for drop in drops if drop["total"]}

    def stop(self) -> float:
        """SIGTERM; holds `gwd` to its promise: exit code 0 within 5 s. Returns the seconds."""
        return self.hold_to_its_end(self.process.stop(60))

    def hold_to_its_end(self, waited: float) -> float:
        """Holds `gwd`, which a signal has ended, to the same.

        The seconds are those from its hearing the signal to its last words, as its log says: how
        long we `waited` tells of our own processor, too. Who is late in spite of all ends with 1.
        """
        heard = re.findall(r"^(\S+)Z +info +gwd: \w+: draining$", self.log(), re.MULTILINE)
        last = re.findall(r"^(\S+)Z +\w+ +gwd: stopped: ", self.log(), re.MULTILINE)
        if heard and last:
            ended, began = (datetime.datetime.fromisoformat(it[-1]) for it in (last, heard))
            waited = (ended - began).total_seconds()
        if self.process.exit_code != 0 or not 0 <= waited <= 5:
            raise AssertionError(
                f"gwd ended with {self.process.exit_code} after {waited:.1f} s:\n"
                f"{self.log()[-3000:]}"
            )
        return waited

    def kill(self) -> None:
        """Ends it without a warning."""
        self.process.kill()
        # What DPDK keeps while it runs, and a killed one leaves.
        shutil.rmtree(_RUNTIME / f"framegate-{self.process.pid}", ignore_errors=True)

    def remove(self) -> None:
        """Ends `gwd` if it still runs and deletes the folder; may be called twice."""
        if self.process and self.process.running:
            self.kill()
        if self.socket == USUAL_SOCKET and not _somebody_answers():
            self.socket.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self.socket.parent.rmdir()
        shutil.rmtree(self.folder, ignore_errors=True)
