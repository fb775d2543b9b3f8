"""Sites of one owner: at each a gateway, and ten cameras that show one digit each.

Digits have the site's look. The cameras of a site are in a network namespace of their own; all
gateways write to one Kafka, each to a topic of its own. What a camera shows is known by its name:
that is the truth that pictures are labelled by, and that answers are held against.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from testbed import netns, places, scenes, stopping
from testbed.consumer import Customer, Record
from testbed.gateway import Gateway, Topics, configuration
from testbed.kafka import Kafka
from testbed.loopback import free_port
from testbed.process import Process

MODEL = "digits"
DIGITS = range(10)


def camera_of(digit: int | str) -> str:
    """The name of the camera that shows it."""
    return f"digit-{digit}"


def digit_of(camera: str) -> int:
    """What it shows."""
    return int(camera.rsplit("-", 1)[1])


def topics_of(site: str) -> Topics:
    """Where its gateway writes."""
    return Topics(f"results-{site}", f"frames-{site}")


def text(told: dict[str, Any]) -> str:
    """A configuration as a person writes it: a camera is a line."""
    # By way of JSON: what stands in two places is written twice, not as an alias.
    plain = json.loads(json.dumps(told))
    cameras = [f"  - {json.dumps(it)}\n" for it in plain.pop("cameras")]
    said = "".join(["cameras:\n", *cameras]) if cameras else ""
    return yaml.safe_dump(plain, sort_keys=False) + said


@dataclass(frozen=True)
class Handwriting:
    """Digits of MNIST that a site's cameras show: some to learn from, others to be tried with."""

    learn: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of_site(cls, number: int, learn: int, test: int) -> "Handwriting":
        """So many of each digit; no two sites have the same, and none is in both parts."""
        return cls(
            _each(scenes.training_digits(), number, learn),
            _each(scenes.digits(0, 10000), number, test),
        )


def _each(digits: tuple[np.ndarray, np.ndarray], site: int, count: int) -> Any:
    """The site's own `count` pictures of each digit."""
    images, labels = digits
    chosen = []
    for digit in DIGITS:
        all_of_it = np.flatnonzero(labels == digit)
        at = np.arange(site * count, (site + 1) * count) % len(all_of_it)
        chosen.append(all_of_it[at])
    which = np.concatenate(chosen)
    return images[which], labels[which]


@dataclass
class Edge:
    """One site. What its cameras show lies in FOLDER/learn and FOLDER/test, by digit."""

    name: str
    look: str
    folder: Path
    kafka: Kafka
    rate: float  # pictures a second, of each camera

    def __post_init__(self) -> None:
        self.topics = topics_of(self.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.net = netns.CameraNet()
        self.port = free_port()
        self.cameras: Process | None = None
        self.gateway: Gateway | None = None
        self.customer: Customer | None = None

    def start(self) -> None:
        """The gateway, which has the cloud's model and no camera; they send all the same."""
        repository = self.folder / "models"
        shutil.copytree(places.models() / MODEL, repository / MODEL)
        self.kafka.create_topics(self.topics)
        self.gateway = Gateway(self.configuration())
        self.gateway.start(60)
        plan = self.folder / "cameras.json"
        plan.write_text(json.dumps([self._sent(digit) for digit in DIGITS]))
        log = self.folder / "cameras.log"
        program = [sys.executable, "-m", "testbed.still_cameras", plan]
        # Wherever we were started from.
        found = {**os.environ, "PYTHONPATH": str(places.ROOT / "tests")}
        self.cameras = self.net.start(program, log, environment=found)
        self.customer = Customer(self.kafka.brokers, self.topics)

    def configuration(self, cameras: bool = False, site: str = "") -> dict[str, Any]:
        """What the gateway is to be, with or without its cameras; the socket is its own matter.

        With `site`, what it would be there.
        """
        seen = [self._camera(digit) for digit in DIGITS] if cameras else []
        topics = topics_of(site or self.name)
        told = configuration(self.net.port, seen, self.kafka.brokers, topics, every=0)
        told["gateway"]["name"] = site or self.name
        told["accel"]["repository"] = str(self.folder / "models")
        told["api"] = {"https": {"listen": f"127.0.0.1:{self.port}"}}
        return told

    def show(self, part: str) -> None:
        """Has all cameras begin with the first picture of `learn` or `test`."""
        asked = []
        for digit in DIGITS:
            first = self.folder / "learn" / str(digit)
            asked.append(first.with_name(f"{digit}.next"))
            asked[-1].write_text(str(self.folder / part / str(digit)))
        while any(it.exists() for it in asked):
            if not self.cameras.running:
                raise RuntimeError(f"{self.name}: its cameras: {self.cameras.text()[-2000:]}")
            stopping.pause(0.1)

    def answers(self, version: int, of_each: int, timeout: float) -> dict[int, list[int]]:
        """What the gateway says of each digit from now on: the first `of_each` answers."""
        begin = len(self.customer.results)

        def come(_: Customer) -> bool:
            found = self._said(begin, version)
            return all(len(found[digit]) >= of_each for digit in DIGITS)

        if not self.customer.read_until(come, timeout):
            counts = {digit: len(it) for digit, it in self._said(begin, version).items()}
            raise RuntimeError(
                f"{self.name}: {counts} answers of version {version} came in {timeout:.0f} s:"
                f" {self.gateway.log()[-2000:]}"
            )
        return {digit: it[:of_each] for digit, it in self._said(begin, version).items()}

    def _said(self, begin: int, version: int) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {digit: [] for digit in DIGITS}
        for camera, answer in self._of(self.customer.results[begin:], version):
            found[digit_of(camera)].append(answer)
        return found

    def _of(self, results: list[Record], version: int) -> Iterator[tuple[str, int]]:
        for result in results:
            if result.body.get("model", {}).get("version") == version and result.body["classes"]:
                yield result.key, int(result.body["classes"][0]["type"])

    def _address(self, digit: int) -> str:
        return self.net.add_camera(f"10.0.0.{10 + digit}")

    def _camera(self, digit: int) -> dict[str, Any]:
        sent = self._sent(digit)
        keys = {key: sent[key] for key in ("source", "destination", "port", "ssrc")}
        return {"name": camera_of(digit), **keys, "model": MODEL}

    def _sent(self, digit: int) -> dict[str, Any]:
        return {
            "source": self._address(digit),
            "destination": netns.GATEWAY,
            "port": 5000 + 10 * digit,
            "ssrc": 4000 + digit,
            "folder": str(self.folder / "learn" / str(digit)),
            "rate": self.rate,
        }

    def close(self) -> None:
        """Ends and removes everything but the folder."""
        if self.cameras:
            self.cameras.stop(5)
        if self.customer:
            self.customer.close()
        if self.gateway:
            self.gateway.remove()
        self.net.remove()


def accuracy(answers: dict[int, list[int]]) -> float:
    """0 to 1: the share that is right."""
    right = sum(said.count(digit) for digit, said in answers.items())
    return right / sum(len(said) for said in answers.values())
