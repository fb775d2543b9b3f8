"""A camera that the gateway gets while the others play, and which is taken away again."""

import time

from demo.cameras import DemoCamera
from testbed.consumer import Customer
from testbed.gateway import Gateway
from testbed.senders import Sender

# What was sent and did not come within this time does not come any more.
_PATIENCE = 5.0


class Guest:
    """Comes after a quarter of the time, and goes when its pictures are through."""

    def __init__(self, camera: DemoCamera, gateway: Gateway) -> None:
        self.camera = camera
        self._gateway = gateway
        self._sender: Sender | None = None
        self._sent_at = 0.0  # when it was first seen to have sent its last picture
        self.frames: dict[str, int] | None = None

    def come(self) -> Sender:
        """Adds the camera to the running gateway, as an operator would, and lets it play."""
        keys = ("source", "destination", "port", "ssrc", "model", "region")
        given = [f"--{key}={_text(self.camera.configured[key])}" for key in keys]
        self._do("camera", "add", self.camera.name, *given)
        self._sender = self.camera.start()
        return self._sender

    @property
    def has_come(self) -> bool:
        """Whether it was added."""
        return self._sender is not None

    @property
    def is_through(self) -> bool:
        """Whether every picture that it has sent has been worked on, and Kafka has the result."""
        if self._sender is None or self._sender.running:
            return False
        self._sent_at = self._sent_at or time.monotonic()
        frames = self._gateway.ask("camera", "show", self.camera.name)["frames"]
        # What a busy gateway has not taken from its port is not in flight either.
        all_came = frames["received"] >= self.camera.pictures
        late = time.monotonic() > self._sent_at + _PATIENCE
        return frames["in_flight"] == frames["spooled"] == 0 and (all_came or late)

    @property
    def has_gone(self) -> bool:
        """Whether it was taken away."""
        return self.frames is not None

    def go(self) -> None:
        """Removes the camera; what it had sent and received is known from then on."""
        self.frames = self._gateway.ask("camera", "show", self.camera.name)["frames"]
        self._do("camera", "remove", self.camera.name)

    def judge(self, customer: Customer) -> tuple[str, bool]:
        """What the demo promises of it, and whether it was kept."""
        sent = self.camera.pictures
        frames = self.frames or {"delivered": 0, "dropped": 0}
        delivered, dropped = frames["delivered"], frames["dropped"]
        lost = f", {dropped} dropped" if dropped else ""
        return (
            f"a camera came and went while the others played: {delivered} of {sent} results{lost}",
            0 < delivered == len(customer.of(self.camera.name)) and delivered + dropped == sent,
        )

    def _do(self, *arguments: str) -> None:
        print(f"      $ gwctl {' '.join(arguments)}", flush=True)
        answer = self._gateway.ctl(*arguments)
        if answer.code != 0:
            raise RuntimeError(f"gwctl {' '.join(arguments)}: {answer.stderr.strip()}")


def _text(value: object) -> str:
    """As `gwctl camera add` takes it."""
    if isinstance(value, dict):
        return ",".join(str(value[key]) for key in ("x", "y", "width", "height"))
    return str(value)
