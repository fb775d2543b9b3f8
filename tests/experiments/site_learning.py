"""One cloud and ten sites whose digits differ: by hand, and by a fleet and a flow (source D).

Each site is a gateway with ten cameras. Their model comes from the cloud; each site learns from its
own pictures, several networks at a time, and takes their mean when that is better. Steps are
counted as D counts them, by carrying them out; accuracy is what comes out of Kafka while cameras
show pictures that nobody has learned from.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from experiments import edges, effort, site_plots
from experiments.by_hand import Operator
from experiments.cloud import Cloud
from experiments.edges import MODEL, Edge, Handwriting
from testbed import netns, places, site_digits, stopping
from testbed.api import Api
from testbed.kafka import Kafka

REPORT = places.ROOT / "build-experiments" / "d"
SITES = 10
# What D reached: fewer steps in all, a shorter training.
SOURCE = {"steps": 0.67, "set_up_and_operation": 0.79, "training": 0.58}


@dataclass(frozen=True)
class Size:
    """How much of it."""

    looks: tuple[str, ...]
    learn: int  # pictures of each digit at a site
    test: int
    rate: float  # pictures a second of each camera
    by_hand: str  # the look of the site that is done by hand
    goal: float  # accuracy, 0 to 1
    members: int
    pre_train: dict[str, Any]
    options: tuple[str, ...] = ()  # of framegate-learn train


WHOLE = Size(
    looks=tuple(site_digits.LOOKS),
    learn=200,
    test=50,
    rate=2.0,
    by_hand="rotated",
    goal=0.97,
    members=3,
    pre_train={"epochs": 6},
    options=("--steps", "10%,50%,100%", "--hold", "5"),
)
QUICK = Size(
    looks=("inverted", "lined"),
    learn=24,
    test=8,
    rate=2.0,
    by_hand="dim",
    goal=0.6,
    members=2,
    pre_train={"engine": "process", "workers": 1, "epochs": 2, "pictures": 12800},
    options=("--least", "0.5", "--held", "30", "--steps", "50%,100%", "--hold", "1"),
)


# What is counted needs pictures as little as it needs training. By hand, whatever is tried first is
# good enough: no way by hand takes fewer steps.
STEPS = replace(QUICK, looks=WHOLE.looks, learn=2, test=1, rate=1.0, goal=0.0)


def _say(text: str) -> None:
    print(f"d: {text}", file=sys.stderr, flush=True)


def _draw(folder: Path, look: str, number: int, size: Size) -> None:
    own = Handwriting.of_site(number, size.learn, size.test)
    for part, (images, labels) in vars(own).items():
        site_digits.draw(folder / part, look, images, labels, number)


class Experiment:
    """All gateways, their cameras and one Kafka."""

    def __init__(self, size: Size, folder: Path) -> None:
        self.size = size
        self.folder = folder
        self.kafka = Kafka(folder / "kafka")
        self.sites: list[Edge] = []
        self.cloud: Cloud | None = None
        self.report: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Everything; what was seen."""
        try:
            self.kafka.start()
            self._pictures()
            self._by_hand()
            self._ours()
        finally:
            self._close()
        return self.report

    def steps_alone(self) -> dict[str, Any]:
        """By hand at one site, and ours for all ten up to the flow's run: little is trained.

        All that was typed is in what is returned.
        """
        try:
            self.kafka.start()
            _draw(self.folder / "hand", self.size.by_hand, SITES, self.size)
            self._by_hand()
            for number, look in enumerate(self.size.looks):
                _draw(self.folder / f"site{number}", look, number, self.size)
                self._site(f"site{number}", look)
            self.cloud = Cloud(self.folder / "cloud", self.sites)
            self.cloud.install()
            _say(f"{len(self.sites)} sites as a fleet")
            self.cloud.set_up()
            self.cloud.operate()
            self.cloud.begin_to_collect(looks=1)
            self.cloud.look_at_flow()
            typed = {**self.report["typed"], "ours": self.cloud.ledger.typed}
            return {"sites": len(self.sites), **self._steps(), "typed": typed}
        finally:
            self._close()

    def _close(self) -> None:
        if self.cloud:
            self.cloud.close()
        for site in self.sites:
            site.close()
        self.kafka.kill()

    def _site(self, name: str, look: str) -> Edge:
        # Its pictures lie in the folder already.
        site = Edge(name, look, self.folder / name, self.kafka, self.size.rate)
        self.sites.append(site)
        site.start()
        return site

    def _pictures(self) -> None:
        _say(f"draws {10 * (self.size.learn + self.size.test)} pictures for each of the sites")
        wanted = [("hand", self.size.by_hand, SITES)]
        wanted += [(f"site{n}", look, n) for n, look in enumerate(self.size.looks)]
        with ProcessPoolExecutor() as pool:
            drawn = [
                pool.submit(_draw, self.folder / name, look, number, self.size)
                for name, look, number in wanted
            ]
            for one in drawn:
                one.result()
                stopping.check()

    def _test(self, site: Edge, version: int) -> float:
        site.show("test")
        seconds = 60 + 3 * self.size.test / self.size.rate
        return edges.accuracy(site.answers(version, self.size.test, seconds))

    def _by_hand(self) -> None:
        _say(f"one site by hand ({self.size.by_hand})")
        site = self._site("hand", self.size.by_hand)
        operator = Operator(site, self.folder / "by-hand")
        operator.set_up()
        before = self._test(site, 1)
        operator.operate()
        operator.train(self.size.goal, self.size.members)
        operator.deploy()
        told = {"look": site.look, "cloud": before, "site": self._test(site, 2), **operator.told()}
        self.report["by_hand"] = told
        self.report["typed"] = {"once": operator.once.typed, "each": operator.each.typed}
        _say(f"by hand: {len(told['trials'])} trials, {told['seconds']:.0f} s of training")
        site.close()
        self.sites.remove(site)

    def _ours(self) -> None:
        size = self.size
        for number, look in enumerate(size.looks):
            self._site(f"site{number}", look)
        self.cloud = Cloud(self.folder / "cloud", self.sites)
        self.cloud.install()
        _say(f"{len(size.looks)} sites as a fleet")
        self.cloud.set_up()
        cloud = {site.name: self._test(site, 1) for site in self.sites}
        self.cloud.operate()
        for site in self.sites:
            site.show("learn")
        _say("the flow: pre-train, roll out, collect, fine-tune, evaluate, settle")
        self.cloud.begin_to_collect(looks=5)
        begin = time.monotonic()
        labelled = 10 * size.learn * 9 // 10
        options = ["--members", str(size.members), *size.options]
        flow = self.cloud.run_flow(size.pre_train, labelled, options, timeout=7200)
        self.cloud.end_collecting()
        steps = {it["name"]: it for it in flow["all"]}
        self.report["flow"] = {
            "seconds": time.monotonic() - begin,
            "steps": {name: it["ended"] - it["began"] for name, it in steps.items()},
        }
        self.report["sites"] = [
            self._told(site, cloud[site.name], steps[f"fine_tune.{site.name}"])
            for site in self.sites
        ]
        self.report["steps"] = self._steps()
        self.report["typed"]["ours"] = self.cloud.ledger.typed
        self.report["bytes"] = self._bytes()

    def _told(self, site: Edge, cloud: float, step: dict[str, Any]) -> dict[str, Any]:
        given = step["outputs"]
        figures = given.get("figures", {})
        members = [it["accuracy"] for it in figures.get("members", [])]
        route = site.gateway.ask("model", "status", MODEL)
        version = route["stable"]["version"]
        told = {
            "look": site.look,
            "cloud": cloud,
            "outcome": given["outcome"],
            "why": given.get("why", ""),
            "members": sum(members) / len(members) if members else 0.0,
            "held": figures,
            "site": self._test(site, version),
            "seconds": step["ended"] - step["began"],
            "frames": site.gateway.status()["frames"],
            "drops": site.gateway.dropped(),
        }
        _say(f"{site.look}: {100 * cloud:.1f} % -> {100 * told['site']:.1f} %, {told['outcome']}")
        return told

    def _steps(self) -> dict[str, Any]:
        by_hand = self.report["by_hand"]
        hand = effort.times(by_hand["each"], len(self.size.looks), by_hand["once"])
        ours = self.cloud.ledger.told()
        saved = 1 - effort.total(ours) / effort.total(hand)
        # A further site is one more line of its console, and all that is done by hand at one.
        more = SITES - len(self.sites)
        ours_of_ten = effort.total(ours) + more
        by_hand_of_ten = effort.total(effort.times(by_hand["each"], SITES, by_hand["once"]))
        of_ten = {"by_hand": by_hand_of_ten, "ours": ours_of_ten}
        of_ten["saved"] = 1 - ours_of_ten / by_hand_of_ten
        return {"by_hand": hand, "ours": ours, "saved": saved, "of_ten": of_ten}

    def _bytes(self) -> dict[str, Any]:
        """What gateways received from cameras, and what left the sites."""
        received = sent = reports = 0
        for site in self.sites:
            said = _metrics(site)
            received += said["framegate_received_bytes_total"]
            sent += said["framegate_kafka_sent_bytes_total"]
            folder = site.folder / "learner" / "reports"
            reports += sum(it.stat().st_size for it in folder.glob("*.json"))
        return {
            "cameras": received,
            "results": sent,
            "reports": reports,
            "ratio": received / (sent + reports),
            "ratio_of_learning": received / max(reports, 1),
        }


