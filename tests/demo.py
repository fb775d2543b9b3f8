#!/usr/bin/env python3
"""The demo: five cameras, the gateway, Apache Kafka and a customer who reads it, on this machine.

Cameras are GStreamer and FFmpeg in a network namespace, one of them behind RTSP; the gateway takes
their packets from a veth pair. Everything is started here, lies in a temporary folder, and is gone
at the end.
"""

import argparse
import contextlib
import os
import sys
from pathlib import Path

from testbed import stopping


def arguments() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="stay up for playing until Ctrl-C")
    parser.add_argument(
        "--enhance", action="store_true", help="one camera's pictures are also made better"
    )
    parser.add_argument(
        "--outage", action="store_true", help="the broker goes away for a while, and comes back"
    )
    parser.add_argument(
        "--backend",
        choices=("turbo", "opencl"),
        default="turbo",
        help="opencl: a device decodes and runs the models (default turbo; docs/accel.md)",
    )
    parser.add_argument(
        "--seconds", type=int, default=25, help="how long the cameras play (default 25)"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("demo.png"), help="the contact sheet (default demo.png)"
    )
    # The seconds that set-up and build took before.
    parser.add_argument("--before", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not 5 <= asked.seconds <= 300:
        parser.error("--seconds must be from 5 to 300")
    return asked


def main() -> int:
    """Runs the demo; whatever happens, everything it started is gone afterwards."""
    asked = arguments()
    if os.geteuid() != 0:
        print("demo: network namespaces need root: run it with sudo", file=sys.stderr)
        return 1
    stopping.watch()
    # Not before: all this takes a second, and a signal would end it in a traceback.
    from demo import way
    from testbed.places import NotThere

    with contextlib.ExitStack() as undo:
        try:
            return way.run(way.Demo(asked, undo))
        except stopping.Stopped as stopped:
            print(f"\n{stopped}; cleaning up", flush=True)
            return stopped.exit_code
        except (RuntimeError, AssertionError, NotThere) as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        finally:
            stopping.clean_up()


if __name__ == "__main__":
    sys.exit(main())
