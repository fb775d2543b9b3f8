"""A real Apache Kafka with a second port, under the address that a box knows this machine by."""

from pathlib import Path

from image.guest import HOST
from testbed.kafka import Kafka
from testbed.loopback import free_port

_LISTENERS = """\
listeners=PLAINTEXT://127.0.0.1:{port},BOX://127.0.0.1:{far},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},BOX://{host}:{far}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,BOX:PLAINTEXT,CONTROLLER:PLAINTEXT
"""


class FarKafka(Kafka):
    """`far_brokers` is what a box is told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._far = free_port()
        self.far_brokers = f"{HOST}:{self._far}"

    def _secure(self) -> None:
        said = [
            line
            for line in self.properties.read_text().splitlines()
            if not line.startswith(("listeners=", "advertised.listeners=", "listener.security"))
        ]
        more = _LISTENERS.format(
            port=self.port, far=self._far, controller=self.controller, host=HOST
        )
        self.properties.write_text("\n".join(said) + "\n" + more)
