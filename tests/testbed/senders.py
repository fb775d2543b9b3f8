"""Cameras, played by programs that are not ours: GStreamer and FFmpeg send RTP/JPEG over UDP.

Every sender stops by itself after a given number of pictures. GStreamer counts its RTP time stamps
from 0, so `Stream.picture_at` tells which picture a time stamp belongs to; FFmpeg begins anywhere.
"""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed.netns import GATEWAY
from testbed.process import Process

CLOCK_RATE = 90000

# JFIF's colours: ITU-R BT.601, all values from 0 to 255. GStreamer would take video's 16 to 235.
_FULL_RANGE = "1:4:0:0"

# How a program is started: `CameraNet.start` inside a namespace, or `Process` itself outside.
Launcher = Callable[..., Process]


@dataclass(frozen=True)
class Stream:
    """What is sent to whom: `pictures` of them at `rate` a second, or at once.

    With `into` nothing is sent: the compressed pictures become files 00000.jpg, 00001.jpg, ... in
    that folder, the very same that would have been sent.
    """

    name: str
    source: str
    port: int
    rate: int
    pictures: int
    ssrc: int
    destination: str = GATEWAY
    realtime: bool = True
    into: Path | None = None
    mtu: int = 1400

    def picture_at(self, rtp_timestamp: int) -> int:
        """The number of the picture that a GStreamer sender gave this time stamp."""
        return round(rtp_timestamp * self.rate / CLOCK_RATE)


class Sender:
    """A running camera: one program, or two joined by a pipe, the last of which sends."""

    def __init__(self, stream: Stream, processes: list[Process]) -> None:
        self.stream = stream
        self._processes = processes

    @property
    def running(self) -> bool:
        """True until the last picture is sent."""
        return self._processes[-1].running

    def wait(self, timeout: float) -> None:
        """Waits until every picture is sent; a sender that failed is an error."""
        end = time.monotonic() + timeout
        for process in reversed(self._processes):
            code = process.wait(max(end - time.monotonic(), 0.1))
            if code != 0:
                raise RuntimeError(f"{self.stream.name}: sender failed:\n{process.text()[-2000:]}")

    def stop(self) -> None:
        """Ends it before its time."""
        for process in self._processes:
            process.stop(5)


def _gstreamer_tail(stream: Stream) -> list[object]:
    if stream.into:
        return ["!", "multifilesink", f"location={stream.into / '%05d.jpg'}"]
    return [
        *("!", "rtpjpegpay", f"mtu={stream.mtu}", "pt=26", f"ssrc={stream.ssrc}"),
        *("timestamp-offset=0", "seqnum-offset=0"),
        *("!", "udpsink", f"host={stream.destination}", f"port={stream.port}"),
        *(f"bind-address={stream.source}", "buffer-size=4194304"),
        f"sync={'true' if stream.realtime else 'false'}",
    ]


def _video(video: Path, stream: Stream, begin: float) -> list[object]:
    return [
        *("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error"),
        *(["-re"] if stream.realtime else []),
        *("-stream_loop", "-1", "-ss", begin, "-i", video),
        *("-an", "-vf", f"fps={stream.rate}", "-frames:v", stream.pictures, "-threads", "1"),
    ]


def jpeg_files(launch: Launcher, log: Path, stream: Stream, pattern: Path) -> Sender:
    """GStreamer sends existing JPEG files as they are; `pattern` holds a %d, counted from 0.

    Its own file source gives such pictures no time stamps, so FFmpeg reads the files and hands them
    over unchanged, with the time of each, in a Matroska stream.
    """
    reader = Process(
        [
            *("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error"),
            *("-f", "image2", "-loop", "1", "-framerate", stream.rate, "-i", pattern),
            *("-c", "copy", "-frames:v", stream.pictures, "-f", "matroska", "-"),
        ],
        log,
        stdout=subprocess.PIPE,
    )
    demux = ["gst-launch-1.0", "-q", "fdsrc", "fd=0", "!", "matroskademux"]
    with reader.stdout:
        sender = launch([*demux, *_gstreamer_tail(stream)], log, stdin=reader.stdout)
    return Sender(stream, [reader, sender])


def picture_files(
    launch: Launcher, log: Path, stream: Stream, pattern: Path, count: int, quality: int = 90
) -> Sender:
    """GStreamer compresses and sends PNG files; `pattern` holds a %d for 0 to count - 1."""
    read = [
        *("gst-launch-1.0", "-q", "multifilesrc", f"location={pattern}"),
        *("start-index=0", f"stop-index={count - 1}", "loop=true"),
        *(f"num-buffers={stream.pictures}", f"caps=image/png,framerate={stream.rate}/1"),
    ]
    compress = [
        *(
            "!",
            "pngdec",
            "!",
            "videoconvert",
            "!",
            f"video/x-raw,format=I420,colorimetry={_FULL_RANGE}",
        ),
        *("!", "jpegenc", f"quality={quality}"),
    ]
    return Sender(stream, [launch([*read, *compress, *_gstreamer_tail(stream)], log)])


def gstreamer_video(
    launch: Launcher,
    log: Path,
    stream: Stream,
    video: Path,
    size: tuple[int, int],
    *,
    begin: float = 0.0,
    quality: int = 85,
) -> Sender:
    """GStreamer compresses and sends a video; Debian's has no decoder for it, so FFmpeg decodes."""
    decoder = Process(
        [*_video(video, stream, begin), "-f", "rawvideo", "-pix_fmt", "yuvj420p", "-"],
        log,
        stdout=subprocess.PIPE,
    )
    raw = [
        *("gst-launch-1.0", "-q", "fdsrc", "fd=0", "!", "rawvideoparse", "format=i420"),
        *(f"width={size[0]}", f"height={size[1]}", f"framerate={stream.rate}/1"),
        *("!", "jpegenc", f"quality={quality}"),
    ]
    with decoder.stdout:
        encoder = launch([*raw, *_gstreamer_tail(stream)], log, stdin=decoder.stdout)
    return Sender(stream, [decoder, encoder])


def ffmpeg_video(
    launch: Launcher,
    log: Path,
    stream: Stream,
    video: Path,
    *,
    begin: float = 0.0,
    quality: int = 4,
    secret: tuple[str, str] | None = None,
) -> Sender:
    """FFmpeg compresses and sends a video, with RTCP sender reports on the next port.

    With a suite and a key both are protected (SRTP).
    """
    encode = [
        *("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", quality, "-huffman", "default"),
    ]
    target = [
        *("-payload_type", "26", "-ssrc", stream.ssrc, "-f", "rtp"),
        f"rtp://{stream.destination}:{stream.port}?localaddr={stream.source}&pkt_size=1400",
    ]
    if secret:
        target[-1] = "s" + target[-1]
        target[:0] = ["-srtp_out_suite", secret[0], "-srtp_out_params", secret[1]]
    if stream.into:
        target = ["-f", "image2", "-start_number", "0", stream.into / "%05d.jpg"]
    return Sender(stream, [launch([*_video(video, stream, begin), *encode, *target], log)])
