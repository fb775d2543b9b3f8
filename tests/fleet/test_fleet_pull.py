"""A gateway that nobody can reach fetches its state."""

import json
from pathlib import Path

from cloud import Cloud, camera


def test_a_gateway_fetches_what_is_signed_for_it_and_newer(cloud: Cloud, tmp_path: Path) -> None:
    edge = cloud.edge("gw1")
    cloud.settle(hold=5)
    shelf, key, state = tmp_path / "shelf", tmp_path / "key", tmp_path / "agent"
    agent = ["agent", "gw1", str(shelf), "--once", "--key", str(key), "--state", str(state)]
    agent += ["--socket", str(edge.folder / "api.sock")]

    cloud.site(gw1=[camera("door", 1)])
    cloud.commit()
    key.write_text(cloud.well("publish", str(shelf))["key"] + "\n")
    older = (shelf / "gw1.json").read_bytes()
    assert cloud.well(*agent)["what"] == "done"
    assert edge.cameras() == ["door"]
    assert not edge.unconfirmed()
    assert cloud.well(*agent)["what"] == "nothing"

    cloud.site(gw1=[camera("gate", 2)])
    cloud.commit()
    cloud.well("publish", str(shelf))
    newer = (shelf / "gw1.json").read_bytes()
    assert cloud.well(*agent)["what"] == "done"
    assert edge.cameras() == ["gate"]

    (shelf / "gw1.json").write_bytes(older)
    assert "is older than" in cloud.wrong(*agent)
    changed = json.loads(newer)
    changed["signed"] = changed["signed"].replace("gate", "fate")
    (shelf / "gw1.json").write_text(json.dumps(changed))
    assert "another key, or was changed" in cloud.wrong(*agent)
    (shelf / "gw1.json").write_text("{}")
    assert "no signed state" in cloud.wrong(*agent)
    assert edge.cameras() == ["gate"]

    # What makes it worse goes back, and is not tried again.
    cloud.site(gw1=[{"name": "gone", "url": "rtsp://127.0.0.1:1/x"}])
    cloud.commit()
    cloud.well("publish", str(shelf))
    assert "gone back: gw1: camera gone" in cloud.wrong(*agent)
    assert edge.cameras() == ["gate"]
    assert cloud.well(*agent)["what"] == "nothing"

    # Another fleet's key.
    (cloud.tokens / "signing.key").unlink()
    cloud.well("publish", str(shelf))
    assert "another key, or was changed" in cloud.wrong(*agent)
