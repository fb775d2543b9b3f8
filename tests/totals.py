"""Adds up what the suites of `./dev test` left, and ends with one line.

Reads from the folder of results, for each suite: SUITE.json (meson's log, with the tests of each
program as cmocka's JUnit in SUITE-cmocka/), SUITE.xml (pytest's JUnit), the same of SUITE-again for
what got a second try, SUITE.status (the last runner's exit status), and checks.tsv (checks that
have no runner).

With the words `again FILE` it prints what of meson's log or of pytest's JUnit gets a second try:
all that failed, when they are few and nothing crashed, or none.
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
    program: str = ""  # that it is a test of

    @property
    def unit(self):
        """What is tried again as a whole."""
        return self.program or self.name


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


def tests_to_try_again(junit):
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


def programs_to_try_again(log):
    """The programs of meson's log that get a second try: all that failed, or none."""
    programs = [json.loads(line) for line in log.splitlines()]
    failed = [it for it in programs if it["result"] not in MESON_OUTCOMES]
    crashed = (
        it["result"] != "TIMEOUT" and not 0 <= it.get("returncode", 0) <= 128 for it in failed
    )
    if len(failed) > SECOND_TRIES or any(crashed):
        return []
    return [it["name"].split(" / ")[-1] for it in failed]


def after_second_try(cases, again):
    """What is so after both: the second try's outcome, with the first one's reason beside it."""
    cases, again = list(cases), list(again)
    tried = {case.unit for case in again}
    why = {}
    for case in cases:
        if case.unit not in tried:
            yield case
        elif case.outcome == "failed":
            why.setdefault(case.unit, case.reason or "it failed")
    for case in again:
        yield replace(case, first=why.pop(case.unit, ""))


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
            cases = [Case(outcome, suite, name, said or result.lower())]
        elif outcome == "failed" and not count(cases, "failed"):
            reason = f"the tests pass, the program does not: {result}"
            cases.append(Case("failed", suite, name, reason))
        for case in cases:
            yield replace(case, program=name)


def read_runner(results, name, suite):
    """What meson or pytest left under that name."""
    log, junit = (results / f"{name}.{kind}" for kind in ("json", "xml"))
    if log.exists():
        yield from read_meson(suite, log, results / f"{name}-cmocka")
    if junit.exists():
        yield from read_junit(suite, junit.read_text())


def read_suite(results, suite, checks):
    cases = [case for case in checks if case.suite == suite]
    status = results / f"{suite}.status"
    try:
        cases += after_second_try(
            read_runner(results, suite, suite), read_runner(results, f"{suite}-again", suite)
        )
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


def again(file):
    """Prints what gets a second try, one a line."""
    path = Path(file)
    find = tests_to_try_again if path.suffix == ".xml" else programs_to_try_again
    for name in find(path.read_text()):
        print(name)


if __name__ == "__main__":
    if sys.argv[1] == "again":
        again(sys.argv[2])
    else:
        sys.exit(main(*sys.argv[1:]))
