"""Pictures per second of the decode stage, against plain libjpeg and against GStreamer.

Everything runs in turns in one run; each figure is a median, each ratio the median of the rounds'
ratios. The pictures are frames of a real surveillance video. Ours is the whole stage (claim, probe,
one worker) down to what the model needs; both peers decode the full size: libjpeg to RGB on one
thread in the same process, GStreamer from RTP packets in a file to planes, its start-up subtracted.
"""

import argparse
import json
import os
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
BENCH = BUILD / "decode/decode_bench"

FILES = 16
TIMEOUT = 120
LIBJPEG = "libjpeg, full size RGB, one thread"
GSTREAMER = "gst rtpjpegdepay ! jpegdec, full size"

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


def gstreamer(packets, *sink):
    caps = "application/x-rtp-stream,media=video,encoding-name=JPEG,payload=26,clock-rate=90000"
    pipeline = (
        f"filesrc location={packets} blocksize=65536 ! {caps} ! rtpstreamdepay ! rtpjpegdepay "
        "! jpegdec ! fakesink sync=false"
    )
    return ["gst-launch-1.0", *pipeline.split(), *sink]


def assert_decodes_all(packets, pictures):
    command = [*gstreamer(packets, "silent=false"), "-v"]
    said = run(command, capture_output=True, text=True).stdout.count("chain")
    if said != pictures:
        sys.exit(f"bench: GStreamer decoded {said} of {pictures} pictures of {packets}")


def seconds(command):
    begin = time.monotonic()
    run(command, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def measure(folder, case, rounds):
    width, height, input_width, input_height, colour, pictures = case
    files = make_pictures(folder, width, height)
    short = make_packets(folder, width, height, FILES)
    long = make_packets(folder, width, height, FILES + pictures)
    assert_decodes_all(long, FILES + pictures)
    ours, libjpeg, gst = [], [], []
    for _ in range(rounds):
        command = [BENCH, str(input_width), str(input_height), colour, "1", "1", str(pictures)]
        turn = json.loads(run([*command, *files], capture_output=True).stdout)
        ours += turn["ours"]
        libjpeg += turn["libjpeg"]
        start = seconds(gstreamer(short))
        gst.append(pictures / max(seconds(gstreamer(long)) - start, 1e-3))
    what = f"{width}x{height} to {input_width}x{input_height} {colour}"
    return [row(what, ours, libjpeg, LIBJPEG), row(what, ours, gst, GSTREAMER)]


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
    print(f"{'what':28} {'ours':>8} {'peer':>8} {'ratio':>6}  against")
    for r in result["rows"]:
        print(
            f"{r['what']:28} {r['ours']:8.0f} {r['peer']:8.0f} {r['ratio']:6.2f}  {r['peer_name']}"
        )


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
