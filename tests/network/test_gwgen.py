"""gwgen: what it sends as each kind of camera is what the gateway, and others, make pictures of."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import places, rtp_jpeg
from testbed.gateway import Gateway, configuration
from testbed.netns import CameraNet

FRAMES = 30
# Packets that gwgen could not hand to the port, or that the port lost.
UNSENT = ("link_lost", "not_taken", "too_late")


def gwgen(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs it; it must end with `code`."""
    done = subprocess.run(
        [places.build() / "gwgen", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


KINDS = {kind["name"]: kind for kind in json.loads(gwgen("list", "--json").stdout)["kinds"]}


class Replay:
    """One capture of gwgen's, and what `gwd replay` makes of it."""

    def __init__(self, folder: Path, *arguments: object, more: tuple[object, ...] = ()) -> None:
        self.saved = folder / "saved"
        cameras = yaml.safe_load(gwgen("config", *arguments).stdout)
        self.report = json.loads(
            gwgen(
                *("send", "--output", folder / "in.pcap", "--frames", FRAMES, "--json"),
                *("--save", self.saved, *arguments, *more),
            ).stdout
        )
        # As with an interface whose cards fill checksums in.
        config = {"interfaces": [{"name": "lan0", "device": "net_null0", "checksum": "port"}]}
        (folder / "replay.yaml").write_text(yaml.safe_dump({**config, **cameras}))
        output = folder / "out"
        subprocess.run(
            [
                *(places.gwd(), "replay", "--config", folder / "replay.yaml"),
                *("--input", folder / "in.pcap", "--output", output),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
        lines = (output / "frames.jsonl").read_text().splitlines()
        self.frames = [json.loads(line) for line in lines]
        stats = json.loads((output / "stats.json").read_text())["cameras"]["cam0"]
        self.drops = {name: count for name, count in stats["drops"].items() if count}
        self.events = {name: count for name, count in stats["events"].items() if count}
        self.pictures = [rtp_jpeg.pixels(output / frame["file"]) for frame in self.frames]

    def sent(self) -> list[str]:
        """What djpeg makes of the pictures, in the order in which they went."""
        files = [rtp_jpeg.pixels(file) for file in sorted(self.saved.iterdir())]
        return [files[number % len(files)] for number in range(FRAMES)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five JPEG files."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(5):
        (folder / f"{seed}.jpg").write_bytes(rtp_jpeg.picture(seed))
    return folder


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_camera(tmp_path: Path, files: Path, name: str) -> None:
    replay = Replay(tmp_path, "--camera", name, "--picture", files)
    kind: dict[str, Any] = KINDS[name]
    sent = replay.sent()
    if kind["refused"]:
        assert replay.pictures == []
        assert replay.drops[kind["refused"]] >= FRAMES
        return
    # Without markers nobody knows that the last one is whole; a camera that begins anew with its
    # old source may lose one.
    if name == "no-marker":
        assert replay.pictures == sent[:-1]
    elif name == "restarts":
        assert len(replay.pictures) >= FRAMES - (FRAMES - 1) // 13
    else:
        assert replay.pictures == sent
    if name == "twice":
        assert replay.drops["duplicate"] > 0
    if name == "new-ssrc":
        assert replay.events["ssrc_change"] == 2
    if name.startswith("interlaced"):
        assert all(frame["flags"] == ["field"] for frame in replay.frames)


# What rtpjpegdepay of GStreamer 1.22 makes exact pictures of (where it fails, it is wrong).
GSTREAMER = ["plain", "plain-422", "restart", "q50", "q90", "q200", "esp32", "padding"]


@pytest.mark.parametrize("name", GSTREAMER)
def test_gstreamer_agrees(tmp_path: Path, files: Path, name: str) -> None:
    saved, capture = tmp_path / "saved", tmp_path / "in.pcap"
    gwgen(
        *("send", "--output", capture, "--camera", name, "--picture", files),
        *("--frames", FRAMES, "--save", saved),
    )
    caps = "application/x-rtp,media=video,clock-rate=90000,encoding-name=JPEG,payload=26"
    line = f"filesrc location={capture} ! pcapparse caps={caps} ! rtpjpegdepay"
    line += f" ! multifilesink location={tmp_path}/%05d.jpg"
    subprocess.run(["gst-launch-1.0", "-q", *line.split()], check=True, timeout=60)
    sent = [rtp_jpeg.pixels(file) for file in sorted(saved.iterdir())]
    got = [rtp_jpeg.pixels(file) for file in sorted(tmp_path.glob("*.jpg"))]
    assert got == [sent[number % len(sent)] for number in range(FRAMES)]


def test_a_capture_is_sent_as_it_is(tmp_path: Path, files: Path) -> None:
    """Other cameras with the same packets: none of what they carry changes."""
    capture, saved = tmp_path / "first.pcap", tmp_path / "first"
    gwgen(
        *("send", "--output", capture, "--camera", "esp32", "--picture", files),
        *("--frames", 10, "--save", saved),
    )
    replay = Replay(tmp_path, "--picture", capture)
    sent = [rtp_jpeg.pixels(file) for file in sorted(saved.iterdir())]
    assert replay.pictures == [sent[number % len(sent)] for number in range(FRAMES)]


SITE_LOCAL = ("--source", "fd00:1::1:fffe", "--destination", "fd00::2")


def test_cameras_may_have_ipv6_addresses(tmp_path: Path, files: Path) -> None:
    """Each the next one, in packets of the size that is asked for, with reports and a tag."""
    way = ("--cameras", 3, *SITE_LOCAL)
    cameras = yaml.safe_load(gwgen("config", *way).stdout)["cameras"]
    sources = ["fd00:1::1:fffe", "fd00:1::1:ffff", "fd00:1::2:0"]
    assert [it["source"] for it in cameras] == sources
    assert {it["destination"] for it in cameras} == {"fd00::2"}
    replay = Replay(
        *(tmp_path, *way, "--picture", files, "--mtu", 1280),
        more=("--rtcp", "--vlan", 7),
    )
    assert replay.drops == {}
    assert len(replay.frames) == 3 * FRAMES
    ours = [
        digest
        for digest, frame in zip(replay.pictures, replay.frames, strict=True)
        if frame["camera"] == "cam0"
    ]
    assert ours == replay.sent()
    assert replay.frames[-1]["clock_source"] == "rtcp"
    listed = subprocess.run(
        ["tcpdump", "-nn", "-e", "-r", tmp_path / "in.pcap"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lengths = [int(it) for it in re.findall(r"length (\d+): vlan 7, ", listed)]
    assert max(lengths) == 1280 + 14 + 4
    assert "bad" not in listed


def test_a_tag_may_stand_within_another(tmp_path: Path) -> None:
    replay = Replay(tmp_path, more=("--vlan", "100.7"))
    assert replay.drops == {}
    assert len(replay.frames) == FRAMES
    listed = subprocess.run(
        ["tcpdump", "-nn", "-e", "-c", "1", "-r", tmp_path / "in.pcap"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert re.search(r"802\.1Q-QinQ .*vlan 100, .*vlan 7, ", listed)


@pytest.mark.parametrize(
    "wrong", ["0", "4095", "12345", "7.", ".7", "1.2.3", "0.7", "1.4095", "10000.7", "x", "7.5x"]
)
def test_what_is_no_tag_is_refused(tmp_path: Path, wrong: str) -> None:
    done = gwgen("send", "--output", tmp_path / "no.pcap", "--frames", 1, "--vlan", wrong, code=2)
    assert f"--vlan {wrong}: " in done.stderr


def test_cameras_may_have_ports_of_their_own(tmp_path: Path) -> None:
    way = ("--cameras", 3, "--udp-port", 6000, "--udp-step", 2)
    cameras = yaml.safe_load(gwgen("config", *way).stdout)["cameras"]
    assert [it["port"] for it in cameras] == [6000, 6002, 6004]
    replay = Replay(tmp_path, *way)
    assert replay.drops == {}
    assert len(replay.frames) == 3 * FRAMES
    done = gwgen("config", "--cameras", 3, "--udp-port", 65531, "--udp-step", 2, code=2)
    assert "a port beyond 65534" in done.stderr


def test_a_capture_of_ipv6_is_sent_as_it_is_to_a_group(tmp_path: Path, files: Path) -> None:
    capture, saved = tmp_path / "first.pcap", tmp_path / "first"
    gwgen(
        *("send", "--output", capture, "--picture", files, "--save", saved, *SITE_LOCAL),
        *("--frames", FRAMES),
    )
    replay = Replay(tmp_path, "--picture", capture, "--destination", "ff15::1:2:3")
    sent = [rtp_jpeg.pixels(file) for file in sorted(saved.iterdir())]
    assert replay.pictures == [sent[number % len(sent)] for number in range(FRAMES)]


@pytest.mark.parametrize(
    ("more", "ethernet"),
    [
        (("--destination", "239.129.2.3"), "01005e010203"),
        (("--destination", "ff15::1:2:3"), "333300020003"),
        (("--destination", "10.0.0.9"), "020000000002"),
        (("--destination", "239.129.2.3", "--mac", "02:00:00:00:00:09"), "020000000009"),
    ],
)
def test_a_group_has_an_ethernet_address_of_its_own(
    tmp_path: Path, more: tuple[str, ...], ethernet: str
) -> None:
    """As a switch knows it by."""
    capture = tmp_path / "group.pcap"
    gwgen("send", "--output", capture, "--frames", 1, *more)
    assert capture.read_bytes()[40:46].hex() == ethernet


@pytest.mark.parametrize(
    "tag",
    # Linux takes one tag from a program beyond the MTU, and no two.
    [(), ("--vlan", 7), ("--vlan", "100.7", "--mtu", 1492)],
    ids=["plain", "vlan", "qinq"],
)
def test_ipv6_is_received_from_a_port(net: CameraNet, files: Path, tag: tuple[object, ...]) -> None:
    """With tags too, of which the kernel takes one off and the driver puts it back."""
    hardware = Path(f"/sys/class/net/{net.port}/address").read_text().strip()
    way = (*SITE_LOCAL, "--mac", hardware, *tag)
    cameras = yaml.safe_load(gwgen("config", "--cameras", 4, *SITE_LOCAL).stdout)["cameras"]
    gateway = Gateway(configuration(net.port, cameras, None))
    try:
        gateway.start()
        report = send_live(net, "--cameras", 4, "--picture", files, "--frames", 25, *way)
        # What the machine had no time for is counted; the rest is whole.
        lost = sum(report[it] for it in UNSENT)

        def through() -> int:
            frames = gateway.status()["frames"]
            return frames["delivered"] + frames["dropped"]

        gateway.wait_until(
            lambda: through() >= report["pictures"] - lost, 60, "pictures are missing"
        )
        dropped = gateway.dropped()
        assert lost > 0 or set(dropped) <= {"shed", "over_quota", "no_slot", "frame_refused"}
        assert gateway.status()["frames"]["delivered"] > 0
        gateway.stop()
    finally:
        gateway.remove()


def test_real_pictures_of_any_coding_are_sent(tmp_path: Path) -> None:
    """Progressive and 4:4:4 files too: as pictures that a camera could have made."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    options = [{"progressive": True}, {"subsampling": "4:4:4"}, {"optimize": True}]
    for number, option in enumerate(options):
        (folder / f"{number}.jpg").write_bytes(rtp_jpeg.picture(number, **option))
    replay = Replay(tmp_path, "--picture", folder)
    assert replay.pictures == replay.sent()
    # What only needs another coding keeps its pixels.
    assert replay.pictures[0] == rtp_jpeg.pixels(folder / "0.jpg")
    assert replay.pictures[2] == rtp_jpeg.pixels(folder / "2.jpg")


@pytest.fixture
def net(need_root: None) -> Iterator[CameraNet]:
    """A cable."""
    made = CameraNet()
    yield made
    made.remove()


def send_live(net: CameraNet, *arguments: object) -> dict[str, Any]:
    """Sends from the cameras' side."""
    done = subprocess.run(
        [
            *("ip", "netns", "exec", net.name, places.build() / "gwgen", "send", "--json"),
            *("--port", f"net_af_packet0,iface={net.inside}", *map(str, arguments)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_a_port_whose_losses_are_on_purpose(net: CameraNet, files: Path) -> None:
    """What gwgen says it sent is what the gateway received; what it damaged is incomplete."""
    cameras = yaml.safe_load(gwgen("config", "--cameras", 4).stdout)["cameras"]
    gateway = Gateway(configuration(net.port, cameras, None))
    try:
        gateway.start()
        report = send_live(
            *(net, "--cameras", 4, "--picture", files, "--frames", 40, "--loss", 2),
            *("--duplicate", 2, "--reorder", 2, "--intruders", 200, "--pacing", "burst"),
        )

        def port() -> dict[str, int]:
            return gateway.ask("stages")["stages"][0]["facts"]["ports"][0]

        def seen() -> int:
            told = port()
            return told["packets"] + told["missed"]

        gateway.wait_until(
            lambda: seen() == report["sent"] - report["link_lost"], 60, "packets are missing"
        )
        whole = port()["missed"] + sum(report[it] for it in UNSENT) == 0
        # Everything that is not whole is given up within a second or two.
        gateway.wait_until(
            lambda: (
                gateway.status()["frames"]["in_flight"] == 0
                and (not whole or gateway.status()["frames"]["received"] >= report["pictures"])
            ),
            60,
            "frames stay open",
        )
        delivered = gateway.status()["frames"]["delivered"]
        dropped = gateway.dropped()
        gateway.stop()
    finally:
        gateway.remove()
    # What the machine had no time for is counted; the rest is whole.
    shed = sum(dropped.get(it, 0) for it in ("shed", "over_quota", "no_slot"))
    assert delivered <= report["pictures"]
    assert not whole or delivered + shed >= report["pictures"]
    # A picture that the port did not take whole is neither.
    assert report["pictures"] + report["damaged"] + report["unsent"] == 160
    assert report["damaged"] > 0


def test_a_port_without_a_link_is_said(net: CameraNet) -> None:
    done = subprocess.run(
        [places.build() / "gwgen", "send", "--port", "net_af_packet0,iface=nowhere0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "nowhere0" in done.stderr


def test_it_can_be_ended(net: CameraNet) -> None:
    """SIGTERM: what was sent so far is told."""
    came = Path(f"/sys/class/net/{net.port}/statistics/rx_packets")
    process = subprocess.Popen(
        [
            *("ip", "netns", "exec", net.name, places.build() / "gwgen", "send", "--json"),
            *("--port", f"net_af_packet0,iface={net.inside}", "--seconds", "100"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while int(came.read_text()) < 1000:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    process.terminate()
    said, _ = process.communicate(timeout=60)
    assert process.returncode in (0, 1)
    report = json.loads(said)
    assert report["sent"] >= 1000
    assert report["pictures"] > 10


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["send"], "--port DEVICE or --output FILE"),
        (["send", "--output", "x", "--camera", "nikon"], "gwgen list names them"),
        (["send", "--output", "x", "--picture", "/nowhere.jpg"], "/nowhere.jpg"),
        (["--nothing"], "no such option"),
        (["send", "--output="], "--output needs a value"),
        (["send", "--output", "x", "--picture", ""], "--picture needs a value"),
        (["help", "nosuch"], "there is no command 'nosuch': gwgen help lists all"),
        (["config", "--source", "fd00::1", "--destination", "10.0.0.2"], "or both IPv6"),
        (["send", "--output", "x", "--source", "fd00::1", "--no-checksum"], "RFC 8200"),
        (["search", "--port", "x", "--frame-sizes", "64,128B"], "64 to 9018, or 'mix'"),
    ],
)
def test_mistakes_are_told(arguments: list[str], says: str) -> None:
    done = subprocess.run(
        [places.build() / "gwgen", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode in (1, 2)
    assert says in done.stderr
