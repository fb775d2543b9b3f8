"""Plots of what ten sites have learned, and of what that took."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from experiments import effort


def accuracy(path: Path, sites: list[dict[str, Any]], goal: float) -> None:
    """What each site's pictures were taken for: by the cloud's model, its own, and their mean."""
    figure, axes = plt.subplots(figsize=(10, 4.5))
    kinds = (("cloud", "the cloud's model"), ("members", "one network, mean"), ("site", "ensemble"))
    for number, (key, label) in enumerate(kinds):
        at = [index + 0.27 * (number - 1) for index in range(len(sites))]
        axes.bar(at, [100 * site[key] for site in sites], 0.25, label=label)
    axes.axhline(100 * goal, color="black", linewidth=0.8, linestyle="--")
    axes.set_xticks(range(len(sites)), [site["look"] for site in sites])
    axes.set_ylabel("right answers (%)")
    axes.set_ylim(0, 101)
    axes.legend(loc="lower right")
    axes.grid(axis="y", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)


def steps(path: Path, by_hand: dict[str, Any], ours: dict[str, Any]) -> None:
    """Commands and lines, for each part of the scenario."""
    figure, axes = plt.subplots(figsize=(8, 4))
    for number, (label, counts) in enumerate((("by hand", by_hand), ("fleet and flow", ours))):
        at = [index + 0.4 * (number - 0.5) for index in range(len(effort.PARTS))]
        bars = axes.bar(at, [counts[part]["steps"] for part in effort.PARTS], 0.38, label=label)
        axes.bar_label(bars)
    axes.set_xticks(range(len(effort.PARTS)), effort.PARTS)
    axes.set_ylabel("steps (commands typed and lines edited)")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)
