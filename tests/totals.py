"""Adds up what the suites of `./dev test` left, and ends with one line.

Reads SUITE.xml (JUnit, of meson and pytest), SUITE.status (the runner's exit status) and checks.tsv
(checks that have no runner) from the folder of results.
"""

import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Case:
    outcome: str  # passed, failed or skipped
    suite: str
    name: str
    reason: str = ""


def last_line(text):
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def reason_of(case, element):
    """Why a test was skipped or failed, from wherever its runner wrote it."""
    said = (element.get("message") or "").strip().splitlines()
    return (
        (said[0] if said else "")
        or last_line(element.text)
        or last_line(case.findtext("system-out"))
        or last_line(case.findtext("system-err"))
        or "no reason given"
    )


def read_junit(suite, path):
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname', '')} {case.get('name', '')}".strip()
        outcome, reason = "passed", ""
        for element in case:
            if element.tag in ("failure", "error"):
                outcome, reason = "failed", reason_of(case, element)
                break
            if element.tag == "skipped":
                outcome, reason = "skipped", reason_of(case, element)
        yield Case(outcome, suite, name, reason)


def read_suite(results, suite, checks):
    cases = [case for case in checks if case.suite == suite]
    junit, status = results / f"{suite}.xml", results / f"{suite}.status"
    if junit.exists():
        try:
            cases += read_junit(suite, junit)
        except ElementTree.ParseError as error:
            cases.append(Case("failed", suite, "the results can be read", str(error)))
    code = int(status.read_text()) if status.exists() else 0
    if code != 0 and all(case.outcome != "failed" for case in cases):
        reason = f"it ended with status {code}, though no test failed"
        cases.append(Case("failed", suite, "the runner ends well", reason))
    if all(case.outcome == "skipped" for case in cases):
        cases.append(Case("failed", suite, "a test ran", "the suite ran none"))
    return cases


def read_checks(path):
    lines = path.read_text().splitlines() if path.exists() else []
    return [Case(*line.split("\t")) for line in lines]


def count(cases, outcome):
    return sum(case.outcome == outcome for case in cases)


def main(folder, *suites):
    results = Path(folder)
    checks = read_checks(results / "checks.tsv")
    every = []
    print(f"\n{'suite':<14}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for suite in suites:
        cases = read_suite(results, suite, checks)
        every += cases
        passed, failed, skipped = (count(cases, o) for o in ("passed", "failed", "skipped"))
        print(f"{suite:<14}{passed:>8}{failed:>8}{skipped:>9}")
    for outcome in ("skipped", "failed"):
        for case in every:
            if case.outcome == outcome:
                print(f"{outcome}: {case.suite}: {case.name}: {case.reason}")
    passed, failed, skipped = (count(every, o) for o in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
