"""What whoever starts `gwd` leaves undone: reading its log, opening its standard files, waiting."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import places
from testbed.api import Api
from testbed.gateway import Gateway, configuration
from testbed.process import Process


def _camera(number: int) -> dict[str, object]:
    return {
        "name": f"cam{number}",
        "source": "192.0.2.1",
        "destination": "192.0.2.2",
        "port": 10000 + number,
    }


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """One that receives nothing; it is started by the test."""
    plain = configuration("none", [_camera(1)], brokers=None)
    plain["interfaces"] = [{"name": "lan0", "device": "net_null0,no-rx=1"}]
    made = Gateway(plain)
    yield made
    made.remove()


def _wait_until_ready(gateway: Gateway) -> None:
    gateway.wait_until(lambda: gateway.status().get("ready") is True, 60, "gwd is not ready")


def _fill(pipe: int) -> None:
    """What is written into it from now on has to wait."""
    flags = fcntl.fcntl(pipe, fcntl.F_GETFL)
    fcntl.fcntl(pipe, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    for size in (4096, 1):
        try:
            while True:
                os.write(pipe, b"x" * size)
        except BlockingIOError:
            pass
    fcntl.fcntl(pipe, fcntl.F_SETFL, flags)


def test_a_log_that_nobody_reads_stops_nothing(gateway: Gateway) -> None:
    unread, pipe = os.pipe()
    child = subprocess.Popen(
        [places.gwd(), "--config", gateway.file],
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
    )
    try:
        _wait_until_ready(gateway)
        _fill(pipe)
        child.send_signal(signal.SIGHUP)
        with Api(gateway.socket) as api:
            # Each says a line, and so many may wait.
            for n in range(600):
                assert api.ask("PATCH", "cameras/cam1", {"quota": 4 + n % 9}).status == 200
        assert gateway.status()["log_lost"] > 0
        child.terminate()
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.wait()
        os.close(unread)
        os.close(pipe)


@pytest.mark.parametrize("cameras", [1, 2000])
def test_a_hangup_while_it_starts_is_answered_when_it_runs(gateway: Gateway, cameras: int) -> None:
    gateway.configuration["frames"] = {"classes": [{"width": 640, "height": 480, "count": 64}]}
    gateway.configuration["cameras"] = [_camera(n) for n in range(cameras)]
    gateway.write()
    starts = early = 0
    end = time.monotonic() + 200
    # On a machine that is busy we often come late.
    while starts < 5 or early == 0:
        assert time.monotonic() < end, "no signal came before its first line"
        written = len(gateway.log())
        process = gateway.launch()
        starts += 1
        # Before it is there, and while it is loaded, nobody but the system is asked.
        status = Path(f"/proc/{process.pid}/status")
        while not _blocks_hangup(status):
            assert process.running, gateway.log()
        process.signal(signal.SIGHUP)
        early += len(gateway.log()) == written
        _wait_until_ready(gateway)
        # One under way would be cut off by the end.
        gateway.wait_until(lambda now=starts: _answered(gateway) == now, 60, "it is not answered")
        gateway.stop()


def _answered(gateway: Gateway) -> int:
    """How many changes the log of changes has with their outcome: nobody but us makes any."""
    folder = gateway.file.with_name(gateway.file.name + ".state") / "audit-log"
    text = "".join(file.read_text() for file in folder.glob("*.jsonl"))
    return text.count('"event":"done"')


def test_hangups_from_the_first_moment_on_end_nothing(gateway: Gateway, tmp_path: Path) -> None:
    """A library that is loaded before all others gets one as it begins, long before main()."""
    source = tmp_path / "early.c"
    source.write_text(
        "#include <signal.h>\n"
        "static void early(void) { raise(SIGHUP); }\n"
        '__attribute__((section(".init_array"), used)) static void (*begin)(void) = early;\n'
    )
    library = tmp_path / "early.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    for _ in range(5):
        child = subprocess.Popen(
            [places.gwd(), "--config", gateway.file],
            stdin=subprocess.DEVNULL,
            stderr=(tmp_path / "log").open("w"),
            env=os.environ | {"LD_PRELOAD": str(library)},
            start_new_session=True,
        )
        try:
            status = Path(f"/proc/{child.pid}/status")
            while not _blocks_hangup(status):
                assert child.poll() is None
            # And as many as fit into the time until it is ready.
            end = time.monotonic() + 60
            while not _is_ready(gateway):
                assert child.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < end
                for _ in range(50):
                    child.send_signal(signal.SIGHUP)
            child.terminate()
            assert child.wait(60) == 0
        finally:
            child.kill()
            child.wait()


def _is_ready(gateway: Gateway) -> bool:
    try:
        with Api(gateway.socket) as api:
            return api.get("status").get("ready") is True
    except OSError:
        return False


def _blocks_hangup(status: Path) -> bool:
    (mask,) = [line for line in status.read_text().splitlines() if line.startswith("SigBlk")]
    return bool(int(mask.split()[1], 16) >> (signal.SIGHUP - 1) & 1)


def test_closed_standard_files_are_no_place_for_others(gateway: Gateway, tmp_path: Path) -> None:
    out = tmp_path / "out"
    gateway.configuration["kafka"] = {"backend": "file", "directory": str(out)}
    gateway.write()
    gateway.process = Process(
        ["sh", "-c", f"exec {places.gwd()} --config {gateway.file} <&- >&- 2>&-"],
        gateway.folder / "gwd.log",
    )
    _wait_until_ready(gateway)
    for fd in range(3):
        assert os.readlink(f"/proc/{gateway.process.pid}/fd/{fd}") == "/dev/null"
    gateway.process.signal(signal.SIGHUP)
    gateway.stop()
    assert (out / "frames.jsonl").read_bytes() == b""


def test_gwctl_does_not_talk_into_its_own_socket(gateway: Gateway) -> None:
    gateway.start()
    said = subprocess.run(
        ["sh", "-c", f"{places.gwctl()} --socket {gateway.socket} status >&-"],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "could not be written to the standard output" in said.stderr
