"""A fifth camera, which the gateway gets while the others play, and which is taken away again."""

from demo.cameras import DemoCamera
from testbed.consumer import Customer
from testbed.gateway import Gateway
from testbed.senders import Sender


class Guest:
    """Comes after a quarter of the time, and goes when it has sent its pictures."""

    def __init__(self, camera: DemoCamera, gateway: Gateway) -> None:
        self.camera = camera
        self._gateway = gateway
        self._sender: Sender | None = None
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
    def has_played(self) -> bool:
        """Whether it has sent its last picture, and all of them are through."""
        if self._sender is None or self._sender.running or self.frames is not None:
            return False
        frames = self._gateway.ask("camera", "show", self.camera.name)["frames"]
        return frames["in_flight"] == 0

    def go(self) -> None:
        """Removes the camera; what it had sent and received is known from then on."""
        self.frames = self._gateway.ask("camera", "show", self.camera.name)["frames"]
        self._do("camera", "remove", self.camera.name)

    def judge(self, customer: Customer) -> tuple[str, bool]:
        """What the demo promises of it, and whether it was kept."""
        sent = self.camera.stream.pictures
        delivered = self.frames["delivered"] if self.frames else 0
        return (
            f"a camera came and went while the others played: {delivered} of {sent} results",
            delivered == sent == len(customer.of(self.camera.name)),
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
