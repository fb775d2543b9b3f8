"""Pictures per second of the decode path, against plain libjpeg and against GStreamer.

Everything runs in turns in one run and goes by processor time; each figure is a median, each ratio
the median of the rounds' ratios. The pictures are frames of a real surveillance video.

Decoding: ours is probe and back-end down to planes of the size that the model needs, or to its
grey; the peers decode the full size, libjpeg to RGB in the same process, GStreamer from RTP packets
in a file to planes. On to the model: ours and libjpeg's end at the float tensor (libjpeg: the full
size as RGB, resized by our preprocessing of RGB), GStreamer's at bytes of the model's size.
GStreamer's start-up is subtracted.
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.report import Row, progress, row
from testbed import places

FILES = 16
TIMEOUT = 120
ROUNDS = 7
UNIT = "pictures/s"
LIBJPEG = "libjpeg-turbo: RGB, full size"
GSTREAMER = "gst rtpjpegdepay ! jpegdec: planes, full size"
LIBJPEG_TENSOR = "libjpeg-turbo: RGB, full size, then resized to the tensor"
GSTREAMER_INPUT = "gst ... jpegdec ! videoscale ! videoconvert: bytes"

# width and height of the source, the model's input and colour, pictures per turn
CASES = [
    (768, 576, 512, 512, "rgb", 200),
    (768, 576, 224, 224, "rgb", 200),
    (320, 240, 28, 28, "grey", 800),
]


def run(command, **options):
    return subprocess.run(command, check=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, **options)


def make_pictures(folder, width, height):
    """Frames of the video as JPEG files, as a camera would send them.

    RTP/JPEG carries no Huffman tables: the files must use those of Annex K.
    """
    options = f"-vf scale={width}:{height} -pix_fmt yuvj420p -q:v 3 -huffman default".split()
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-ss",
        "20",
        "-i",
        places.video(),
        "-frames:v",
        str(FILES),
    ]
    run([*command, *options, folder / f"{width}-%02d.jpg"])
    return sorted(folder.glob(f"{width}-*.jpg"))


def make_packets(folder, width, height, pictures):
    """The same files as RTP packets, one after the other in a file."""
    path = folder / f"{width}-{pictures}.rtp"
    source = f"multifilesrc location={folder}/{width}-%02d.jpg start-index=1 stop-index={FILES}"
    pipeline = (
        f"{source} loop=true num-buffers={pictures} "
        f"caps=image/jpeg,framerate=25/1,width={width},height={height} "
        f"! rtpjpegpay ! rtpstreampay ! filesink location={path}"
    )
    run(["gst-launch-1.0", "-q", *pipeline.split()])
    return path


def gstreamer(packets, *sink, size=None):
    """The command that decodes the packets, to full-size planes or to a model's input."""
    caps = "application/x-rtp-stream,media=video,encoding-name=JPEG,payload=26,clock-rate=90000"
    resize = ""
    if size:
        width, height, pixels = size
        resize = (
            f"! videoscale ! videoconvert ! video/x-raw,format={pixels},"
            f"width={width},height={height} "
        )
    pipeline = (
        f"filesrc location={packets} blocksize=65536 ! {caps} ! rtpstreamdepay ! rtpjpegdepay "
        f"! jpegdec {resize}! fakesink sync=false"
    )
    return ["gst-launch-1.0", *pipeline.split(), *sink]


def assert_decodes_all(packets, pictures, size=None):
    command = [*gstreamer(packets, "silent=false", size=size), "-v"]
    said = run(command, capture_output=True, text=True).stdout.count("chain")
    if said != pictures:
        sys.exit(f"bench: GStreamer decoded {said} of {pictures} pictures of {packets}")


def seconds(command):
    """The processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(command, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def gstreamer_rate(short, long, pictures, size=None):
    """Pictures per second."""
    start = seconds(gstreamer(short, size=size))
    return pictures / max(seconds(gstreamer(long, size=size)) - start, 1e-3)


def measure(
    bench: Path, folder: Path, case: tuple[int, int, int, int, str, int], rounds: int
) -> list[Row]:
    """One case, ours and the peers in turns."""
    width, height, input_width, input_height, colour, pictures = case
    size = (input_width, input_height, "RGB" if colour == "rgb" else "GRAY8")
    files = make_pictures(folder, width, height)
    short = make_packets(folder, width, height, FILES)
    long = make_packets(folder, width, height, FILES + pictures)
    assert_decodes_all(long, FILES + pictures)
    assert_decodes_all(long, FILES + pictures, size)
    turns, planes, inputs = [], [], []
    command = [bench, str(input_width), str(input_height), colour, "1", str(pictures)]
    for _ in range(rounds):
        turns.append(json.loads(run([*command, *files], capture_output=True).stdout))
        planes.append(gstreamer_rate(short, long, pictures))
        inputs.append(gstreamer_rate(short, long, pictures, size))
    ours = {way: [turn[way][0] for turn in turns] for way in turns[0]}
    model = f"a {input_width}x{input_height} {'colour' if colour == 'rgb' else 'grey'} model"
    decoded = f"{width}x{height} JPEG decoded for {model}"
    tensor = f"{width}x{height} JPEG to the tensor of {model}"
    return [
        row(decoded, UNIT, GSTREAMER, ours["decode"], planes),
        row(decoded, UNIT, LIBJPEG, ours["decode"], ours["libjpeg"]),
        row(tensor, UNIT, LIBJPEG_TENSOR, ours["tensor"], ours["libjpeg_tensor"]),
        row(tensor, UNIT, GSTREAMER_INPUT, ours["tensor"], inputs),
    ]


def rows(rounds: int | None) -> list[Row]:
    """Measures every case; `rounds` turns each."""
    bench = places.need(places.build() / "tests/decode_bench", "run ./dev build")
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as folder:
        for case in CASES:
            progress(f"decode: {case[0]}x{case[1]} for {case[2]}x{case[3]} {case[4]}")
            found += measure(bench, Path(folder), case, rounds or ROUNDS)
    return found
