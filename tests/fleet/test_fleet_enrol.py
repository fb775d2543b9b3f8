"""A gateway becomes one of the fleet, once, and only that one."""

import shutil
import stat

from cloud import Cloud, Edge


def words(edge: Edge, name: str = "", **more: str) -> list[str]:
    """What an operator types."""
    said = {"fingerprint": edge.fingerprint, "token": edge.set_up_token, **more}
    way = ["--fingerprint", said["fingerprint"], "--setup-token", said["token"]]
    return ["enrol", name or edge.name, edge.address, *way]


def test_a_gateway_is_enrolled_once_and_no_copy_of_it(cloud: Cloud) -> None:
    first, copy = cloud.edge("gw1"), cloud.edge("gw2")
    cloud.settle()

    # Somebody in between shows a certificate of his own: he gets no token to see.
    other = first.fingerprint[:-2] + ("00" if first.fingerprint[-2:] != "00" else "11")
    assert "another certificate" in cloud.wrong(*words(first, fingerprint=other))
    assert "no site has a gateway gw9" in cloud.wrong(*words(first, "gw9"))

    cloud.well(*words(first))
    kept = cloud.tokens / "gw1.token"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text().strip() not in cloud.git("log", "-p")
    assert cloud.git("log", "-1", "--format=%s").strip() == "enrol gw1"

    # The disk of the first one in another machine.
    copy.stop()
    state = first.file.with_name("gateway.yaml.state")
    shutil.rmtree(copy.file.with_name("gateway.yaml.state"))
    shutil.copytree(state, copy.file.with_name("gateway.yaml.state"))
    copy.log.write_text("")
    copy.start()
    assert copy.fingerprint == first.fingerprint
    said = cloud.wrong(
        "enrol", "gw2", copy.address, "--fingerprint", copy.fingerprint, "--token", "x"
    )
    assert "that of gw1" in said
    assert not (cloud.tokens / "gw2.token").exists()

    # A machine of its own, under a name that is taken.
    copy.stop()
    shutil.rmtree(copy.file.with_name("gateway.yaml.state"))
    copy.start()
    assert "with another certificate" in cloud.wrong(*words(copy, "gw1"))
    cloud.well(*words(copy))

    # Another certificate at a known address is nobody that is talked to.
    copy.stop()
    shutil.rmtree(copy.file.with_name("gateway.yaml.state"))
    copy.start()
    planned = cloud.run("plan").stdout
    assert "gw1: same" in planned
    assert "gw2: away: another certificate" in planned
