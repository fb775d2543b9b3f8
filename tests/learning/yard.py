"""A yard with a camera that shows digits, a real gateway before it, and a learner beside that."""

import json
import sys
from pathlib import Path
from typing import Any

from framegate_learn.picture_set import Example, PictureSet
from testbed import gateway, netns, places, scenes, senders
from testbed.gateway import DEFAULT_TOPICS, Gateway, Topics
from testbed.process import Process
from testbed.scenes import Scenes
from testbed.senders import Sender, Stream

RATE = 25
DIGITS = {"model": "digits", "region": scenes.PANEL, "quota": 64}
_WHATEVER_IT_SHOWS = "choose: {seconds: 0.1}\n"


class Yard:
    """`close` takes everything away, whatever state it is in."""

    def __init__(self, folder: Path, drawn: Scenes) -> None:
        self.folder = folder
        self.drawn = drawn
        self.net = netns.CameraNet()
        self.gateway: Gateway | None = None
        self._senders: list[Sender] = []
        self._learners: list[Process] = []

    def start(
        self,
        cameras: int = 1,
        brokers: str | None = None,
        topics: Topics = DEFAULT_TOPICS,
        rate: int = RATE,
        repository: Path | None = None,
        pictures: int = 1_000_000,
        **more: Any,
    ) -> Gateway:
        """A gateway that samples no picture, and its cameras, `gate1` and so on.

        They play on until they have sent so many pictures each.
        """
        streams = []
        for number in range(1, cameras + 1):
            source = self.net.add_camera(f"10.0.0.{10 + number}")
            port = 5000 + 10 * number
            streams.append(Stream(f"gate{number}", source, port, rate, pictures, 0x1000 + number))
        told = gateway.configuration(
            self.net.port,
            [gateway.camera(it, **{**DIGITS, **more}) for it in streams],
            brokers,
            topics,
            every=0,
        )
        if repository:
            told["accel"]["repository"] = str(repository)
        self.gateway = Gateway(told)
        self.gateway.start()
        for stream in streams:
            log = self.folder / f"{stream.name}.log"
            self._senders.append(senders.jpeg_files(self.net.start, log, stream, self.drawn.jpeg))
        return self.gateway

    def watch(self, plan: list[dict[str, Any]], video: Path, rate: int) -> Gateway:
        """A gateway whose one camera, `street`, sends a surveillance video before a plan."""
        source = self.net.add_camera("10.0.0.11")
        stream = Stream("street", source, 5010, rate, 1_000_000, 0x1001)
        seen = gateway.camera(stream, plan=plan, quota=4)
        self.gateway = Gateway(gateway.configuration(self.net.port, [seen], None))
        self.gateway.start()
        log = self.folder / "street.log"
        self._senders.append(senders.ffmpeg_video(self.net.start, log, stream, video, begin=8))
        return self.gateway

    def begin(self, text: str) -> Process:
        """A learner with that learn.yaml, but for `gateway`, `state` and `looks`."""
        (self.folder / "learn.yaml").write_text(
            f"gateway: {self.gateway.socket}\nstate: learned\nlooks: 5\n{text}"
        )
        # It has a network of its own that is connected to nothing: it reaches the gateway's socket,
        # and nobody else.
        command = ["unshare", "--net", "env", f"PYTHONPATH={places.ROOT / 'fleet'}"]
        command += [sys.executable, "-m", "framegate_learn", "collect"]
        command += ["--config", self.folder / "learn.yaml"]
        learner = Process(command, self.folder / "learn.log")
        self._learners.append(learner)
        return learner

    def learn(self, text: str = _WHATEVER_IT_SHOWS, rate: int = RATE) -> Process:
        """A learner that knows what the cameras show; its state is in the folder `learned`."""
        labels = json.dumps([str(label) for label in self.drawn.truth])
        names = [it.stream.name for it in self._senders]
        truth = "".join(f"{name}: {{rate: {rate}, labels: {labels}}}\n" for name in names)
        (self.folder / "truth.yaml").write_text(truth)
        return self.begin(f"model: digits\nlabel: {{truth: truth.yaml}}\n{text}")

    @property
    def streams(self) -> list[Stream]:
        """What the cameras send."""
        return [it.stream for it in self._senders]

    def finish_sending(self, timeout: float) -> None:
        """Waits until every camera has sent its last picture, and all are delivered or dropped."""
        for sender in self._senders:
            sender.wait(timeout)
        sent = sum(stream.pictures for stream in self.streams)

        def settled() -> bool:
            frames = self.gateway.status()["frames"]
            return frames["received"] >= sent and frames["in_flight"] == 0

        self.gateway.wait_until(settled, 60, "frames are missing or in flight")

    def learned(self) -> list[Example]:
        """What is in the set, with a label."""
        if not (self.folder / "learned" / "set.db").exists():
            return []
        made = PictureSet(self.folder / "learned")
        found = [*made.examples(True), *made.examples(False)]
        made.close()
        return found

    def close(self) -> None:
        """Ends and removes everything."""
        for learner in self._learners:
            learner.stop(60)
        for sender in self._senders:
            sender.stop()
        if self.gateway:
            self.gateway.remove()
        self.net.remove()
