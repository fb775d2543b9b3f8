"""Adds up what the suites of `./dev test` left, and ends with one line.

Reads from the folder of results, for each suite: SUITE.json (meson's log, with the tests of each
program as cmocka's JUnit in SUITE-cmocka/), SUITE.xml (pytest's JUnit), SUITE-again.xml (of those
that got a second try), SUITE.status (the last runner's exit status), and checks.tsv (checks that
have no runner).

With the words `again FILE` it prints which tests of pytest's JUnit get a second try: all that
failed, when they are few and nothing crashed, or none.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass
class Case:
    outcome: str  # passed, failed or skipped
    suite: str
    name: str
    reason: str = ""
    first: str = ""  # why its first try failed, when it had two


# More than these are no chance.
SECOND_TRIES = 3
CRASHED = re.compile(
    r"crashed: |crashed while running|died with <Signals\.SIG(?!KILL|TERM|INT|HUP)"
)


def last_line(text):
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def reason_of(element):
    said = (element.get("message") or "").strip().splitlines()
    return said[0] if said else last_line(element.text)


def read_junit(suite, text, program="", said=""):
    """The tests of a JUnit text; `said`: what the program printed, where the reasons may be."""
    # cmocka writes one document after another when a program has several groups of tests.
    text = re.sub(r"<\?xml.*?\?>", "", text)
    for case in ElementTree.fromstring(f"<all>{text}</all>").iter("testcase"):
        name = f"{program or case.get('classname', '')}: {case.get('name', '')}"
        outcome, reason = "passed", ""
        for element in case:
            if element.tag in ("failure", "error"):
                outcome, reason = "failed", reason_of(element)
                break
            if element.tag == "skipped":
                outcome, reason = "skipped", reason_of(element) or said or "no reason given"
        yield Case(outcome, suite, name, reason)


def to_try_again(junit):
    """The tests of pytest's JUnit (xunit1, which names their files) that get a second try."""
    failed = defaultdict(str)
    for case in ElementTree.fromstring(junit).iter("testcase"):
        for element in case:
            if element.tag in ("failure", "error"):
                if "file" not in case.attrib:
                    return []  # a file that cannot be read, not a test
                module = case.get("file").removesuffix(".py").replace("/", ".")
                classes = case.get("classname", "").removeprefix(module).split(".")[1:]
                test = "::".join((case.get("file"), *classes, case.get("name")))
                # One may fail in itself and once more at its end.
                failed[test] += f"{element.get('message', '')}\n{element.text or ''}\n"
    if len(failed) > SECOND_TRIES or any(CRASHED.search(said) for said in failed.values()):
        return []
    return list(failed)


def after_second_try(cases, again):
    """What is so after both: the second try's outcome, with the first one's reason beside it."""
    second = {case.name: case for case in again}
    for case in cases:
        now = second.get(case.name)
        if case.outcome == "failed" and now:
            yield replace(now, first=case.reason or "it failed")
        else:
            yield case


MESON_OUTCOMES = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def read_meson(suite, log, cmocka):
    """The programs of meson's log; one of cmocka's counts as the tests in it."""
    for line in log.read_text().splitlines():
        program = json.loads(line)
        name, result = program["name"], program["result"]
        outcome = MESON_OUTCOMES.get(result, "failed")
        said = last_line(program.get("stdout")) or last_line(program.get("stderr"))
        junit = cmocka / f"{Path(program['command'][1]).name}.xml"
        cases = []
        if junit.exists():
            cases = list(read_junit(suite, junit.read_text(), name, said))
        if not cases:
            yield Case(outcome, suite, name, said or result.lower())
            continue
        yield from cases
        if outcome == "failed" and not count(cases, "failed"):
            yield Case("failed", suite, name, f"the tests pass, the program does not: {result}")


def read_suite(results, suite, checks):
    cases = [case for case in checks if case.suite == suite]
    log, junit, status = (results / f"{suite}.{kind}" for kind in ("json", "xml", "status"))
    again = results / f"{suite}-again.xml"
    try:
        if log.exists():
            cases += read_meson(suite, log, results / f"{suite}-cmocka")
        if junit.exists():
            tried = read_junit(suite, junit.read_text())
            second = read_junit(suite, again.read_text()) if again.exists() else []
            cases += after_second_try(tried, second)
    except (ElementTree.ParseError, ValueError, KeyError) as error:
        cases.append(Case("failed", suite, "the results can be read", repr(error)))
    code = int(status.read_text()) if status.exists() else 0
    if code != 0 and not count(cases, "failed"):
        reason = f"it ended with status {code}, though no test failed"
        cases.append(Case("failed", suite, "the runner ends well", reason))
    if not count(cases, "passed") + count(cases, "failed"):
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
    for case in every:
        if case.first:
            print(f"second try, {case.outcome}: {case.suite}: {case.name}: first: {case.first}")
    passed, failed, skipped = (count(every, o) for o in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1] == "again":
        print("".join(f"{name}\n" for name in to_try_again(Path(sys.argv[2]).read_text())), end="")
    else:
        sys.exit(main(*sys.argv[1:]))
