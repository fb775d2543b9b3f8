"""Says on the terminal how a run gets on, and keeps its page up to date."""

import sys
import threading
import time

from framegate_flow import page
from framegate_flow.graph import nodes
from framegate_flow.record import Run, Step


class Watch:
    """Looks at the run's folder, which its steps' processes write."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._nodes = nodes(run.flow)
        self._seen = {node.name: Step(node.name) for node in self._nodes}
        self._begin = time.monotonic()
        self._over = threading.Event()
        self._look(aloud=False)
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Says what is left to say."""
        self._over.set()
        self._thread.join()
        self._look()

    def _wait(self) -> None:
        while not self._over.wait(0.3):
            self._look()

    def _look(self, aloud: bool = True) -> None:
        changed = False
        steps = [self._run.step(node.name) for node in self._nodes]
        done = sum(step.state == "done" for step in steps)
        for step in steps:
            lines = news(self._seen[step.name], step)
            self._seen[step.name] = step
            changed |= bool(lines)
            for line in lines if aloud else ():
                self._say(f"[{done}/{len(steps)}] {step.name}: {line}")
        if changed or not aloud:
            page.write(self._run)

    def _say(self, line: str) -> None:
        seconds = time.monotonic() - self._begin
        print(f"{seconds:7.1f} s  {line}", file=sys.stderr, flush=True)


def news(seen: Step, step: Step) -> list[str]:
    """What became of a step since it was `seen`: each error, how far its last try came, its state.

    A try that fails or ends between two looks is told all the same.
    """
    was, now = ((it.state, it.attempts, it.progress) for it in (seen, step))
    if was == now:
        return []
    last = told(step)
    errors = step.errors[len(seen.errors) :]
    if errors and errors[-1] in last:
        errors.pop()
    lines = [f"retrying: {error}" for error in errors]
    if step.state != "running" and step.progress and was[1:] != now[1:]:
        lines.append(step.progress)
    return [*lines, last]


def told(step: Step) -> str:
    """One step in a few words."""
    if step.state == "running":
        tries = f", try {step.attempts}" if step.attempts > 1 else ""
        return f"{step.progress or 'begins'}{tries}"
    if step.state in ("retrying", "failed"):
        return f"{step.state}: {step.errors[-1]}"
    if step.state == "done":
        outcome, why = step.outputs.get("outcome", "done"), step.outputs.get("why")
        if "accuracy" in step.outputs:
            outcome = f"{100 * step.outputs['accuracy']:.2f} % of the test pictures"
        return f"{outcome}: {why}" if why else outcome
    return step.state
