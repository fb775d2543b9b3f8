"""Keeps what Java loads of Apache Kafka (class data sharing): brokers start in half the time.

`python -m testbed.kafka_classes` is a step of the set-up. Java looks whether the file fits it and
the jars, and does without when it does not.
"""

import tempfile
from pathlib import Path

from testbed import places
from testbed.kafka import Kafka


class _Teller(Kafka):
    """A broker that tells at its end what was loaded."""

    def __init__(self, folder: Path, into: Path) -> None:
        super().__init__(folder)
        self._into = into

    def _classes(self) -> str:
        return f"-XX:ArchiveClassesAtExit={self._into}"


def main() -> None:
    """Writes the file."""
    made = places.kafka_classes()
    with tempfile.TemporaryDirectory(prefix=".classes-", dir=made.parent) as folder:
        into = Path(folder) / made.name
        broker = _Teller(Path(folder) / "broker", into)
        broker.start()
        broker.create_topics(["a"])
        broker.stop(60)
        into.replace(made)


if __name__ == "__main__":
    main()
