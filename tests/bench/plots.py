"""Plots as SVG files: lines over a number, and a timeline of devices."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 140, 40, 48
COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b"]
TICKS = 5

Points = Sequence[tuple[float, float]]


class Bar(NamedTuple):
    """Work of one device, from when to when, in seconds."""

    device: int
    begin: float
    end: float
    text: str


class _Frame:
    """Axes from 0, and what is drawn inside them."""

    def __init__(self, title: str, x_title: str, y_title: str, x_most: float, y_most: float):
        self.x_most, self.y_most = x_most or 1, y_most or 1
        middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
            ' font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        ]
        self.text(middle, 22, title, 'text-anchor="middle" font-size="15"')
        self.text(middle, HEIGHT - 8, x_title, 'text-anchor="middle"')
        self.text(14, TOP - 10, y_title, "")
        self.line([(0, 0), (x_most, 0)], "black", 1)
        self.line([(0, 0), (0, y_most)], "black", 1)

    def x(self, value: float) -> float:
        return LEFT + value / self.x_most * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.y_most * (HEIGHT - TOP - BOTTOM)

    def text(self, x: float, y: float, text: str, style: str) -> None:
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>')

    def line(self, points: Points, colour: str, width: float = 2) -> None:
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        )

    def x_ticks(self, values: Iterable[float]) -> None:
        for value in values:
            self.text(self.x(value), HEIGHT - BOTTOM + 16, f"{value:.3g}", 'text-anchor="middle"')

    def y_ticks(self, values: Iterable[float]) -> None:
        for value in values:
            self.text(LEFT - 6, self.y(value) + 4, f"{value:.3g}", 'text-anchor="end"')
            self.line([(0, value), (self.x_most, value)], "#dddddd", 0.5)

    def legend(self, place: int, name: str, colour: str) -> None:
        y = TOP + 18 * place
        self.parts.append(
            f'<rect x="{WIDTH - RIGHT + 12}" y="{y}" width="14" height="4" fill="{colour}"/>'
        )
        self.text(WIDTH - RIGHT + 32, y + 6, name, "")

    def write(self, path: Path) -> None:
        path.write_text("\n".join([*self.parts, "</svg>", ""]))


def lines(path: Path, title: str, x_title: str, y_title: str, curves: Mapping[str, Points]) -> None:
    """A curve for each name."""
    x_most = max(x for points in curves.values() for x, _ in points)
    y_most = max(y for points in curves.values() for _, y in points)
    frame = _Frame(title, x_title, y_title, x_most, y_most)
    frame.x_ticks(x_most * i / TICKS for i in range(TICKS + 1))
    frame.y_ticks(y_most * i / TICKS for i in range(TICKS + 1))
    for i, (name, points) in enumerate(curves.items()):
        frame.line(points, COLOURS[i % len(COLOURS)])
        frame.legend(i, name, COLOURS[i % len(COLOURS)])
    frame.write(path)


def timeline(path: Path, title: str, devices: int, bars: Sequence[Bar]) -> None:
    """A row for each device, the first on top."""
    x_most = max(bar.end for bar in bars)
    frame = _Frame(title, "seconds", "device", x_most, devices)
    frame.x_ticks(x_most * i / TICKS for i in range(TICKS + 1))
    for device in range(devices):
        y = frame.y(devices - device - 0.5) + 4
        frame.text(LEFT - 6, y, str(device + 1), 'text-anchor="end"')
    high = frame.y(0) - frame.y(0.8)
    for i, bar in enumerate(bars):
        left, top = frame.x(bar.begin), frame.y(devices - bar.device - 0.1)
        wide = max(frame.x(bar.end) - left, 0.5)
        frame.parts.append(
            f'<rect class="bar" x="{left:.2f}" y="{top:.1f}" width="{wide:.2f}"'
            f' height="{high:.1f}" fill="{COLOURS[i % len(COLOURS)]}">'
            f"<title>{escape(bar.text)}</title></rect>"
        )
    frame.write(path)
