"""Scrapes, read by Prometheus's own client library, and the files of docs/monitoring."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import http_unix
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from testbed import places

RULES = places.ROOT / "docs" / "monitoring" / "rules.yaml"
DASHBOARD = places.ROOT / "docs" / "monitoring" / "dashboard.json"
FILES = (RULES, DASHBOARD)

ask = http_unix.ask

Labels = dict[str, str]


class Scrape:
    """One answer: families by name, and what stands behind each series."""

    def __init__(self, text: str) -> None:
        self.families: dict[str, Metric] = {}
        self.series: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        self.samples = 0
        for family in text_string_to_metric_families(text):
            assert family.name not in self.families, family.name
            self.families[family.name] = family
            for sample in family.samples:
                self.samples += 1
                self.series[sample.name, frozenset(sample.labels.items())] = sample.value

    def get(self, name: str, **labels: str) -> float | None:
        """The figure of one series; None: there is no such series."""
        return self.series.get((name, frozenset(labels.items())))

    def __call__(self, name: str, **labels: str) -> float:
        """The same where there must be one."""
        value = self.get(name, **labels)
        assert value is not None, (name, labels)
        return value

    def of(self, name: str) -> list[tuple[Labels, float]]:
        """All series of that name, as they came."""
        return [
            (dict(labels), value) for (found, labels), value in self.series.items() if found == name
        ]

    def sample_names(self) -> Iterator[str]:
        """What can be asked for, also where this gateway has no sample of it."""
        for family in self.families.values():
            ends = {
                "counter": ("_total",),
                "histogram": ("_bucket", "_sum", "_count"),
                "summary": ("_sum", "_count"),
            }
            for end in ends.get(family.type, ("",)):
                yield family.name + end


def rules() -> list[dict[str, Any]]:
    """The alert rules."""
    return [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]


def _expressions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("expr", "query", "definition") and isinstance(value, str):
                yield value
            else:
                yield from _expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from _expressions(value)


def expressions(file: Path) -> list[str]:
    """What a file asks Prometheus for."""
    text = file.read_text()
    return list(_expressions(json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)))


def names(file: Path) -> set[str]:
    """The metrics in it."""
    return {
        name
        for expression in expressions(file)
        for name in re.findall(r"\bframegate_[a-z0-9_]+", expression)
    }


def selected(file: Path) -> set[tuple[str, str]]:
    """Metrics and the labels by which series of them are chosen; those of the scrape itself are
    Prometheus's."""
    return {
        (name, label)
        for expression in expressions(file)
        for name, choice in re.findall(r"\b(framegate_[a-z0-9_]+)\{([^}]*)\}", expression)
        for label in re.findall(r"([a-z_]+)\s*(?:=|!=|=~|!~)\s*\"", choice)
        if label not in ("instance", "job")
    }
