"""A place with cameras: their network, the gateway in it, and a customer who reads the results."""

import dataclasses
from pathlib import Path
from typing import Any

from testbed import gateway, netns, scenes, senders
from testbed.consumer import Customer, Record
from testbed.gateway import Gateway, Topics
from testbed.kafka import Kafka
from testbed.scenes import Scenes
from testbed.senders import Sender, Stream

# As many frames in flight as may be: a busy machine must not fail a test that is not about load.
PATIENT = {"quota": 64}
DIGITS = {"model": "digits", "region": scenes.PANEL, **PATIENT}


class Site:
    """Grows as a test needs it; `close` takes everything away, whatever state it is in."""

    def __init__(self, folder: Path, kafka: Kafka, topics: Topics, drawn: Scenes) -> None:
        self.folder = folder
        self.kafka = kafka
        self.topics = topics
        self.drawn = drawn
        self.net = netns.CameraNet()
        self.gateway: Gateway | None = None
        self.customer: Customer | None = None
        self._cameras = 0
        self._senders: list[Sender] = []

    def stream(self, name: str, *, rate: int, pictures: int, realtime: bool = True) -> Stream:
        """One more camera's stream, with an address and a port of its own."""
        self._cameras += 1
        source = self.net.add_camera(f"10.0.0.{10 + self._cameras}")
        port, ssrc = 5000 + 10 * self._cameras, 0x1000 + self._cameras
        return Stream(name, source, port, rate, pictures, ssrc, realtime=realtime)

    def again(self, pictures: int, ssrc: int | None = None) -> Stream:
        """The first camera after a restart: the same address, another SSRC if none is given."""
        first = self._senders[0].stream
        return dataclasses.replace(first, pictures=pictures, ssrc=ssrc or first.ssrc + 0x1000)

    def configure(self, *cameras: dict[str, Any], every: int = 25) -> Gateway:
        """A gateway for these cameras that is not started yet."""
        self.gateway = Gateway(
            gateway.configuration(
                self.net.port, cameras, self.kafka.brokers, self.topics, every=every
            )
        )
        return self.gateway

    def start(self, *cameras: dict[str, Any], every: int = 25) -> Gateway:
        """A gateway for these cameras that receives."""
        self.configure(*cameras, every=every).start()
        return self.gateway

    def send_digits(self, stream: Stream) -> Sender:
        """GStreamer sends the drawn JPEG files as they are."""
        log = self.folder / f"{stream.name}.log"
        sender = senders.jpeg_files(self.net.start, log, stream, self.drawn.jpeg)
        self._senders.append(sender)
        return sender

    def keep(self, sender: Sender) -> Sender:
        """Takes a sender that a test started over, to end it with the rest."""
        self._senders.append(sender)
        return sender

    def finish_sending(self, timeout: float = 90) -> None:
        """Waits until every camera has sent its last picture."""
        for sender in self._senders:
            sender.wait(timeout)

    def settle(self, timeout: float = 60, received: int = 0) -> None:
        """Waits until that many frames at least were received, and none is in flight any more.

        What was sent may lie before the gateway's port for a while: without `received` no frame is
        in flight then either.
        """

        def settled() -> bool:
            frames = self.gateway.status()["frames"]
            return frames["received"] >= received and frames["in_flight"] == 0

        self.gateway.wait_until(settled, timeout, "frames are missing or in flight")

    def wait_for_unmatched(self, reason: str, packets: int) -> None:
        """Waits until that many packets at least are counted as nobody's for this reason."""
        self.gateway.wait_until(
            lambda: self.gateway.ask("drops")["unmatched"][reason] >= packets,
            60,
            f"{reason} is not counted",
        )

    def read(self, results: int, timeout: float = 60, pictures: int = 0) -> Customer:
        """Reads both topics until so many results and sampled pictures came, or the time is up.

        A result that came twice, as after trouble with a broker it may, is one.
        """
        if self.customer is None:
            self.customer = Customer(self.kafka.brokers, self.topics)
        self.customer.read_until(
            lambda it: it.distinct_results() >= results and len(it.frames) >= pictures, timeout
        )
        return self.customer

    def truth(self, stream: Stream, result: Record) -> int:
        """The digit that the picture shows from which this result came."""
        number = stream.picture_at(result.body["frame"]["rtpTimestamp"])
        return self.drawn.truth[number % len(self.drawn.truth)]

    def close(self) -> None:
        """Ends and removes everything."""
        for sender in self._senders:
            sender.stop()
        if self.customer:
            self.customer.close()
        if self.gateway:
            self.gateway.remove()
        self.net.remove()
