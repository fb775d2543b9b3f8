"""What the demo does, from the broker to the summary."""

import argparse
import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from demo import cameras as demo_cameras
from demo import playground, summary
from demo.cameras import DemoCamera
from demo.guest import Guest
from demo.progress import Progress
from demo.ticker import Ticker
from testbed import netns, stopping
from testbed.consumer import Customer
from testbed.gateway import DEFAULT_TOPICS, Gateway, configuration
from testbed.kafka import Kafka
from testbed.senders import Sender

KEPT_SECONDS = 8 * 3600
STEPS = 7


class Demo:
    """Everything that runs; what is started is undone by `undo`, in reverse."""

    def __init__(self, asked: argparse.Namespace, undo: contextlib.ExitStack) -> None:
        self.asked = asked
        self.undo = undo
        self.progress = Progress(STEPS)
        self.folder = Path(tempfile.mkdtemp(prefix=f"framegate-demo-{os.getpid()}-"))
        undo.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def start_kafka(self) -> None:
        """A broker with the two topics."""
        with self.progress.step("Apache Kafka (KRaft, one node) starts"):
            self.kafka = Kafka(self.folder / "kafka")
            self.undo.callback(self.kafka.stop)
            self.kafka.start()
            self.kafka.create_topics(DEFAULT_TOPICS)

    def make_cameras(self) -> None:
        """A network and four cameras that do not play yet."""
        with self.progress.step("network namespace with a veth pair"):
            self.net = netns.CameraNet()
            self.undo.callback(self.net.remove)
        with self.progress.step("scenes with handwritten digits of MNIST are drawn"):
            self.cameras, self.visitor = demo_cameras.make(
                self.net, self.folder, self.asked.seconds, KEPT_SECONDS if self.asked.keep else 0
            )

    def start_gateway(self) -> None:
        """The daemon on the other end of the veth pair."""
        with self.progress.step("gwd starts: port, models, Kafka"):
            self.gateway = Gateway(
                configuration(
                    self.net.port,
                    [camera.configured for camera in self.cameras],
                    self.kafka.brokers,
                ),
                usual_socket=True,
            )
            self.undo.callback(self.gateway.remove)
            self.gateway.start()

    def play(self) -> None:
        """Cameras send, results come out of Kafka and are shown."""
        self.progress.headline(
            f"four cameras play for {self.asked.seconds} s; results as they come out of Kafka:"
        )
        self.customer = Customer(self.kafka.brokers)
        self.undo.callback(self.customer.close)
        senders = [self._start(camera) for camera in self.cameras]
        ticker = Ticker([*self.cameras, self.visitor])
        self.guest = Guest(self.visitor, self.gateway)
        begin = time.monotonic()
        end = begin + self.asked.seconds
        comes = begin + self.asked.seconds / 4
        # A camera that ends by itself needs a moment more than its pictures last.
        latest = end if self.asked.keep else end + 15
        while time.monotonic() < latest and any(sender.running for sender in senders):
            stopping.check()
            ticker.show(self.customer.poll(0.1))
            if not self.guest.has_come and time.monotonic() >= comes:
                self.undo.callback(self.guest.come().stop)
            if self.guest.has_played:
                self.guest.go()
        if not self.asked.keep:
            for sender in senders:
                sender.wait(1)

    def _start(self, camera: DemoCamera) -> Sender:
        sender = camera.start()
        self.undo.callback(sender.stop)
        return sender

    def drain(self) -> None:
        """Waits for what is still on its way."""
        with self.progress.step("the last results arrive"):
            if not self.asked.keep:
                self.gateway.wait_until(
                    lambda: self.gateway.status()["frames"]["in_flight"] == 0,
                    20,
                    "frames are still in flight",
                )
            delivered = self.gateway.status()["frames"]["delivered"]
            self.customer.read_until(lambda it: len(it.results) >= delivered, 20)

    def sum_up(self) -> bool:
        """Prints the summary; True when the demo kept its promises."""
        complete = not self.asked.keep
        figures = summary.ask(self.gateway, self.customer, self.cameras)
        summary.show(self.cameras, figures, complete)
        pictures = summary.draw_contact_sheet(self.cameras, figures, self.asked.output)
        if pictures:
            print(f"\nPictures as they came out of Kafka, with what was found: {self.asked.output}")
        print("\nPromises")
        kept = summary.judge(self.cameras, figures, pictures, complete)
        kept.append(self.guest.judge(self.customer))
        for promise, good in kept:
            print(f"  {'ok    ' if good else 'BROKEN'} {promise}")
        return all(good for _, good in kept)

    def stop_gateway(self) -> None:
        """Ends the daemon as an operator would."""
        with self.progress.step("gwd stops"):
            self.gateway.stop()

    def stay(self) -> None:
        """Says what can be played with, and goes on until somebody stops it."""
        playground.show(self.gateway, self.kafka.brokers, KEPT_SECONDS // 3600)
        end = time.monotonic() + KEPT_SECONDS
        with contextlib.suppress(stopping.Stopped):
            while time.monotonic() < end and self.gateway.process.running:
                stopping.pause(0.5)
        print(flush=True)
        stopping.clean_up()


def run(demo: Demo) -> int:
    """The demo from beginning to end; returns the exit code."""
    demo.start_kafka()
    demo.make_cameras()
    demo.start_gateway()
    demo.play()
    demo.drain()
    good = demo.sum_up()
    if demo.asked.keep:
        demo.stay()
    demo.stop_gateway()
    stopping.clean_up()
    seconds = demo.progress.seconds + demo.asked.before
    print(
        f"\n{'Done' if good else 'The demo broke a promise'} after {seconds:.0f} s, set-up and"
        " build included."
    )
    return 0 if good else 1
