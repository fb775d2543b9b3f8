"""Ways to look at the pictures of a topic with so many workers, so many pictures at a time."""

import json
import shutil
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import ray
import yaml
from framegate.ray.crew import Crew
from framegate.ray.options import Options
from framegate.ray.worker import Opener, open_engine

from testbed import places, stopping
from testbed.gateway import Gateway
from testbed.kafka import Kafka
from testbed.worker import Names, configuration, source_facts

START_S = 180.0
IN_FLIGHT = 64
GATEWAYS = {"session.timeout.ms": "6000", "heartbeat.interval.ms": "500"}


class Plain:
    """The usual Python: Pillow, numpy, ONNX Runtime; a record of the best five classes."""

    def __init__(self, options: Options) -> None:
        from bench.library import Script

        model = Path(options.repository) / options.model / "1"
        self._labels = yaml.safe_load((model / "model.yaml").read_text())["labels"]
        self._script = Script(model)
        self._name = options.model

    def run_json(self, pictures: list[bytes]) -> list[str]:
        """As an engine does."""
        (scores,) = self._script.run(pictures)
        found = []
        for picture, row in zip(pictures, scores.reshape(len(pictures), -1)):
            best = row.argsort()[::-1][:5]
            classes = [
                {"type": str(self._labels[i]), "index": int(i), "confidence": float(row[i])}
                for i in best
            ]
            found.append(_text(picture, self._name, classes))
        return found


class Waiting:
    """In place of a model a wait, as long for many pictures as for one."""

    def __init__(self, options: Options) -> None:
        self._seconds = float(options.model)

    def run_json(self, pictures: list[bytes]) -> list[str]:
        """Nobody looks at them."""
        time.sleep(self._seconds)
        return [_text(picture, "wait", []) for picture in pictures]


def _text(picture: bytes, model: str, classes: list[dict[str, Any]]) -> str:
    found = {
        "frame": {"width": 1, "height": 1, "bytes": len(picture)},
        "model": {"name": model, "version": 1, "digest": "none"},
        "task": "classify",
        "classes": classes,
    }
    return json.dumps(found, separators=(",", ":"))


def repository(folder: Path, model: str, batch: int) -> Path:
    """One with this model alone, which looks at so many pictures together."""
    made = folder / f"{model}-{batch}"
    if not made.exists():
        shutil.copytree(places.models() / model, made / model)
        described = made / model / "1" / "model.yaml"
        text = yaml.safe_load(described.read_text())
        described.write_text(
            yaml.safe_dump({**text, "batch": {"max": batch, "deadline_ms": 100}}, sort_keys=False)
        )
    return made


class Way(ABC):
    """Workers of one kind: started as a group of their own, ended afterwards."""

    name: str

    @abstractmethod
    def start(self, kafka: Kafka, names: Names, models: Path, workers: int, batch: int) -> None:
        """Returns when all partitions are somebody's."""

    @abstractmethod
    def stop(self) -> None:
        """Ends them; what they had in flight is nobody's."""


class InRay(Way):
    """Actors around an engine."""

    def __init__(self, name: str, model: str, opener: Opener) -> None:
        self.name = name
        self._model = model
        self._opener = opener
        self._crew: Crew | None = None

    def start(self, kafka: Kafka, names: Names, models: Path, workers: int, batch: int) -> None:
        options = Options(
            brokers=kafka.brokers,
            topic=names.pictures,
            group=names.group,
            results=names.topics.results,
            repository=str(models),
            model=self._model,
            batch=batch,
            in_flight=max(IN_FLIGHT, 4 * batch),
        )
        self._crew = Crew(options, opener=self._opener)
        self._crew.add(workers)
        end = time.monotonic() + START_S
        while True:
            answers = self._crew.ask()
            troubles = [it["trouble"] for it in answers if it and it["trouble"]]
            if all(it is not None and it["partitions"] > 0 for it in answers):
                return
            if troubles or time.monotonic() > end:
                raise RuntimeError(f"{self.name}: {workers} workers do not start: {troubles}")
            stopping.pause(0.2)

    def stop(self) -> None:
        if self._crew:
            for actor in self._crew.actors:
                ray.kill(actor)
        self._crew = None


class InGateways(Way):
    """gwd, whose pictures come from Kafka."""

    name = "gwd"

    def __init__(self, model: str) -> None:
        self._model = model
        self._gateways: list[Gateway] = []

    def start(self, kafka: Kafka, names: Names, models: Path, workers: int, batch: int) -> None:
        for number in range(workers):
            made = configuration(
                kafka.brokers,
                names,
                f"worker{number}",
                template={"model": self._model, "quota": 64},
                properties=[{"name": name, "value": value} for name, value in GATEWAYS.items()],
            )
            made["accel"] = {
                "backend": "ort",
                "library": str(places.onnxruntime()),
                "repository": str(models),
                "threads": 1,
                "helpers": 1,
            }
            made["decode"] = {"backend": "turbo", "workers": 1}
            self._gateways.append(Gateway(made))
            self._gateways[-1].launch()
        for gateway in self._gateways:
            gateway.wait_until(
                lambda gateway=gateway: (
                    bool(gateway.status().get("ready")) and source_facts(gateway)["assigned"] > 0
                ),
                START_S,
                "it has no partitions",
            )

    def stop(self) -> None:
        for gateway in self._gateways:
            gateway.remove()
        self._gateways.clear()


def ways(model: str) -> list[Way]:
    """The three that are compared."""
    return [
        InRay("framegate in Ray", model, open_engine),
        InRay("Pillow + ONNX Runtime in Ray", model, Plain),
        InGateways(model),
    ]