def _metrics(site: Edge) -> dict[str, float]:
    """Sums of each metric over its labels."""
    with Api(site.gateway.socket) as api:
        text = api.text("metrics")
    found: dict[str, float] = {}
    for name, value in re.findall(r"^(\w+)(?:\{.*\})? (\S+)$", text, re.MULTILINE):
        found[name] = found.get(name, 0) + float(value)
    return found


def failures(size: Size, report: dict[str, Any]) -> list[str]:
    """What is not as it has to be, at any size and in any time."""
    found = []
    for site in report["sites"]:
        name = site["look"]
        if site["outcome"] != "accepted":
            found.append(f"{name}: {site['outcome']}: {site['why']}")
        if site["site"] <= size.goal:
            found.append(f"{name}: {100 * site['site']:.1f} % right, {100 * size.goal:.0f} asked")
        # What cameras sent before they were added is in drops, and no frame.
        if site["frames"]["dropped"]:
            found.append(f"{name}: frames were lost: {site['drops']}")
        ensemble = site["held"].get("ensemble", {}).get("accuracy", 0)
        if size is WHOLE and ensemble < site["members"]:
            found.append(f"{name}: the ensemble is worse than its members' mean")
    if size is WHOLE and report["steps"]["saved"] < 0.9:
        found.append(f"{100 * report['steps']['saved']:.0f} % fewer steps, 90 asked")
    if size is WHOLE and report["bytes"]["ratio"] < 100:
        found.append(f"{report['bytes']['ratio']:.0f} times fewer bytes, 100 asked")
    return found


