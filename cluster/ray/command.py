"""The command's life: a look at the topics, the workers, a line of progress, the end."""

import json
import logging
import os
import signal
import socket
import sys
import time
from types import FrameType

import ray
from confluent_kafka import KafkaException
from framegate.ray.crew import Crew
from framegate.ray.facts import Facts
from framegate.ray.options import Options
from framegate.ray.topics import Away, Missing, Topics

TURN_S = 1.0
QUIET_S = 10.0  # between lines of progress where nobody watches
STORE = 128 << 20  # of a Ray of our own: pictures do not pass through its store
STARTS_S = 60.0  # that workers may take before it is said that there is no room
ANSWER_S = 5.0  # that a cluster may take to answer
CLEAR = "\r\x1b[K"  # the line of progress
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Command:
    """One `python -m framegate.ray workers`."""

    def __init__(
        self, options: Options, workers: int, cpus: float, until_end: bool, as_json: bool
    ) -> None:
        self._options = options
        self._workers = workers
        self._cpus = cpus
        self._until_end = until_end
        self._as_json = as_json
        self._asked_to_end = 0
        self._begin = self._shown = time.monotonic()
        self._before = 0
        self._waited = False
        self._live = sys.stderr.isatty()

    def run(self, address: str | None) -> int:
        """Everything; the exit code."""
        try:
            topics = Topics(self._options)
        except KafkaException as error:
            # The property's name is in it, its value is not.
            self._say(error.args[0].str())
            return 1
        self._watch_signals()
        try:
            return self._between(topics, address)
        except Missing as missing:
            self._say(str(missing))
            return 1
        except (ConnectionError, RuntimeError, ValueError) as error:
            self._say(f"Ray: {' '.join(str(error).split())}")
            return 1
        finally:
            topics.close()
            ray.shutdown()

    def _between(self, topics: Topics, address: str | None) -> int:
        ends = self._ask_brokers(topics)
        if ends is None:
            return 0
        self._start_ray(address)
        # Ray has handlers of its own.
        self._watch_signals()
        crew = Crew(self._options, self._cpus)
        crew.add(self._workers)
        failed = self._watch(crew, topics, ends if self._until_end else None)
        well = crew.drain()
        self._show_lines(crew)
        total = crew.total()
        if not well:
            self._say(
                "not everything that was read is delivered: whoever comes next reads it again"
            )
        self._summary(total)
        return 0 if well and not failed else 1

    def _ask_brokers(self, topics: Topics) -> dict[int, int] | None:
        """Where the topic ends, if that is of interest, as soon as one answers; None: somebody
        asked to end meanwhile."""
        said = False
        while not self._asked_to_end:
            try:
                topics.check()
                return topics.ends() if self._until_end else {}
            except Away:
                if not said:
                    self._say(f"no broker of {self._options.brokers} answers: waiting for one")
                said = True
                time.sleep(TURN_S)
        return None

    def _start_ray(self, address: str | None) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
        address = address or os.environ.get("RAY_ADDRESS") or None
        if address is None:
            try:
                ray.init("auto", **quiet)
                return
            except ConnectionError:
                address = "local"
        if address != "local":
            _knock(address)
            ray.init(address, **quiet)
            return
        ray.init(
            address,
            num_cpus=max(os.cpu_count() or 1, int(self._workers * self._cpus + 1)),
            object_store_memory=STORE,
            include_dashboard=False,
            **quiet,
        )

    def _watch(self, crew: Crew, topics: Topics, ends: dict[int, int] | None) -> bool:
        """Until the end; True when no worker can work."""
        while not self._asked_to_end:
            answers = crew.ask(TURN_S)
            self._show_lines(crew)
            there = [it for it in answers if it is not None]
            if len(there) == len(answers) and all(
                it["state"] in ("without a model", "failed") for it in there
            ):
                self._say("no worker can work")
                return True
            left = self._left(topics, ends)
            self._show(there, crew.total(), left)
            if left == 0:
                return False
            self._tell_of_room(len(there))
            time.sleep(TURN_S if len(there) == len(answers) else 0)
        return False

    def _left(self, topics: Topics, ends: dict[int, int] | None) -> int | None:
        if ends is None:
            return None
        try:
            return topics.left(ends)
        except Away:
            return None

    def _tell_of_room(self, there: int) -> None:
        late = time.monotonic() - self._begin > STARTS_S
        if there < self._workers and late and not self._waited:
            self._waited = True
            self._say(
                f"{there} of {self._workers} workers run: the cluster has no room for the others,"
                f" or they start; each needs {self._cpus:g} CPUs"
            )

    def _show(self, there: list[Facts], total: Facts, left: int | None) -> None:
        now = time.monotonic()
        if now - self._shown < (TURN_S if self._live else QUIET_S):
            return
        rate = (total["results"] - self._before) / (now - self._shown)
        bad = ", ".join(f"{count} {cause}" for cause, count in sorted(total["bad"].items()))
        line = (
            f"{len(there)} of {self._workers} workers, {total['results']:,} results, {rate:.1f}/s"
        )
        line += f", {sum(it['in_flight'] for it in there)} in flight"
        if left is not None:
            line += f", {left:,} left" + (f" ({left / rate:.0f} s)" if rate > 0 else "")
        line += f"; no result: {bad}" if bad else ""
        self._before, self._shown = total["results"], now
        begin, end = (CLEAR, "") if self._live else ("", "\n")
        print(begin + line, file=sys.stderr, flush=True, end=end)

    def _show_lines(self, crew: Crew) -> None:
        for line in crew.lines():
            self._say(line)

    def _say(self, line: str) -> None:
        print(f"{CLEAR if self._live else ''}framegate.ray: {line}", file=sys.stderr, flush=True)

    def _summary(self, total: Facts) -> None:
        seconds = time.monotonic() - self._begin
        total |= {"topic": self._options.topic, "group": self._options.group, "seconds": seconds}
        bad = sum(total["bad"].values())
        self._say(
            f"{total['results']:,} results of {total['workers']} workers in {seconds:.0f} s,"
            f" {bad:,} records without one, {total['restarts']} restarts"
        )
        if self._as_json:
            print(json.dumps(total))

    def _watch_signals(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._asked_to_end += 1
        if self._asked_to_end > 1:
            os._exit(128 + number)


def _knock(address: str) -> None:
    """Raises ConnectionError when nobody listens there: Ray would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        # It is a word of Ray's, or it says itself what is wrong.
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise ConnectionError(f"no cluster answers at {address}: {error}") from error
