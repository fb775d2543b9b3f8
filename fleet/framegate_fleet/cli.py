"""The commands."""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framegate_files import whole
from framegate_fleet import adoption, arguments, consoles, enrolment, health, store
from framegate_fleet.apply import Apply, Outcome
from framegate_fleet.desired import Fleet, load, load_versions
from framegate_fleet.journal import Desk
from framegate_fleet.mistakes import Failure
from framegate_fleet.repository import Repository
from framegate_fleet.store import Store
from framegate_fleet.survey import Finding, look, look_at_learners, survey
from framegate_fleet.tokens import Tokens

if TYPE_CHECKING:
    from framegate_fleet.engine import Engine

WELL, NOT_WELL = 0, 1


class Command:
    """One command, with how it speaks."""

    def __init__(self, words: argparse.Namespace) -> None:
        self.words = words
        self.begin = time.monotonic()
        self.repository = Repository(Path(words.repository))

    def run(self) -> int:
        """Its exit code."""
        return getattr(self, self.words.command)()

    def say(self, line: str) -> None:
        """How it is getting on: not part of the answer."""
        print(f"{time.monotonic() - self.begin:7.1f} s  {line}", file=sys.stderr, flush=True)

    def answer(self, said: dict[str, Any], *lines: str) -> None:
        """For scripts, or for people."""
        print(json.dumps(said, indent=2) if self.words.json else "\n".join(lines), flush=True)

    def fleet(self) -> Fleet:
        """What the files say; fails with all mistakes in them."""
        fleet, mistakes = load(self.repository.folder)
        if mistakes:
            raise Failure("\n".join(str(mistake) for mistake in mistakes))
        if getattr(self.words, "by_topic", False):
            fleet.all_by_topic()
        return fleet

    def only(self, fleet: Fleet) -> Fleet:
        """With the gateways that were named alone."""
        if self.words.only:
            unknown = [name for name in self.words.only if name not in fleet.gateways]
            if unknown:
                raise Failure(f"there is no gateway {', '.join(unknown)}")
            fleet.gateways = {name: fleet.gateways[name] for name in self.words.only}
        return fleet

    def init(self) -> int:
        made = Repository.make(self.repository.folder, self.words.name)
        lines = [
            f"{made.folder}: made, with templates/standard.yaml and sites/first.yaml to begin with",
            "next: write gateways into sites/, `git commit`, then `framegate-fleet enrol` each",
        ]
        self.answer({"folder": str(made.folder), "revision": made.revision()}, *lines)
        return WELL

    def check(self) -> int:
        fleet, mistakes = load(self.repository.folder)
        said = {"gateways": len(fleet.gateways), "mistakes": [m._asdict() for m in mistakes]}
        lines = [str(mistake) for mistake in mistakes]
        missing = [g.name for g in fleet.gateways.values() if not (g.enrolled or g.by_topic)]
        if not lines:
            lines = [f"{len(fleet.gateways)} gateways, no mistake"]
        if missing:
            lines.append(f"not enrolled yet: {', '.join(missing)}")
        self.answer({**said, "not_enrolled": missing}, *lines)
        return NOT_WELL if mistakes else WELL

    def plan(self) -> int:
        fleet = self.only(self.fleet())
        found = survey(fleet, _engine(fleet))
        lines = [line for name, finding in found.items() for line in _plan_lines(name, finding)]
        counts = _counts([finding.shown for finding in found.values()])
        said = {n: {**asdict(f), "state": f.shown} for n, f in found.items()}
        self.answer({"gateways": said}, *lines, counts)
        wrong = any(f.state in ("refused", "away", "behind") or f.unheard for f in found.values())
        return NOT_WELL if wrong else WELL

    def apply(self) -> int:
        return self._apply(self.repository.revision())

    def rollback(self) -> int:
        desk = Desk(self.repository.state)
        target = self.repository.go_back(self.words.revision)
        self.say(f"committed: back to {target[:10]}")
        return self._apply(self.repository.revision(), desk)

    def _apply(self, revision: str, desk: Desk | None = None) -> int:
        fleet = self.fleet()
        if self.words.hold is not None:
            fleet.hold = self.words.hold
            fleet.confirm = max(fleet.confirm, int(fleet.hold) + 30)
        if fleet.shelf:
            said = self._publish(fleet, revision, self._shelf(fleet))
            self.say(f"published: number {said['number']} in {said['folder']}")
        engine = _engine(fleet)
        desk = desk or Desk(self.repository.state)
        outcome = Apply(fleet, engine, desk, self.say, restart=self.words.restart).run(revision)
        self.answer(asdict(outcome), *_apply_lines(outcome))
        behind = any(it["state"] == "behind" for it in outcome.gateways.values())
        return WELL if outcome.what in ("done", "nothing") and not behind else NOT_WELL

    def status(self) -> int:
        fleet = self.only(self.fleet())
        engine = _engine(fleet)
        seen = engine.each(
            list(engine.contacts),
            lambda c: (*health.look_with_routes(c), look_at_learners(c.gateway, look(c))),
        )
        said, lines, well = {}, [], True
        for name, gateway in sorted(fleet.gateways.items()):
            if name not in seen:
                state = "token missing" if gateway.enrolled else "not enrolled"
                said[name], live = {"state": state}, 0
                trouble = ""
            elif seen[name][0] is None:
                state, live, trouble = "away", 0, seen[name][1]
                said[name] = {"state": state, "why": trouble}
            else:
                now, _, routes, finding = seen[name]
                live, trouble = len(now["live"]), "; ".join(now["troubles"].values())
                state = {"same": "as it should be"}.get(finding.shown, finding.shown)
                said[name] = {"state": finding.shown, **now, "routes": routes, "kept": finding.kept}
                why = "; ".join(it for it in (finding.note, finding.unheard) if it)
                if why:
                    said[name]["why"] = why
                    trouble = "; ".join(it for it in (trouble, why) if it)
            well = well and state == "as it should be" and not trouble
            kept = said[name].get("kept", [])
            lines.append(
                f"{name:16} {gateway.site:12} {state:16} "
                f"{live}/{len(gateway.cameras)} live  {'; '.join([*kept, trouble])}".rstrip("; ")
            )
        self.answer({"gateways": said, "well": well}, *lines)
        return WELL if well else NOT_WELL

    def enrol(self) -> int:
        fleet = self.fleet()
        words = self.words
        if words.file:
            return self._enrol_all(fleet)
        known = fleet.gateways.get(words.name)
        fingerprint = words.fingerprint or (known.fingerprint if known else "")
        if not fingerprint:
            raise Failure(
                "--fingerprint is missing: `gwctl certificate show` on the gateway prints it"
            )
        set_up, token = (
            sys.stdin.readline().strip() if word == "-" else word or ""
            for word in (words.setup_token, words.token)
        )
        kept = enrolment.enrol(
            self.repository, fleet, words.name, words.address, fingerprint, set_up, token
        )
        self.answer(
            {"gateway": words.name, "token": kept},
            f"{words.name} is enrolled; its token is in {kept}",
        )
        return WELL

    def _enrol_all(self, fleet: Fleet) -> int:
        lines = consoles.read(_text_of(self.words.file))
        if self.words.adopt:
            return self._adopt(fleet, lines)
        made, wrong = enrolment.enrol_all(self.repository, fleet, lines)
        said = [f"{name} is enrolled" for name in made]
        if wrong:
            said.append("the same lines once more do the rest")
        self.answer({"enrolled": made, "wrong": wrong}, *wrong, *said)
        return NOT_WELL if wrong else WELL

    def _adopt(self, fleet: Fleet, lines: list[consoles.Line]) -> int:
        site = self.words.adopt
        made = adoption.adopt(self.repository, fleet, site, lines)
        files = [f"templates/{site}.yaml", f"sites/{site}.yaml"]
        self.answer(
            {"enrolled": made, "wrong": [], "files": files},
            *(f"{name} is enrolled" for name in made),
            f"{' and '.join(files)} are committed: they say what these gateways are now",
        )
        return WELL

    def publish(self) -> int:
        revision = self.repository.revision()
        fleet = self.fleet()
        said = self._publish(fleet, revision, self._shelf(fleet))
        line = (
            f"{len(fleet.gateways)} states of {revision[:10]}, number {said['number']}; "
            f"public key {said['key']}"
        )
        self.answer({**said, "gateways": list(fleet.gateways)}, line)
        return WELL

    def _shelf(self, fleet: Fleet) -> Path:
        named = getattr(self.words, "folder", None) or fleet.shelf
        if not named:
            raise Failure("where to? name a FOLDER, or write `shelf: FOLDER` into fleet.yaml")
        return self.repository.folder / Path(named).expanduser()

    def _publish(self, fleet: Fleet, revision: str, folder: Path) -> dict[str, Any]:
        from framegate_fleet import bundle

        number = int(self.repository.git("rev-list", "--count", "HEAD"))
        key = bundle.signing_key(Tokens(fleet.name).folder)
        folder.mkdir(parents=True, exist_ok=True)
        if folder.resolve().is_relative_to(self.repository.folder):
            # Nothing to commit: models are too large, and the next apply would ask for it.
            (folder / ".gitignore").write_text("*\n")
        # Files first: a state that is there names none that are not.
        versions = {(v.name, v.number): v for g in fleet.gateways.values() for v in g.versions}
        Store(fleet.name).hand_out(versions.values(), folder)
        for gateway in fleet.gateways.values():
            state = bundle.sign(fleet, gateway, number, revision, key)
            whole.write(folder / f"{gateway.name}.json", state)
        said = {"number": number, "revision": revision, "key": bundle.public_text(key)}
        return {**said, "folder": str(folder)}

    def model(self) -> int:
        words = self.words
        if words.verb == "list":
            return self._model_list()
        fleet, _ = load(self.repository.folder)
        if not fleet.name:
            raise Failure(f"{self.repository.folder} has no fleet.yaml: `init` makes one")
        kept = Store(fleet.name)
        made, new = store.add(self.repository, kept, words.version, Path(words.folder))
        bytes_ = sum(size for _, size in made.files.values())
        said = {"model": made.name, "version": made.number, "new": new, "store": str(kept.folder)}
        files = {name: {"sha256": d, "bytes": s} for name, (d, s) in made.files.items()}
        was = "is committed" if new else "was known already"
        line = f"{words.version} {was}: {len(files)} files, {bytes_} bytes, in {kept.folder}"
        self.answer({**said, "files": files}, line)
        return WELL

    def _model_list(self) -> int:
        fleet, versions, mistakes = load_versions(self.repository.folder)
        if mistakes:
            raise Failure("\n".join(str(mistake) for mistake in mistakes))
        kept = Store(fleet.name)
        said, lines = [], []
        for version in versions:
            missing = kept.missing(version)
            users = {
                gateway.name: gateway.models[version.name].share
                if version.name in gateway.models
                else 1
                for gateway in fleet.gateways.values()
                if version in gateway.versions
            }
            bytes_ = sum(size for _, size in version.files.values())
            said.append({
                "model": version.name, "version": version.number, "bytes": bytes_,
                "missing": missing, "gateways": users,
            })  # fmt: skip
            state = f"missing in the store: {', '.join(missing)}" if missing else "in the store"
            name = f"{version.name}:{version.number}"
            lines.append(f"{name:24} {bytes_:>12} bytes  {len(users)} gateways  {state}")
        self.answer({"versions": said, "store": str(kept.folder)}, *(lines or ["no models"]))
        return NOT_WELL if any(it["missing"] for it in said) else WELL

    def agent(self) -> int:
        from framegate_fleet.agent import Agent

        words = self.words
        try:
            key = Path(words.key).read_text().strip()
        except OSError as error:
            raise Failure(f"--key: {error}") from None
        agent = Agent(
            words.name,
            words.source,
            key,
            words.socket,
            Path(words.state),
            self.say,
            words.gwctl,
            words.files_only,
            Path(words.learners),
        )
        if not words.once:
            agent.serve(words.every)
        outcome = agent.turn()
        if outcome is None:
            self.answer({"what": "nothing"}, "nothing new")
            return WELL
        self.answer(asdict(outcome), *_apply_lines(outcome))
        # A courier of files asks none.
        states = [it["state"] for it in outcome.gateways.values()]
        is_there = not {"away", "behind"} & set(states)
        return WELL if outcome.what in ("done", "nothing") and is_there else NOT_WELL

    def completion(self) -> int:
        print(arguments.completion(arguments.parser()))
        return WELL


