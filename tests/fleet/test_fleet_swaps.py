"""What an apply does with the models of one gateway, step by step, as a kill may cut it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framegate_fleet import client, store
from framegate_fleet.apply import Apply
from framegate_fleet.client import Reply
from framegate_fleet.courier import Courier
from framegate_fleet.desired import Fleet, Gateway
from framegate_fleet.journal import Desk, Entry
from framegate_fleet.mistakes import Failure
from framegate_fleet.models import STAYS, Version, Wish
from framegate_fleet.survey import look
from framegate_fleet.swaps import Swaps


class OneRoute:
    """A gateway with the model `gate`, as mgmt/openapi.yaml says of rollouts; version N has digest
    N unless `digests` says otherwise."""

    def __init__(self, wish: Wish) -> None:
        self.gateway = Gateway("gw1", "harbour", [], text="cameras: []", models={"gate": wish})
        self.stable, self.previous = 1, None
        self.rollout: dict[str, Any] | None = None
        self.last: dict[str, Any] | None = None
        self.digests: dict[int, str] = {}
        self.asked: list[str] = []
        self.killed_at = ""

    def route(self) -> dict[str, Any]:
        canary = self.rollout and self.version(self.rollout["version"])
        return {
            "name": "gate",
            "phase": "running" if canary else "none",
            "stable": self.version(self.stable),
            "canary": canary,
            "rollout": self.rollout,
            "last": self.last,
            "previous": self.previous,
        }

    def version(self, number: int) -> dict[str, Any]:
        digest = self.digests.get(number, f"sha256:{number}")
        return {"version": number, "digest": digest, "pictures": 100, "failed": 0}

    def begin(self, version: int, steps: list[float], hold_s: float, **more: Any) -> None:
        share = max(more.get("share", 0), steps[0])
        progress = {"version": version, "steps": steps, "step": 1, "share": share}
        self.rollout = {**progress, "hold_s": hold_s, "held_s": 0, "min_pictures": 1}
        self.rollout["waiting"] = None

    def ask(self, method: str, path: str, body: Any = None) -> Reply:
        if method == "POST":
            what = path.rpartition("/")[2]
            if what == self.killed_at:
                raise KeyboardInterrupt
            self.asked.append(what)
            if what == "rollout":
                self.begin(**body)
            elif what == "rollback" and self.rollout:
                ended = f"2026-01-01T00:00:{len(self.asked):02}Z"
                self.last = {"from": self.stable, "to": self.rollout["version"], "ended": ended}
                self.last |= {"completed": False, "reason": "an operator ended it"}
                self.rollout = None
        if path == "models/routes":
            return Reply(200, {"routes": [self.route()]}, "")
        if path == "config/check":
            return Reply(200, {"differences": [], "restart": False, "revision": 1}, "")
        if path == "config/history":
            return Reply(200, {"commits": []}, "")
        if path == "status":
            return Reply(200, {"ready": True, "troubles": []}, "")
        if path == "cameras":
            return Reply(200, {"cameras": []}, "")
        return Reply(200, self.route(), "")


class One:
    """An engine of one gateway."""

    def __init__(self, there: OneRoute) -> None:
        self.contacts = {"gw1": there}

    def each(self, names: list[str], work: Callable[[Any], Any]) -> dict[str, Any]:
        return {name: work(self.contacts[name]) for name in names}


def swaps(entry: Entry) -> Swaps:
    """Of an apply to that one gateway."""
    return Swaps({"gw1": entry}, lambda _: None)


def test_what_was_on_its_way_to_all_goes_back_to_its_share() -> None:
    there = OneRoute(Wish(2))
    there.begin(2, [0.1, 1], STAYS)
    entry = Entry(name="gw1")
    swaps(entry).begin(there)
    assert (there.rollout["hold_s"], there.rollout["share"]) == (60, 0.1)
    assert swaps(entry).take_back(there) == []
    # Otherwise it goes on to all pictures, although the apply says that it is back.
    assert (there.rollout["version"], there.rollout["steps"]) == (2, [0.1, 1])
    assert there.rollout["hold_s"] == STAYS
    assert entry.models["gate"].state == "back"


def test_a_share_that_has_not_changed_yet_is_left_alone() -> None:
    there = OneRoute(Wish(2))
    there.begin(2, [0.1, 1], STAYS)
    entry = Entry(name="gw1")
    there.killed_at = "rollback"
    with pytest.raises(KeyboardInterrupt):
        swaps(entry).begin(there)
    there.killed_at = ""
    assert swaps(entry).take_back(there) == []
    assert there.asked == []


def test_a_kill_between_the_share_and_the_rest_is_no_bad_version() -> None:
    there = OneRoute(Wish(2))
    there.begin(2, [0.1, 1], STAYS)
    entry = Entry(name="gw1")
    there.killed_at = "rollout"
    with pytest.raises(KeyboardInterrupt):
        swaps(entry).begin(there)
    there.killed_at = ""
    swaps(entry).begin(there)
    assert there.rollout["version"] == 2
    assert swaps(entry).look(there, [there.route()]) is None


def test_another_version_of_the_same_number_does_not_stay() -> None:
    there = OneRoute(Wish(3, digest="sha256:3"))
    there.digests[3] = "sha256:learned"
    entry = Entry(name="gw1")
    swaps(entry).begin(there)
    assert "version 3 there has other files" in str(swaps(entry).look(there, [there.route()]))
    assert swaps(entry).take_back(there) == []
    assert there.rollout is None


def test_a_version_that_was_learned_there_is_named_before_it_goes(tmp_path: Path) -> None:
    there = OneRoute(Wish(2, share=0.5, hold=0))
    files = {n: {"model.onnx": (str(n), 1), "model.yaml": ("0", 1)} for n in (1, 2)}
    known = [Version("gate", number, it) for number, it in files.items()]
    there.gateway.known = {"gate": known}
    assert (look(there).differences[0]["was"], look(there).replaced) == ("version 1", [])
    # It may have a number that the repository has given, too.
    there.digests[1] = "sha256:learned"
    assert "learned or added there" in look(there).differences[0]["was"]
    there.stable = 3
    learned = "version 3 (learned or added there, not of this repository)"
    assert look(there).differences[0]["was"] == learned

    said: list[str] = []
    fleet = Fleet("f", ["all"], hold=0, gateways={"gw1": there.gateway})
    assert Apply(fleet, One(there), Desk(tmp_path), said.append).run("r").what == "done"
    assert said[0] == f"gw1: replaces model gate: {learned}"


def test_files_that_are_there_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gate/1"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_text("weights")
    digest = store.digest_of(folder / "model.onnx")
    version = Version("gate", 1, {"model.onnx": (digest, 7)})
    read: list[Path] = []
    digest_of = store.digest_of
    monkeypatch.setattr(store, "digest_of", lambda file: [read.append(file), digest_of(file)][1])
    reply = Reply(200, {"repository": str(tmp_path)}, "")
    monkeypatch.setattr(client, "ask_socket", lambda *_: reply)
    courier = Courier("/socket", tmp_path / "incoming", "gwctl", pytest.fail, print)
    assert [courier.bring([version]) for _ in range(3)] == [0, 0, 0]
    assert len(read) == 1
    # Another file in its place is seen.
    (folder / "new").write_text("meights")
    (folder / "new").replace(folder / "model.onnx")
    with pytest.raises(Failure, match="is another file than the fleet's model gate:1"):
        courier.bring([version])
