"""A camera board: the RTSP server that ESP32 boards run (espp), on this machine.

Its packets are those of that code: RTP/JPEG as it cuts JPEG files. Prints the digest of each
picture that it sends. Run with the tests' own Python.
"""

import argparse
import time

import espp

from testbed import rtp_jpeg


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, default=8554)
    parser.add_argument("--rate", type=float, default=10)
    arguments = parser.parse_args()
    server = espp.RtspServer(
        espp.RtspServer.Config(arguments.address, arguments.port, "stream", max_data_size=1000)
    )
    if not server.start():
        raise SystemExit("the port is taken")
    print("serving", flush=True)
    # As such boards' sensors compress: 4:2:2.
    pictures = [rtp_jpeg.picture(seed, (320, 240), subsampling="4:2:2") for seed in range(20)]
    for digest in map(rtp_jpeg.pixels, pictures):
        print("picture:", digest, flush=True)
    number = 0
    while True:
        server.send_frame(espp.JpegFrame(pictures[number % len(pictures)]))
        number += 1
        time.sleep(1 / arguments.rate)


if __name__ == "__main__":
    main()
