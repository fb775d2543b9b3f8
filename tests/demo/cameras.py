"""The cameras of the demo: two play a surveillance video, two show handwritten digits, and so does
a guest for a while; one is asked by RTSP, and shows signs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import gateway, places, scenes, senders, signs
from testbed.netns import CameraNet
from testbed.senders import Sender, Stream

_VIDEO_SIZE = (768, 576)
# Two cameras of the same video: this one is where another would be after so many seconds.
_VIDEO_B_BEGINS = 40.0
# Debian's own has GStreamer's bindings.
_SYSTEM_PYTHON = "/usr/bin/python3"
_RTSP_PORT = 8554
_SIGNS_RATE = 1
# Each sign is looked at twice in its time.
_READ = [
    {"model": "text", "every": 2},
    {"model": "text_lines", "from": "text", "margin": 0.05},
]
BETTER_EVERY = 10
_BETTER = [{"model": "objects"}, {"model": "upscale", "every": BETTER_EVERY}]
# The two digit cameras show different parts of the test set.
_DIGITS_A_FIRST, _DIGITS_B_FIRST = 0, 5000


@dataclass(frozen=True)
class DemoCamera:
    """One camera: what it shows, its place in the configuration, the truth if it is known."""

    shows: str
    sent_by: str
    configured: dict[str, Any]
    start: Callable[[], Sender]
    stream: Stream | None = None  # None: it sends as long as somebody listens
    truth: list[int] | None = None

    @property
    def name(self) -> str:
        """As the configuration calls it."""
        return self.configured["name"]

    @property
    def scene(self) -> str:
        """What its pictures are about."""
        return self.name.split("-")[0]

    @property
    def pictures(self) -> int | None:
        """How many it sends, if that is known."""
        return self.stream.pictures if self.stream else None

    def expected(self, rtp_timestamp: int) -> int:
        """The digit that the picture with this time stamp shows."""
        return self.truth[self.stream.picture_at(rtp_timestamp) % len(self.truth)]


def _signs(net: CameraNet, folder: Path) -> DemoCamera:
    """A camera that waits to be asked."""
    _, theirs = net.let_kernels_speak()
    drawn = signs.draw(folder / "signs")
    server = places.ROOT / "tests" / "testbed" / "rtsp_server.py"
    command = [
        *(_SYSTEM_PYTHON, server, "--address", theirs, "--port", _RTSP_PORT),
        *("--rate", _SIGNS_RATE, "--pictures", drawn.png, "--count", drawn.count),
    ]

    def start() -> Sender:
        return Sender(None, [net.start(command, folder / "signs.log")])

    return DemoCamera(
        f"signs, {signs.SIZE[0]}x{signs.SIZE[1]}, {_SIGNS_RATE}/s",
        "GStreamer's RTSP server",
        {"name": "signs", "url": f"rtsp://{theirs}:{_RTSP_PORT}/stream", "plan": _READ},
        start,
    )


def make(
    net: CameraNet, folder: Path, seconds: int, kept: int, enhance: bool
) -> tuple[list[DemoCamera], DemoCamera]:
    """Draws the pictures and describes the five cameras, and a guest that plays for a third of the
    time; they play for `seconds`, or longer if `kept`. With `enhance` pictures of one of them are
    made better.

    The rates are what one core detects in time: about 20 pictures a second with 768x576 pixels.
    """

    def stream(name: str, number: int, rate: int) -> Stream:
        source = net.add_camera(f"10.0.0.{10 + number}")
        pictures = rate * max(seconds, kept)
        return Stream(name, source, 5000 + 10 * number, rate, pictures, ssrc=0x1000 + number)

    def log(name: str) -> Path:
        return folder / f"{name}.log"

    video_a, video_b = stream("video-a", 1, 10), stream("video-b", 2, 5)
    digits_a, digits_b = stream("digits-a", 3, 10), stream("digits-b", 4, 10)
    drawn_a = scenes.draw(folder / "digits-a", _DIGITS_A_FIRST, digits_a.rate * seconds, "jpg")
    drawn_b = scenes.draw(folder / "digits-b", _DIGITS_B_FIRST, digits_b.rate * seconds, "png")
    video = places.video()
    digits = {"model": "digits", "region": scenes.PANEL}
    cameras = [
        DemoCamera(
            "street, 768x576, 10/s",
            "FFmpeg",
            gateway.camera(video_a, model="objects"),
            lambda: senders.ffmpeg_video(net.start, log("video-a"), video_a, video),
            video_a,
        ),
        DemoCamera(
            "street, 768x576, 5/s",
            "GStreamer",
            gateway.camera(video_b, **({"plan": _BETTER} if enhance else {"model": "objects"})),
            lambda: senders.gstreamer_video(
                net.start, log("video-b"), video_b, video, _VIDEO_SIZE, begin=_VIDEO_B_BEGINS
            ),
            video_b,
        ),
        DemoCamera(
            "digits, 320x240, 10/s",
            "GStreamer, JPEG files as they are",
            gateway.camera(digits_a, **digits),
            lambda: senders.jpeg_files(net.start, log("digits-a"), digits_a, drawn_a.jpeg),
            digits_a,
            drawn_a.truth,
        ),
        DemoCamera(
            "digits, 320x240, 10/s",
            "GStreamer, compressed while sending",
            gateway.camera(digits_b, **digits),
            lambda: senders.picture_files(
                net.start, log("digits-b"), digits_b, drawn_b.png, len(drawn_b.truth)
            ),
            digits_b,
            drawn_b.truth,
        ),
        _signs(net, folder),
    ]
    source = net.add_camera("10.0.0.15")
    visit = Stream("guest", source, 5050, 10, 10 * seconds // 3, ssrc=0x1005)
    guest = DemoCamera(
        "digits, 320x240, 10/s",
        "GStreamer, JPEG files as they are",
        gateway.camera(visit, **digits),
        lambda: senders.jpeg_files(net.start, log("guest"), visit, drawn_a.jpeg),
        visit,
        drawn_a.truth,
    )
    return cameras, guest
