"""The packages of ./dev package, in fresh systems of the distributions that they are for."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from testbed import places

DISTRIBUTIONS = ("bookworm", "trixie")
PACKAGES = places.ROOT / "build-packages"
HERE = Path(__file__).parent


def field(package: Path, name: str) -> str:
    return subprocess.check_output(["dpkg-deb", "-f", package, name], text=True).strip()


def package(distribution: str, name: str) -> Path:
    (found,) = (PACKAGES / distribution).glob(f"{name}_*.deb")
    return found


def inside(distribution: str, script: Path) -> str:
    """Runs a script in a fresh system, with the packages as its /mnt; returns what it said."""
    root = places.cache() / "roots" / f"{distribution}-fresh"
    words = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    words += ["--uts", "--ipc", places.ROOT / "packaging/enter-root.sh", root]
    words += [PACKAGES / distribution, "bash", "-c", script.read_text()]
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_install_run_upgrade_remove_purge(distribution: str, need_root: None) -> None:
    said = inside(distribution, HERE / "life.sh")
    assert said.rstrip().endswith("== all is well")
    granted = dict(re.findall(r"^ports (\S+): ?(.*)$", said, re.MULTILINE))
    # The least for each kind of port: a card under vfio needs none.
    assert granted["net_null0"] == granted["0000:01:00.0"] == ""
    assert granted["net_af_packet0,iface=eth1"] == "CAP_NET_RAW CAP_NET_ADMIN"
    assert granted["net_tap0"] == "CAP_NET_RAW CAP_NET_ADMIN"
    assert granted["net_af_xdp0,iface=eth1"] == "CAP_NET_RAW CAP_NET_ADMIN CAP_BPF"
    exposures = [float(n) for n in re.findall(r"exposure level.*: ([0-9.]+)", said)]
    assert len(exposures) == len(granted) == 5
    assert max(exposures) <= 2.5


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_fleets_program_stands_alone(distribution: str, need_root: None) -> None:
    said = inside(distribution, HERE / "fleet.sh")
    assert said.rstrip().endswith("== all is well")
    (exposure,) = re.findall(r"exposure level.*: ([0-9.]+)", said)
    assert float(exposure) <= 2.5


def test_under_systemd_it_is_ready_reloads_and_comes_back(need_root: None) -> None:
    """Debian 12 boots, as far as a container does, with the service under its sandbox."""
    root = places.cache() / "roots/bookworm-fresh"
    words = ["unshare", "--mount", "--propagation", "private", HERE / "boot.sh", root]
    done = subprocess.run(
        [*words, PACKAGES / "bookworm"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=200,
    )
    said = done.stdout
    assert re.search(r'Status: "ready; 0 of 0 cameras live', said), said
    assert "reload: 0" in said, said
    # Commits are not in the way of its sandbox.
    assert "commit: 0" in said, said
    assert "nothing was changed: " not in said
    # It was killed, and systemd started it again.
    assert "restarts: 1, active" in said, said
    assert said.rstrip().endswith("state      ready"), said


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_each_package_has_what_its_name_says(distribution: str) -> None:
    assert "librte" in field(package(distribution, "framegate"), "Depends")
    assert "librte" not in field(package(distribution, "framegate-cli"), "Depends")
    recommended = field(package(distribution, "framegate"), "Recommends")
    assert "onnxruntime" in recommended
    assert ("framegate-onnxruntime" in recommended) == (distribution == "bookworm")


def test_the_version_is_that_of_the_programs() -> None:
    said = re.search(r"version: '(.*)'", (places.ROOT / "meson.build").read_text())
    changes = (places.ROOT / "packaging/debian/changelog").read_text()
    assert said
    assert changes.startswith(f"framegate ({said[1]}) ")
    assert os.access(places.ROOT / "packaging/debian/rules", os.X_OK)
