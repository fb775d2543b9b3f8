"""A box between a camera that sends over a tap and a Kafka of this machine."""

from collections import Counter
from pathlib import Path

import yaml

from image.box import Box
from image.far_kafka import FarKafka
from image.from_outside import Outside
from image.guest import CAMERA_CARD, Guest
from image.tap_net import TapNet
from testbed import senders
from testbed.consumer import Customer
from testbed.scenes import Scenes
from testbed.senders import Sender, Stream

RATE = 5


class Place:
    """`close` takes everything away, whatever state it is in."""

    def __init__(self, folder: Path, drawn: Scenes) -> None:
        self.folder = folder
        self.net = TapNet()
        self.box = Box(folder)
        self.kafka = FarKafka(folder / "kafka")
        self.guest = Guest(self.box, self.net.tap)
        self.outside: Outside | None = None
        self._drawn = drawn
        self._customer: Customer | None = None
        self._senders: list[Sender] = []

    def configuration(self) -> str:
        """What an installer writes: the card, the brokers, a camera."""
        stream = self.stream(0)
        return yaml.safe_dump(
            {
                "interfaces": [{"name": "lan0", "device": CAMERA_CARD}],
                "cameras": [
                    {
                        "name": stream.name,
                        "source": stream.source,
                        "destination": stream.destination,
                        "port": stream.port,
                        "quota": 64,
                    }
                ],
                "accel": {"repository": "/var/lib/framegate/models"},
                "kafka": {"brokers": self.kafka.far_brokers, "frames": {"every": 10}},
                "api": {
                    "socket": "/run/framegate/api.sock",
                    "state": "/var/lib/framegate/api",
                    "https": {"listen": "0.0.0.0:8443"},
                },
            },
            sort_keys=False,
        )

    def stream(self, pictures: int) -> Stream:
        """The camera's, of so many pictures."""
        return Stream("door", "10.0.0.11", 5004, RATE, pictures, 0x1000 + len(self._senders))

    def send(self, pictures: int) -> Sender:
        """The camera begins to send."""
        self.net.add_camera("10.0.0.11")
        log = self.folder / "camera.log"
        stream = self.stream(pictures)
        sender = senders.jpeg_files(self.net.start, log, stream, self._drawn.jpeg)
        self._senders.append(sender)
        return sender

    @property
    def customer(self) -> Customer:
        """Who reads both topics, from their beginning."""
        if self._customer is None:
            self._customer = Customer(self.kafka.brokers)
        return self._customer

    def numbers(self, sender: Sender) -> Counter[int]:
        """Which of its pictures have a result in Kafka, and how many each."""
        results = [it.body["frame"] for it in self.customer.of(sender.stream.name)]
        return Counter(
            sender.stream.picture_at(it["rtpTimestamp"])
            for it in results
            if it["ssrc"] == sender.stream.ssrc
        )

    def missing(self, sender: Sender) -> int:
        """How many of its pictures up to the last one that has a result have none."""
        numbers = self.numbers(sender)
        return max(numbers) + 1 - len(numbers) if numbers else 0

    def look(self) -> Outside:
        """Reads the certificate's fingerprint and the token off the screen, and goes outside."""
        self.outside = Outside.who_read(self.guest.line.text, self.folder, self.guest.https)
        return self.outside

    def close(self) -> None:
        """Ends and removes everything."""
        for sender in self._senders:
            sender.stop()
        if self._customer:
            self._customer.close()
        if self.outside:
            self.outside.close()
        self.guest.power_cut()
        self.kafka.kill()
        self.net.remove()
        self.box.disk.unlink(missing_ok=True)
