"""Plots in the shape of source A's: pictures per second by workers, a line for each batch."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

SIZE = (5.0, 4.0)  # inches, of one way


def _lines(axes: Axes, title: str, cells: list[dict[str, Any]]) -> None:
    for batch in sorted({cell["batch"] for cell in cells}):
        points = sorted((it["workers"], it["rate"]) for it in cells if it["batch"] == batch)
        axes.plot(*zip(*points), marker="o", label=f"batch {batch}")
    axes.set_title(title)
    axes.set_xlabel("workers")
    axes.set_xticks(sorted({cell["workers"] for cell in cells}))
    axes.grid(alpha=0.3)
    axes.legend()


def draw(report: dict[str, Any], folder: Path) -> None:
    """ways.png and wait.png."""
    ways = list(dict.fromkeys(cell["way"] for cell in report["cells"]))
    width, height = SIZE
    figure, columns = plt.subplots(
        1, len(ways), figsize=(width * len(ways), height), sharey=True, squeeze=False
    )
    for axes, way in zip(columns[0], ways):
        _lines(axes, way, [cell for cell in report["cells"] if cell["way"] == way])
    columns[0][0].set_ylim(bottom=0)
    columns[0][0].set_ylabel(f"pictures/s ({report['model']})")
    figure.suptitle(report["machine"])
    figure.tight_layout()
    figure.savefig(folder / "ways.png", dpi=100)
    plt.close(figure)

    figure, axes = plt.subplots(figsize=SIZE)
    _lines(axes, f"a wait of {report['wait_s']:g} s a batch, in Ray", report["waits"])
    axes.set_ylim(bottom=0)
    axes.set_ylabel("pictures/s")
    figure.tight_layout()
    figure.savefig(folder / "wait.png", dpi=100)
    plt.close(figure)
