"""The cameras of the demo: two play a surveillance video, two show handwritten digits, and so does
a guest for a while."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import gateway, places, scenes, senders
from testbed.netns import CameraNet
from testbed.senders import Sender, Stream

_VIDEO_SIZE = (768, 576)
# Two cameras of the same video: this one is where another would be after so many seconds.
_VIDEO_B_BEGINS = 40.0
# The two digit cameras show different parts of the test set.
_DIGITS_A_FIRST, _DIGITS_B_FIRST = 0, 5000


@dataclass(frozen=True)
class DemoCamera:
    """One camera: its stream, its place in the configuration, the truth if it is known."""

    stream: Stream
    shows: str
    sent_by: str
    configured: dict[str, Any]
    truth: list[int] | None
    start: Callable[[], Sender]

    @property
    def name(self) -> str:
        """As the configuration calls it."""
        return self.stream.name

    def expected(self, rtp_timestamp: int) -> int:
        """The digit that the picture with this time stamp shows."""
        return self.truth[self.stream.picture_at(rtp_timestamp) % len(self.truth)]


def make(
    net: CameraNet, folder: Path, seconds: int, kept: int
) -> tuple[list[DemoCamera], DemoCamera]:
    """Draws the pictures and describes the four cameras, and a guest that plays for a third of the
    time; they play for `seconds`, or longer if `kept`.

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
            video_a,
            "street, 768x576, 10/s",
            "FFmpeg",
            gateway.camera(video_a, model="objects"),
            None,
            lambda: senders.ffmpeg_video(net.start, log("video-a"), video_a, video),
        ),
        DemoCamera(
            video_b,
            "street, 768x576, 5/s",
            "GStreamer",
            gateway.camera(video_b, model="objects"),
            None,
            lambda: senders.gstreamer_video(
                net.start, log("video-b"), video_b, video, _VIDEO_SIZE, begin=_VIDEO_B_BEGINS
            ),
        ),
        DemoCamera(
            digits_a,
            "digits, 320x240, 10/s",
            "GStreamer, JPEG files as they are",
            gateway.camera(digits_a, **digits),
            drawn_a.truth,
            lambda: senders.jpeg_files(net.start, log("digits-a"), digits_a, drawn_a.jpeg),
        ),
        DemoCamera(
            digits_b,
            "digits, 320x240, 10/s",
            "GStreamer, compressed while sending",
            gateway.camera(digits_b, **digits),
            drawn_b.truth,
            lambda: senders.picture_files(
                net.start, log("digits-b"), digits_b, drawn_b.png, len(drawn_b.truth)
            ),
        ),
    ]
    source = net.add_camera("10.0.0.15")
    visit = Stream("guest", source, 5050, 10, 10 * seconds // 3, ssrc=0x1005)
    guest = DemoCamera(
        visit,
        "digits, 320x240, 10/s",
        "GStreamer, JPEG files as they are",
        gateway.camera(visit, **digits),
        drawn_a.truth,
        lambda: senders.jpeg_files(net.start, log("guest"), visit, drawn_a.jpeg),
    )
    return cameras, guest
