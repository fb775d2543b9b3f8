"""What each step of a plan looked at, and what it found."""

from typing import Any

from demo.cameras import DemoCamera
from demo.findings import better, count_classes, lines, looked, of_plan
from testbed import signs
from testbed.consumer import Record


def read_right(results: list[Record]) -> tuple[int, int]:
    """How many lines of signs were read as they are written, and how many there were to read."""
    seen = [record for record in results if looked(record, "text")]
    right = sum(signs.lines_right(lines(record)) for record in seen)
    return right, sum(len(signs.SIGNS[0]) for _ in seen)


def _boxes(model: str, results: list[Record]) -> int:
    """Findings of that model that have a box."""
    mine = (it for record in results for it in of_plan(record) if it["model"].startswith(model))
    return sum("bbox" in it for it in mine)


def _found(model: str, results: list[Record]) -> str:
    if model == "text":
        return f"{_boxes('text:', results)} lines of text"
    if model == "text_lines":
        right, there = read_right(results)
        return f"{right} of {there} lines as they are written"
    if model == "upscale":
        made = [it for it in map(better, results) if it]
        told = [it["psnr"] for it in made if "psnr" in it]
        mean = f", {sum(told) / len(told):.1f} dB PSNR against the camera's own" if told else ""
        size = f" of {made[0]['width']}x{made[0]['height']}" if made else ""
        return f"{len(made)} better pictures{size}{mean}"
    return ", ".join(f"{name} {count}" for name, count in count_classes(results).most_common(3))


def _seen(step: dict[str, Any], results: list[Record]) -> str:
    if "from" in step:
        return f"{_boxes(step['from'] + ':', results)} parts"
    return f"{sum(looked(record, step['model']) for record in results)} of {len(results)} pictures"


def rows(camera: DemoCamera, results: list[Record]) -> list[list[object]]:
    """A line for each step of the camera's plan, if it has one."""
    return [
        [f"{camera.name}  {step['model']}", _seen(step, results), _found(step["model"], results)]
        for step in camera.configured.get("plan", [])
    ]