def run(options: list[str]) -> int:
    """`./dev experiment d`."""
    parser = argparse.ArgumentParser(prog="./dev experiment d", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sites, few pictures")
    parser.add_argument(
        "--steps", action="store_true", help="the steps alone, for ten sites: little is trained"
    )
    asked = parser.parse_args(options)
    size = STEPS if asked.steps else QUICK if asked.quick else WHOLE
    netns.end_well_on_signals()
    REPORT.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="framegate-d-"))
    try:
        experiment = Experiment(size, folder)
        if asked.steps:
            report = experiment.steps_alone()
            (REPORT / "d-steps.json").write_text(json.dumps(report, indent=1))
            print(json.dumps({key: it for key, it in report.items() if key != "typed"}))
            return 0
        report = experiment.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    wrong = failures(size, report)
    facts = {
        "quick": asked.quick,
        "processors": os.cpu_count(),
        "load": os.getloadavg()[2],
        "source": SOURCE,
        **report,
        "failures": wrong,
    }
    (REPORT / "d.json").write_text(json.dumps(facts, indent=1))
    site_plots.accuracy(REPORT / "d-accuracy.png", report["sites"], size.goal)
    site_plots.steps(REPORT / "d-steps.png", report["steps"]["by_hand"], report["steps"]["ours"])
    for it in wrong:
        print(f"d: FAILED: {it}", file=sys.stderr)
    _say(f"figures and plots are in {REPORT}")
    return 1 if wrong else 0
