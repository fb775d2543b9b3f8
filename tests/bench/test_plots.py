"""Plots are files that a browser draws."""

import xml.etree.ElementTree as xml
from pathlib import Path

from bench import plots

SVG = "{http://www.w3.org/2000/svg}"


def test_a_curve_for_each_name_and_nothing_outside(tmp_path: Path) -> None:
    path = tmp_path / "lines.svg"
    curves = {"a < b": [(1, 2.0), (40, 4.0)], "b": [(1, 0.0), (40, 1.0)]}
    plots.lines(path, "title", "x", "y", curves)
    root = xml.parse(path).getroot()
    drawn = [line for line in root.iter(f"{SVG}polyline") if line.get("stroke-width") == "2"]
    assert len(drawn) == len(curves)
    for line in drawn:
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert plots.LEFT <= x <= plots.WIDTH - plots.RIGHT
            assert plots.TOP <= y <= plots.HEIGHT - plots.BOTTOM
    assert "a < b" in [text.text for text in root.iter(f"{SVG}text")]


def test_a_bar_for_each_piece_of_work_in_the_row_of_its_device(tmp_path: Path) -> None:
    path = tmp_path / "timeline.svg"
    bars = [plots.Bar(0, 0.0, 1.0, "0"), plots.Bar(1, 0.5, 2.0, "1"), plots.Bar(0, 1.0, 2.0, "2")]
    plots.timeline(path, "title", 2, bars)
    drawn = [bar for bar in xml.parse(path).getroot().iter(f"{SVG}rect") if bar.get("class")]
    tops = [float(bar.attrib["y"]) for bar in drawn]
    assert len(drawn) == len(bars)
    assert tops[0] == tops[2] < tops[1]
    assert float(drawn[1].attrib["width"]) > float(drawn[0].attrib["width"])
