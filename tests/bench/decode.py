"""Pictures per second of the decode path, against plain libjpeg and against GStreamer.

Everything runs in turns in one run; each figure is a median, each ratio the median of the rounds'
ratios. The pictures are frames of a real surveillance video. One thread decodes, on either side.

The stage's rows go by the clock: ours is the whole stage (claim, probe, one worker) down to planes
of the size that the model needs, or to its grey; the peers decode the full size, libjpeg to RGB in
the same process, GStreamer from RTP packets in a file to planes.

The other rows go by processor time and end where a model begins, at a picture of its size. Ours and
libjpeg's is the float tensor (libjpeg: the full size as RGB, resized by our preprocessing of RGB),
GStreamer's only the bytes. GStreamer's start-up is subtracted.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FRAMEGATE_BUILD", ROOT / "build"))
CACHE = Path(os.environ.get("FRAMEGATE_CACHE", Path.home() / ".cache/framegate"))
VIDEO = CACHE / "vtest.avi"
BENCH = BUILD / "tests/decode_bench"

FILES = 16
TIMEOUT = 120
LIBJPEG = "libjpeg, full size RGB, one thread"
GSTREAMER = "gst rtpjpegdepay ! jpegdec, full size planes"
LIBJPEG_TENSOR = "libjpeg, full size RGB, then the resize of RGB"
GSTREAMER_PLANES = "gst rtpjpegdepay ! jpegdec, full size planes, processor time"
GSTREAMER_INPUT = "gst jpegdec ! videoscale ! videoconvert, bytes"

# width and height of the source, the model's input and colour, pictures per turn
CASES = [
    (768, 576, 512, 512, "rgb", 200),
    (768, 576, 224, 224, "rgb", 200),
    (768, 576, 28, 28, "grey", 200),
    (320, 240, 28, 28, "grey", 800),
]


def run(command, **options):
    return subprocess.run(command, check=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, **options)


def make_pictures(folder, width, height):
    """Frames of the video as JPEG files, as a camera would send them.

    RTP/JPEG carries no Huffman tables: the files must use those of Annex K.
    """
    options = f"-vf scale={width}:{height} -pix_fmt yuvj420p -q:v 3 -huffman default".split()
    command = ["ffmpeg", "-v", "error", "-y", "-ss", "20", "-i", VIDEO, "-frames:v", str(FILES)]
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
    """How long it took, by the clock and of processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    run(command, stdout=subprocess.DEVNULL)
    elapsed = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def gstreamer_rates(short, long, pictures, size=None):
    """Pictures per second, by the clock and of processor time."""
    start = seconds(gstreamer(short, size=size))
    whole = seconds(gstreamer(long, size=size))
    return [pictures / max(b - a, 1e-3) for a, b in zip(start, whole)]


def measure(folder, case, rounds):
    width, height, input_width, input_height, colour, pictures = case
    size = (input_width, input_height, "RGB" if colour == "rgb" else "GRAY8")
    files = make_pictures(folder, width, height)
    short = make_packets(folder, width, height, FILES)
    long = make_packets(folder, width, height, FILES + pictures)
    assert_decodes_all(long, FILES + pictures)
    assert_decodes_all(long, FILES + pictures, size)
    turns, planes, inputs = [], [], []
    command = [BENCH, str(input_width), str(input_height), colour, "1", str(pictures)]
    for _ in range(rounds):
        turns.append(json.loads(run([*command, *files], capture_output=True).stdout))
        planes.append(gstreamer_rates(short, long, pictures))
        inputs.append(gstreamer_rates(short, long, pictures, size))
    ours = {way: [turn[way][0] for turn in turns] for way in turns[0] if way != "difference"}
    source, target = f"{width}x{height}", f"{input_width}x{input_height} {colour}"
    rows = [
        row(f"{source} for {target}", ours["stage"], ours["libjpeg"], LIBJPEG),
        row(f"{source} for {target}", ours["stage"], [a for a, _ in planes], GSTREAMER),
        row(f"{source} for {target}", ours["decode"], [b for _, b in planes], GSTREAMER_PLANES),
        row(f"{source} to {target}", ours["tensor"], ours["libjpeg_tensor"], LIBJPEG_TENSOR),
        row(f"{source} to {target}", ours["tensor"], [b for _, b in inputs], GSTREAMER_INPUT),
    ]
    # Where ours is scaled while it is decoded, the peer's aliasing is most of the difference.
    if width < 2 * input_width and height < 2 * input_height:
        rows[3]["difference_levels"] = round(turns[0]["difference"], 3)
    return rows


def row(what, ours, peer, peer_name):
    return {
        "what": what,
        "ours": round(statistics.median(ours), 1),
        "peer": round(statistics.median(peer), 1),
        "peer_name": peer_name,
        "unit": "pictures/s",
        "ratio": round(statistics.median(a / b for a, b in zip(ours, peer)), 3),
    }


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else os.uname().machine}, {os.cpu_count()} cores"


def print_table(result):
    print(f"decode on {result['machine']}, in {result['rows'][0]['unit']}")
    print(f"{'what':30} {'ours':>8} {'peer':>8} {'ratio':>6}  against")
    for r in result["rows"]:
        print(
            f"{r['what']:30} {r['ours']:8.0f} {r['peer']:8.0f} {r['ratio']:6.2f}  {r['peer_name']}"
        )
        if "difference_levels" in r:
            print(f"{'':56}the tensors differ by {r['difference_levels']:.2f} levels on average")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=7, help="turns per case (7)")
    arguments = parser.parse_args()
    for path in (VIDEO, BENCH):
        if not path.exists():
            sys.exit(f"bench: {path} is missing: run ./dev setup and ./dev build")
    rows = []
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as folder:
        for case in CASES:
            rows += measure(Path(folder), case, arguments.rounds)
    result = {"name": "decode", "machine": machine(), "rows": rows}
    if arguments.json:
        print(json.dumps(result))
    else:
        print_table(result)


if __name__ == "__main__":
    main()
