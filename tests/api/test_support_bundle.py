"""`gwctl support-bundle`: what somebody far away needs, and no secret."""

import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from player import Gateway, configuration

SECRET = "k7-planted-word"


def unpacked(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as bundle:
        files = {Path(one.name).name: bundle.extractfile(one) for one in bundle if one.isfile()}
        return {name: content.read() for name, content in files.items() if content}


def test_it_holds_what_is_needed_and_no_secret(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    whole = configuration("net_null0,no-rx=1")
    whole["kafka"] = {
        "brokers": "127.0.0.1:1",
        "properties": [
            {"name": "sasl.username", "value": "gateway"},
            {"name": "sasl.password", "value": SECRET},
        ],
    }
    gateway = start(whole)
    # It is there to be found.
    assert SECRET in gateway.file.read_text()
    bundle = tmp_path / "bundle.tar.gz"
    done = gateway.ctl("support-bundle", str(bundle), "--log", str(gateway.log))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert bundle.stat().st_mode & 0o777 == 0o600
    files = unpacked(bundle)
    for name, content in files.items():
        assert SECRET.encode() not in content, name
    assert json.loads(files["config.json"])["kafka"]["brokers"] == "127.0.0.1:1"
    assert b"sasl.password" in files["config.json"]
    assert json.loads(files["status.json"])["name"] == whole["gateway"]["name"]
    assert json.loads(files["trace.json"])["traceEvents"]
    assert b"framegate_" in files["metrics.txt"]
    assert b"running" in files["log.txt"]
    assert json.loads(files["machine.json"])["findings"]
    assert files.keys() >= {"version.json", "drops.json", "audit.json", "gwctl.txt"}


def test_without_a_gateway_it_holds_the_rest(
    start: Callable[[dict[str, Any]], Gateway], tmp_path: Path
) -> None:
    gateway = start(configuration("net_null0,no-rx=1"))
    gateway.process.stop()
    bundle = tmp_path / "bundle.tar.gz"
    done = gateway.ctl("support-bundle", str(bundle), "--log", str(gateway.log))
    assert done.returncode == 0
    assert "no gateway answers" in done.stderr
    files = unpacked(bundle)
    assert "status.json" not in files
    assert files["log.txt"]
    assert files["machine.json"]


def test_a_file_that_cannot_be_written_is_told(played: Gateway) -> None:
    done = played.ctl("support-bundle", "/nosuch/bundle.tar.gz", "--log", str(played.log))
    assert done.returncode == 1
    assert "cannot write /nosuch/bundle.tar.gz: No such file" in done.stderr


def test_what_is_no_regular_file_stays_as_it_is(played: Gateway, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o644)
    mode = pipe.stat().st_mode
    done = played.ctl("support-bundle", str(pipe), "--log", str(played.log))
    assert done.returncode == 1
    assert f"{pipe} is there and no regular file" in done.stderr
    assert pipe.stat().st_mode == mode


def test_an_older_bundle_outlives_a_tar_that_fails(
    played: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar = tmp_path / "bin" / "tar"
    tar.parent.mkdir()
    tar.write_text("#!/bin/sh\necho half\necho 'tar: the disk is on fire' >&2\nexit 2\n")
    tar.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tar.parent}:{os.environ['PATH']}")
    folder = tmp_path / "bundles"
    folder.mkdir()
    bundle = folder / "bundle.tar.gz"
    bundle.write_text("an older one")
    done = played.ctl("support-bundle", str(bundle), "--log", str(played.log))
    assert done.returncode == 1
    assert f"cannot write {bundle}: tar: the disk is on fire" in done.stderr
    assert bundle.read_text() == "an older one"
    assert list(folder.iterdir()) == [bundle]
