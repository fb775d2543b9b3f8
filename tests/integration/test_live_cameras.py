"""Cameras come, change and go while others send: nobody else loses a frame, and nothing leaks."""

import itertools
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from testbed.api import Api
from testbed.consumer import Record
from testbed.gateway import Gateway, camera
from testbed.senders import Sender, Stream
from testbed.site import DIGITS, PATIENT, Site

CHANGES = 10_000
SETTLED = 1_000  # what is made once has been made
NAMES = 50
FOREVER = 100_000  # pictures: more than the test lasts


class Auditor(threading.Thread):
    """Asks for the audit without end, and keeps what did not balance."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(daemon=True)
        self._gateway = gateway
        self._ended = threading.Event()
        self.audits = 0
        self.unbalanced: list[Any] = []
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with Api(self._gateway.socket) as api:
                while not self._ended.is_set():
                    audit = api.get("audit")
                    self.audits += 1
                    if not audit["balanced"]:
                        self.unbalanced.append(audit)
                    time.sleep(0.02)
        except Exception as error:
            self.error = error

    def finish(self) -> None:
        """Ends it and holds it to its result."""
        self._ended.set()
        self.join(60)
        if self.error:
            raise self.error
        assert self.unbalanced == []


def _resident_kib(gateway: Gateway) -> int:
    for line in Path(f"/proc/{gateway.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def _descriptors(gateway: Gateway) -> int:
    return len(list(Path(f"/proc/{gateway.process.pid}/fd").iterdir()))


def _change(api: Api, method: str, path: str, body: Any = None) -> None:
    """One change; a name whose last frame is still on the way is waited for."""
    end = time.monotonic() + 60
    while (said := api.ask(method, path, body)).status == 409:
        assert said.body["error"]["code"] == "busy", said
        assert time.monotonic() < end, said
        time.sleep(0.001)
    assert said.status in (200, 201, 204), said


def _turn(api: Api, stream: Stream, number: int) -> int:
    """A camera is added, changed and removed. Returns the number of changes."""
    name = f"guest-{number % NAMES}"
    path = f"cameras/{name}"
    _change(api, "POST", "cameras", camera(stream, name=name, **DIGITS))
    # Its frames come meanwhile, every now and then at least.
    if number % 25 == 0:
        time.sleep(0.1)
    _change(api, "PATCH", path, {"quota": 1 + number % 8, "model": None, "region": None})
    # Somewhere else, and back: what is open of its frames is dropped.
    _change(api, "PATCH", path, {"port": stream.port + 1})
    _change(api, "PATCH", path, {"port": stream.port, "model": "digits"})
    _change(api, "DELETE", path)
    return 5


def _is_whole(stream: Stream, results: list[Record]) -> None:
    """Every picture from the first to the last one is there, once and in order."""
    pictures = [stream.picture_at(result.body["frame"]["rtpTimestamp"]) for result in results]
    assert pictures == list(range(len(pictures)))


def _stop(senders: list[Sender]) -> None:
    for sender in senders:
        sender.stop()


def test_ten_thousand_changes_cost_the_others_nothing(site: Site) -> None:
    steady = [site.stream(f"steady-{i}", rate=15, pictures=FOREVER) for i in range(2)]
    guest = site.stream("guest", rate=60, pictures=FOREVER)
    gateway = site.start(*[camera(stream, **DIGITS) for stream in steady], every=50)
    senders = [site.send_digits(stream) for stream in [*steady, guest]]
    gateway.wait_until(
        lambda: gateway.status()["frames"]["delivered"] > 30, 60, "nothing is delivered"
    )

    auditor = Auditor(gateway)
    auditor.start()
    before: tuple[int, int] | None = None
    changes, begin = 0, time.monotonic()
    with Api(gateway.socket) as api:
        for number in itertools.count():
            changes += _turn(api, guest, number)
            if before is None and changes >= SETTLED:
                before = _resident_kib(gateway), _descriptors(gateway)
            if changes >= CHANGES:
                break
        seconds = time.monotonic() - begin
        after = _resident_kib(gateway), _descriptors(gateway)
        auditor.finish()
        _stop(senders)
        site.settle()
        cameras = {it["name"]: it for it in api.get("cameras")["cameras"]}
        equations = api.get("audit")["equations"]
    print(
        f"{changes} changes in {seconds:.1f} s, {auditor.audits} audits; resident"
        f" {before[0]} KiB, then {after[0]} KiB; descriptors {before[1]}, then {after[1]}"
    )

    assert sorted(cameras) == [stream.name for stream in steady]
    for it in cameras.values():
        assert it["frames"]["dropped"] == 0
        assert it["frames"]["received"] == it["frames"]["delivered"] > 30
    assert auditor.audits > 50
    assert after[0] <= before[0] + 4096
    assert after[1] <= before[1] + 2

    total = {it["unit"]: it for it in equations if it["name"] == "total"}
    delivered = total["frame"]["delivered"]
    customer = site.read(results=delivered, timeout=60)
    assert len(customer.results) == delivered
    for stream in steady:
        results = customer.of(stream.name)
        assert len(results) == cameras[stream.name]["frames"]["delivered"]
        _is_whole(stream, results)
    # Guests had frames, in many of their turns, and none was given the id of another.
    assert len([it for it in customer.results if it.key.startswith("guest-")]) > 100
    twice = [it for it, count in Counter(it.id for it in customer.results).items() if count > 1]
    assert twice == []


def test_a_camera_is_added_changed_and_removed_by_hand(site: Site) -> None:
    steady = site.stream("steady", rate=20, pictures=FOREVER)
    guest = site.stream("guest", rate=20, pictures=FOREVER)
    gateway = site.start(camera(steady, **PATIENT))
    senders = [site.send_digits(stream) for stream in [steady, guest]]

    words = [f"--{key}={value}" for key, value in camera(guest).items() if key != "name"]
    added = gateway.ctl("camera", "add", "guest", *words, "--model=digits")
    assert added.code == 0, added.stderr
    region = ",".join(str(DIGITS["region"][key]) for key in ("x", "y", "width", "height"))
    assert gateway.ctl("camera", "set", "guest", f"--region={region}").code == 0

    def delivered() -> int:
        return gateway.ask("camera", "show", "guest")["frames"]["delivered"]

    gateway.wait_until(lambda: delivered() > 30, 60, "the new camera delivers nothing")
    assert gateway.ctl("config", "diff").code == 1
    assert gateway.ctl("camera", "remove", "guest").code == 0
    assert gateway.ctl("config", "diff").code == 0
    gateway.wait_until(
        lambda: "no camera" in gateway.ctl("camera", "show", "guest").stderr,
        60,
        "it is not gone",
    )
    # It comes back, and its frames are numbered on.
    assert gateway.ctl("camera", "add", "guest", *words).code == 0
    before = delivered()
    gateway.wait_until(lambda: delivered() > before + 10, 60, "it does not come back")

    _stop(senders)
    site.settle()
    frames = {it["name"]: it["frames"] for it in gateway.ask("camera", "list")["cameras"]}
    assert frames["steady"]["dropped"] == 0
    assert gateway.ctl("audit").code == 0
    total = gateway.status()["frames"]["delivered"]
    customer = site.read(results=total)
    _is_whole(steady, customer.of("steady"))
    results = customer.of("guest")
    assert len(results) == frames["guest"]["delivered"]
    sequences = [result.sequence for result in results]
    assert sequences == sorted(set(sequences))
    looked_at = [it for it in results if it.body.get("model")]
    right = [
        it for it in looked_at[5:] if it.body["classes"][0]["type"] == str(site.truth(guest, it))
    ]
    assert len(right) > 0.9 * len(looked_at[5:]) > 0


def test_a_reload_brings_and_takes_cameras(site: Site) -> None:
    steady = site.stream("steady", rate=20, pictures=FOREVER)
    guest = site.stream("guest", rate=20, pictures=FOREVER)
    gateway = site.start(camera(steady, **PATIENT))
    senders = [site.send_digits(stream) for stream in [steady, guest]]

    def reload(cameras: list[dict[str, object]], line: str) -> None:
        gateway.configuration["cameras"] = cameras
        gateway.write()
        gateway.process.signal(signal.SIGHUP)
        gateway.wait_until(lambda: line in gateway.log(), 60, "the reload is not reported")

    both = [camera(steady, **PATIENT), camera(guest, **PATIENT)]
    reload(both, "`cameras` (1 added, 0 changed, 0 removed)")
    gateway.wait_until(
        lambda: gateway.ask("camera", "show", "guest")["frames"]["delivered"] > 10,
        60,
        "the new camera delivers nothing",
    )
    both[1]["model"] = "nosuch"
    both[0]["quota"] = 32  # all of it or nothing
    reload(both, "nothing was changed: model nosuch of camera guest: there is no folder")
    assert gateway.ask("camera", "show", "steady")["quota"] != 32
    assert gateway.ask("camera", "show", "guest")["model"] is None
    reload(both[:1], "`cameras` (0 added, 1 changed, 1 removed)")
    assert gateway.ask("camera", "show", "steady")["quota"] == 32

    _stop(senders)
    site.settle()
    (shown,) = gateway.ask("camera", "list")["cameras"]
    assert (shown["name"], shown["frames"]["dropped"]) == ("steady", 0)
    customer = site.read(results=gateway.status()["frames"]["delivered"])
    _is_whole(steady, customer.of("steady"))
