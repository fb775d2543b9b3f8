"""What the demo does, from the broker to the summary."""

import argparse
import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from demo import cameras as demo_cameras
from demo import outage, playground, sheet, summary
from demo.cameras import DemoCamera
from demo.findings import seen
from demo.guest import Guest
from demo.outage import Outage
from demo.page import Page
from demo.progress import Progress
from demo.ticker import Ticker
from testbed import netns, stopping
from testbed.consumer import Customer
from testbed.gateway import DEFAULT_TOPICS, Gateway, configuration
from testbed.kafka import Kafka
from testbed.senders import Sender

KEPT_SECONDS = 8 * 3600
STEPS = 7
# So many pictures to one that goes to Kafka: even, as every other sign is looked at. With pictures
# that are made better, the camera's own goes beside each.
SAMPLED_EVERY = 24
# A camera needs a moment more than its pictures last, and on a busy machine more than that.
PATIENCE = 30


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
        """A network and the cameras, which do not play yet."""
        with self.progress.step("network namespace with a veth pair"):
            self.net = netns.CameraNet()
            self.undo.callback(self.net.remove)
        with self.progress.step("digits of MNIST and signs with text are drawn"):
            self.cameras, self.visitor = demo_cameras.make(
                self.net,
                self.folder,
                self.asked.seconds,
                KEPT_SECONDS if self.asked.keep else 0,
                self.asked.enhance,
            )

    def start_gateway(self) -> None:
        """The daemon on the other end of the veth pair."""
        with self.progress.step("gwd starts: port, models, Kafka"):
            configured = configuration(
                self.net.port,
                [camera.configured for camera in self.cameras],
                self.kafka.brokers,
                every=demo_cameras.BETTER_EVERY if self.asked.enhance else SAMPLED_EVERY,
            )
            self.outage: Outage | None = None
            if self.asked.outage:
                self.outage = Outage(self.kafka, self.asked.seconds)
                # When the gateway needs the broker no more.
                self.undo.callback(self.outage.end)
                self.outage.configure(configured, self.folder)
            self.page = Page(self.cameras[0].name)
            configured["api"] = self.page.configured
            configured["decode"]["backend"] = self.asked.backend
            if self.asked.backend == "opencl":
                configured["accel"]["backend"] = "opencl"
            self.gateway = Gateway(configured, usual_socket=True)
            self.undo.callback(self.gateway.remove)
            self.gateway.start()
            self.page.open(self.gateway)

    def play(self) -> None:
        """Cameras send, results come out of Kafka and are shown."""
        self.progress.headline(
            f"five cameras play for {self.asked.seconds} s; results as they come out of Kafka:"
        )
        self.customer = Customer(self.kafka.brokers)
        self.undo.callback(self.customer.close)
        self.senders = {camera.name: self._start(camera) for camera in self.cameras}
        ticker = Ticker([*self.cameras, self.visitor])
        self.guest = Guest(self.visitor, self.gateway)
        begin = time.monotonic()
        comes = begin + self.asked.seconds / 4
        while self.somebody_plays(begin):
            stopping.check()
            ticker.show(self.customer.poll(0.1))
            if not self.page.picture:
                self.page.look()
            if self.outage:
                self._look_at(self.outage, begin)
            if not self.guest.has_come and time.monotonic() >= comes:
                self.undo.callback(self.guest.come().stop)
            if not self.guest.has_gone and self.guest.is_through:
                self.guest.go()
        if self.outage:
            self.outage.finish()
        if not self.asked.keep:
            self._end_senders()

    def _look_at(self, broker: Outage, begin: float) -> None:
        """It begins after a third of the time."""
        if not broker.has_begun and time.monotonic() >= begin + self.asked.seconds / 3:
            broker.begin()
        broker.step(self.gateway)

    def somebody_plays(self, begin: float) -> bool:
        """Until the time is over, the guest has gone and something was seen of every camera;
        cameras that are not kept play on until they have sent all."""
        now = time.monotonic()
        end = begin + self.asked.seconds
        if now >= end + PATIENCE + (outage.PATIENCE if self.outage else 0):
            return False
        if now < end or not self.guest.has_gone or not self._all_seen():
            return True
        if self.outage and not self.outage.is_over:
            return True
        known = [self.senders[it.name] for it in self.cameras if it.pictures is not None]
        return not self.asked.keep and any(sender.running for sender in known)

    def _all_seen(self) -> bool:
        return all(any(map(seen, self.customer.of(camera.name))) for camera in self.cameras)

    def _end_senders(self) -> None:
        for camera in self.cameras:
            if camera.pictures is None:
                self.senders[camera.name].stop()
            else:
                self.senders[camera.name].wait(1)

    def _start(self, camera: DemoCamera) -> Sender:
        sender = camera.start()
        self.undo.callback(sender.stop)
        return sender

    def drain(self) -> None:
        """Waits for what is still on its way."""
        with self.progress.step("the last results arrive"):
            if not self.asked.keep:
                self.gateway.wait_until(self._is_through, 30, "frames are still in flight")
            delivered, sampled = self._delivered(), self._sampled()
            self.customer.read_until(
                lambda it: (
                    len(it.frames) >= sampled
                    and all(len(it.of(name)) >= count for name, count in delivered.items())
                ),
                20,
            )

    def _is_through(self) -> bool:
        frames = self.gateway.status()["frames"]
        return frames["in_flight"] == frames["spooled"] == 0

    def _delivered(self) -> dict[str, int]:
        """Results of each camera: in a sum, one that plays on would hide what is missing of
        another."""
        listed = self.gateway.ask("camera", "list")["cameras"]
        delivered = {it["name"]: it["frames"]["delivered"] for it in listed}
        if self.guest.frames:
            delivered[self.visitor.name] = self.guest.frames["delivered"]
        return delivered

    def _sampled(self) -> int:
        """Pictures that are in Kafka."""
        equations = self.gateway.ask("audit")["equations"]
        (samples,) = (it for it in equations if (it["name"], it["unit"]) == ("total", "sample"))
        return samples["delivered"]

    def sum_up(self) -> bool:
        """Prints the summary; True when the demo kept its promises."""
        complete = not self.asked.keep
        if self.outage:
            self.outage.settle(self.customer)
        figures = summary.ask(self.gateway, self.customer, self.cameras)
        summary.show(self.cameras, figures, complete)
        pictures = sheet.draw(
            self.cameras, figures.results, figures.sampled, figures.better, self.asked.output
        )
        if pictures:
            print(f"\nPictures as they came out of Kafka, with what was found: {self.asked.output}")
        survived = []
        if self.outage:
            delivered = sum(self._delivered().values())
            read = len(self.customer.results)
            survived = [self.outage.judge(figures.drops, delivered, read)]
        print("\nPromises")
        kept = summary.judge(self.cameras, figures, pictures, complete, self.asked.enhance)
        kept.append(self.guest.judge(self.customer))
        kept.append(self.page.judge())
        kept += survived
        for promise, good in kept:
            print(f"  {'ok    ' if good else 'BROKEN'} {promise}")
        return all(good for _, good in kept)

    def stop_gateway(self) -> None:
        """Ends the daemon as an operator would."""
        with self.progress.step("gwd stops"):
            self.gateway.stop()

    def stay(self) -> None:
        """Says what can be played with, and goes on until somebody stops it."""
        playground.show(self.gateway, self.kafka.brokers, self.page, KEPT_SECONDS // 3600)
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