def _text_of(named: str) -> str:
    """Of a file, or what standard input has."""
    try:
        return sys.stdin.read() if named == "-" else Path(named).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{named} cannot be read: {error}") from None


def _engine(fleet: Fleet) -> "Engine":
    """Loaded only by commands that ask many gateways: it is large."""
    from framegate_fleet.engine import Engine

    return Engine(fleet, Tokens(fleet.name).of(fleet))


def _plan_lines(name: str, finding: Finding) -> list[str]:
    found = [*finding.differences, *finding.learn]
    if finding.shown == "differs":
        lines = [f"{name}: {len(found)} differences"]
    else:
        found = finding.learn
        lines = [f"{name}: {finding.state}{': ' if finding.note else ''}{finding.note}"]
    for difference in found:
        was, now = (difference[k] if difference[k] is not None else "-" for k in ("was", "is"))
        restart = "  (after a restart)" if difference["restart"] else ""
        lines.append(f"    {difference['path']}: {was} -> {now}{restart}")
    lines += [f"    {line}" for line in finding.kept]
    return [*lines, f"    {finding.unheard}"] if finding.unheard else lines


def _apply_lines(outcome: Outcome) -> list[str]:
    lines = [
        f"{name}: {it['state']}{': ' if it['note'] else ''}{it['note']}"
        for name, it in outcome.gateways.items()
    ]
    away = sum(it["state"] == "away" for it in outcome.gateways.values())
    ends = {
        "done": "done",
        "nothing": f"nothing was done, {away} away" if away else "nothing to do",
        "refused": f"nothing was changed: {outcome.reason}",
        "stopped": f"stopped, and gone back: {outcome.reason}",
    }
    return [*lines, f"{outcome.revision[:10]}: {ends[outcome.what]}"]


def _counts(states: list[str]) -> str:
    return (
        ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        or "no gateways"
    )


def run(words: list[str]) -> int:
    """One command; its exit code."""
    try:
        return Command(arguments.parse(words)).run()
    except Failure as failure:
        print(f"framegate-fleet: {failure}", file=sys.stderr)
        return NOT_WELL
    except KeyboardInterrupt:
        print("framegate-fleet: interrupted: `apply` goes on where it was", file=sys.stderr)
        return NOT_WELL
