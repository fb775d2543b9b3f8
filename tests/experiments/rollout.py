"""A model that was trained elsewhere takes its place in a gateway whose camera plays on."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from testbed import places, scenes
from testbed.consumer import Record
from testbed.gateway import Topics, camera
from testbed.kafka import Kafka
from testbed.senders import Stream
from testbed.site import DIGITS, Site

RATE = 25


@dataclass(frozen=True)
class Seen:
    """What one version said of the camera's pictures."""

    version: int
    pictures: int
    right: int

    @property
    def accuracy(self) -> float:
        """0 to 1."""
        return self.right / self.pictures if self.pictures else 0.0


def _write(folder: Path, model: bytes) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model)
    shutil.copy(places.ROOT / "configs" / "models" / "digits" / "model.yaml", folder)
    return folder


def _count(site: Site, stream: Stream, version: int) -> Seen:
    """Each picture once, however often it was shown."""
    said: dict[int, bool] = {}

    def note(result: Record) -> None:
        number = stream.picture_at(result.body["frame"]["rtpTimestamp"]) % len(site.drawn.truth)
        said[number] = result.body["classes"][0]["type"] == str(site.drawn.truth[number])

    for record in site.customer.results:
        if record.body["model"]["version"] == version:
            note(record)
    return Seen(version, len(said), sum(said.values()))


def before_and_after(folder: Path, first: bytes, second: bytes, pictures: int) -> list[Seen]:
    """Starts a gateway with one model, rolls the other out, and says how each did on a camera.

    The camera shows `pictures` scenes with digits of MNIST's test set, over and over.
    """
    repository = folder / "models"
    _write(repository / "digits" / "1", first)
    added = _write(folder / "trained", second)
    kafka = Kafka(folder / "kafka")
    kafka.start()
    topics = Topics.unique()
    kafka.create_topics(topics)
    drawn = scenes.draw(folder / "drawn", first=0, count=pictures, kind="jpg")
    site = Site(folder, kafka, topics, drawn)
    try:
        # It is ended when enough was seen.
        stream = site.stream("gate", rate=RATE, pictures=100 * pictures)
        gateway = site.configure(camera(stream, **DIGITS), every=0)
        gateway.configuration["accel"]["repository"] = str(repository)
        gateway.write()
        gateway.start()
        site.send_digits(stream)
        patience = 60 + 4 * pictures / RATE
        site.read(results=pictures + pictures // 10, timeout=patience)
        said = gateway.ctl("model", "add", str(added), "--name", "digits")
        if said.code != 0:
            raise RuntimeError(f"gwctl model add: {said.stderr}")
        version = said.body["version"]
        # Its answers are to be others, and better.
        options = ["--steps", "50%,100%", "--hold", "1s", "--max-latency", "50x"]
        options += ["--max-disagreement", "100%"]
        said = gateway.ctl("model", "rollout", "digits", str(version), *options)
        if said.code != 0:
            raise RuntimeError(f"gwctl model rollout: {said.stderr}")
        done = site.customer.read_until(
            lambda _: _count(site, stream, version).pictures >= pictures, patience
        )
        if not done:
            raise RuntimeError(f"version {version} does not see it all: {gateway.log()[-2000:]}")
        return [_count(site, stream, 1), _count(site, stream, version)]
    finally:
        site.close()
        kafka.kill()


def told(seen: list[Seen]) -> list[dict[str, object]]:
    """For a report."""
    return [json.loads(json.dumps({**vars(it), "accuracy": it.accuracy})) for it in seen]
