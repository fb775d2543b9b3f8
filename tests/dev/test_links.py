"""What the documents point at is there."""

import re

import pytest

from testbed.places import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The names that headings get."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in plain}


def broken(text: str, folder) -> list[str]:
    """The links of a page that lead nowhere; those into the network are not asked."""
    found = []
    for link in _LINK.findall(text):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = folder / path if path else None
        there = text if target is None else None
        if target is not None and target.suffix == ".md" and target.is_file():
            there = target.read_text()
        if (target is not None and not target.exists()) or (
            anchor and there is not None and anchor not in anchors(there)
        ):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page) -> None:
    assert broken(page.read_text(), page.parent) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "# One heading\n[a](README.md) [b](#one-heading) [c](gone.md) [d](README.md#gone)"
    assert broken(text, ROOT) == ["gone.md", "README.md#gone"]
