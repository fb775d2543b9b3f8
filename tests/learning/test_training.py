"""A member learns what it was told to, and a kill at any moment changes nothing of that."""

import dataclasses
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import lessons
import numpy as np
import pytest

from framegate_learn import beside, files, material, members, served, training
from framegate_learn.mistakes import Failure
from framegate_learn.picture_set import PictureSet
from testbed import places

EPOCHS = 3


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a site has to learn from, as the model sees it."""
    folder = tmp_path_factory.mktemp("site")
    pictures = lessons.fill(folder, 260)
    material.gather(pictures, served.read(lessons.MODEL), folder / "material")
    pictures.close()
    return folder / "material"


@pytest.fixture
def member(gathered: Path, tmp_path: Path) -> Callable[..., Path]:
    """Makes the folder of one that has not begun."""

    def make(name: str = "member-1", **more: object) -> Path:
        plan = members.Plan(str(lessons.MODEL), str(gathered), seed=7, epochs=EPOCHS)
        folder = tmp_path / name
        members.prepare(folder, dataclasses.replace(plan, **more))
        return folder

    return make


def _begin(folder: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "framegate_learn.training", folder, str(os.getpid()), "0"]
    surroundings = {**beside.environment(), **lessons.package()}
    return subprocess.Popen(words, env=surroundings, stderr=subprocess.PIPE)


def _learn(folder: Path) -> dict[str, np.ndarray]:
    process = _begin(folder)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()
    return files.load_arrays(folder / "best.npz")


def test_it_gets_better_and_says_how_it_went(member: Callable[..., Path]) -> None:
    folder = member()
    learned = _learn(folder)
    told = members.done(folder)
    history = json.loads(files.load_arrays(folder / "checkpoint.npz")["told"].tobytes())["history"]
    assert told["epochs"] == EPOCHS == history[-1]["epoch"]
    assert history[0]["proof_accuracy"] < told["proof_accuracy"]
    assert told["best_epoch"] == min(history, key=lambda it: it["proof_loss"])["epoch"] > 0
    assert told["more"]["library"].startswith("albumentations ")
    network = served.read(lessons.MODEL).network()
    assert learned.keys() == network.weights.keys()
    assert all((learned[it] != network.weights[it]).any() for it in learned)


def test_a_kill_at_any_moment_changes_nothing_of_what_is_learned(
    member: Callable[..., Path],
) -> None:
    wanted = _learn(member("undisturbed"))
    folder, moments, kills = member("disturbed"), random.Random(11), 0
    while members.done(folder) is None:
        process = _begin(folder)
        if kills < 4:
            time.sleep(moments.uniform(0, 4))
        else:
            process.wait(200)
        if process.poll() is None:
            process.kill()
            kills += 1
        process.communicate()
        assert kills < 20
    assert kills > 0
    found = files.load_arrays(folder / "best.npz")
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_a_head_learns_alone(member: Callable[..., Path]) -> None:
    assert set(_learn(member(what="head"))) == {"full3_weight", "full3_bias"}


def test_it_ends_with_whoever_began_it(member: Callable[..., Path]) -> None:
    folder = member(epochs=10_000, patience=10_000)
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom framegate_learn.members import Crew\n"
        "Crew([Path(sys.argv[1])], 1, print).run()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, folder], env=lessons.surroundings(), start_new_session=True
    )
    try:
        lessons.wait_until((folder / "checkpoint.npz").exists)
        [child] = lessons.children(process.pid)
        assert os.getpriority(os.PRIO_PROCESS, child) == 19
    finally:
        process.kill()
        process.wait()
    lessons.wait_until(lambda: not lessons.alive(child))


def test_one_that_was_killed_is_begun_again(member: Callable[..., Path]) -> None:
    folder, said, killed = member(), [], []

    def look(line: str) -> None:
        said.append(line)

    crew = members.Crew([folder], 1, look, nice=0)
    begin = crew._begin

    def begin_and_kill(which: Path) -> None:
        begin(which)
        if not killed:
            killed.append(crew._running[-1].process)
            killed[0].kill()

    crew._begin = begin_and_kill
    crew.run()
    assert killed[0].returncode == -signal.SIGKILL
    assert said[0] == "member-1: ended by SIGKILL; it goes on from its last epoch"
    assert members.done(folder)["epochs"] == EPOCHS


def test_one_that_cannot_learn_says_why_in_a_line(member: Callable[..., Path]) -> None:
    folder = member(model="/nowhere")
    with pytest.raises(Failure) as said:
        members.Crew([folder], 1, print, nice=0).run()
    assert str(said.value).startswith("member-1 cannot learn: Failure: /nowhere/model.yaml: ")


def test_members_learn_from_different_pictures_and_prove_it_on_others() -> None:
    labels = np.repeat(np.arange(10), [60, 60, 60, 60, 60, 60, 60, 60, 5, 1])
    drawn = [training.shares(labels, seed, 0.8) for seed in range(3)]
    for own, proof in drawn:
        assert not set(own) & set(proof)
        assert set(labels[own]) == set(range(10))
        assert len(own) == pytest.approx(0.8 * 5 / 6 * len(labels), rel=0.05)
    for (own, proof), (other, others) in itertools.pairwise(drawn):
        assert set(own) != set(other)
        assert set(proof) != set(others)


def test_what_cannot_be_used_is_left_out_and_counted(tmp_path: Path) -> None:
    pictures = lessons.fill(tmp_path, 40)
    some = [*pictures.examples(held=False)]
    pictures.label(some[0].id, "sheep", "operator")
    some[1].path.unlink()
    some[2].path.write_bytes(b"half a pict")
    model = served.read(places.models() / "digits" / "1")
    material.gather(pictures, model, tmp_path / "material")
    pictures.close()
    found = material.load(tmp_path / "material")
    assert len(found.train) == len(some) - 3 == found.train.pictures.shape[0]
    assert found.told["left_out"]["train"] == {
        "of a label that the model does not have": 1,
        "of files that are gone or damaged": 2,
    }
    assert found.told["sources"] == {"truth": len(found.train) + len(found.held)}


def test_an_empty_set_is_no_trouble(tmp_path: Path) -> None:
    pictures = PictureSet(tmp_path)
    material.gather(pictures, served.read(lessons.MODEL), tmp_path / "material")
    found = material.load(tmp_path / "material")
    assert (len(found.train), len(found.held)) == (0, 0)
