"""A box that runs, under QEMU's emulation: its firmware, its serial line, two network cards.

The first card is the uplink: an address by DHCP, this machine's loopback as 10.0.2.2, and its HTTPS
on a port here. The second one is where cameras are, behind a tap, and behind an IOMMU, so that
DPDK can have it.
"""

import json
import re
import signal
import time

from image.box import Box, in_root
from image.serial_line import SerialLine
from testbed.loopback import free_port
from testbed.process import Process

HOST = "10.0.2.2"
CAMERA_CARD = "0000:00:04.0"
CAMERA_MAC = "52:54:00:ca:0e:01"
# A machine whose processors do other things, too, may take long for what it emulates.
PATIENCE = 1800.0

_PROCESSOR = "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16,+sha-ni"
_EXTRA = "no_timer_check systemd.mask=framegate-console@tty1.service"
_FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.fd"


class Guest:
    """Ends with `power_cut`, or by itself.

    A `steady` one has one processor, for which an instruction takes a nanosecond of its own time:
    its seconds, and what it waits for at most, do not depend on how much time the emulator gets.
    """

    def __init__(self, box: Box, tap: int | None = None, *, steady: bool = False) -> None:
        self.box = box
        self._steady = steady
        self.https = free_port()
        self._tap = tap
        self._process: Process | None = None

    def _command(self) -> list[str]:
        uplink = f"user,id=up,hostfwd=tcp:127.0.0.1:{self.https}-:8443"
        disk = "if=none,id=disk,format=raw,file=/mnt/disk.raw,file.locking=off,discard=unmap"
        cameras = []
        if self._tap is not None:
            card = f"virtio-net-pci,netdev=cam,addr=4,mac={CAMERA_MAC},romfile="
            cameras = ["-netdev", f"tap,id=cam,fd={self._tap}", "-device"]
            cameras += [f"{card},disable-legacy=on,iommu_platform=on"]
        return [
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"),
            *("-machine", "q35", *self._speed(), "-cpu", _PROCESSOR),
            *("-m", "2048", "-rtc", "base=utc"),
            # It may stand still for longer than a watchdog would allow.
            *("-global", "ICH9-LPC.noreboot=true"),
            # The kernel's look at its timer is for real ones, and takes a late one for none; and
            # there is no screen beside the serial line.
            *("-smbios", f"type=11,value=io.systemd.stub.kernel-cmdline-extra={_EXTRA}"),
            # All 48 bits, as servers have: DPDK's addresses are those of its process then.
            *("-device", "intel-iommu,intremap=on,aw-bits=48"),
            *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={_FIRMWARE}"),
            *("-drive", "if=pflash,format=raw,unit=1,file=/mnt/vars.fd,file.locking=off"),
            *("-drive", disk, "-device", "virtio-blk-pci,drive=disk,addr=2,bootindex=0"),
            *("-netdev", uplink, "-device", "virtio-net-pci,netdev=up,addr=3,romfile="),
            *("-device", "virtio-rng-pci,addr=5"),
            *cameras,
            *("-chardev", "socket,id=line,path=/mnt/line", "-serial", "chardev:line"),
        ]

    def _speed(self) -> list[str]:
        if self._steady:
            return ["-accel", "tcg,thread=single", "-icount", "shift=0", "-smp", "1"]
        return ["-accel", "tcg,thread=multi", "-smp", "2"]

    def start(self) -> None:
        """Switches it on."""
        self.line = SerialLine(self.box.folder / "line", self.box.folder / "screen.log")
        self.began = time.monotonic()
        self._process = Process(
            in_root(self.box.folder, *self._command()),
            self.box.folder / "emulator.log",
            pass_fds=[] if self._tap is None else [self._tap],
        )
        try:
            self.line.connect(60)
        except TimeoutError:
            raise AssertionError(f"no emulator: {self._process.text()}") from None

    def power_cut(self) -> None:
        """The emulator is killed, and nothing in the box has a say in it."""
        if self._process is None or not self._process.running:
            return
        self._process.signal(signal.SIGKILL)
        self._process.wait(30)
        self.line.wait_for_end(30)

    def screen(self, pattern: str, timeout: float = PATIENCE) -> re.Match[str]:
        """Waits until the serial line shows that."""
        return self.line.expect(pattern, timeout)

    def wait_until_ready(self, timeout: float = PATIENCE) -> int:
        """Waits for the screen that says so; returns after how many of its own seconds."""
        ready = self.screen(r"^state +ready, since (\d+) s after the start$", timeout)
        self.screen(r"^gwctl> ")
        return int(ready[1])

    def type(self, words: str, answer: str, timeout: float = PATIENCE) -> re.Match[str]:
        """Types a command of gwctl at the box and waits for what it answers.

        A pattern for the beginning of a line is also met behind a prompt, which may come first.
        """
        if answer.startswith("^"):
            answer = f"^(?:gwctl> )*{answer[1:]}"
        self.line.say(words)
        return self.screen(answer, timeout)

    def starts(self) -> list[str]:
        """Each time that the firmware began a start."""
        return re.findall(r"^BdsDxe: starting Boot", self.line.text, re.MULTILINE)

    def machine(self) -> str:
        """The machine's id, as the screen showed it last."""
        return re.findall(r"^machine +([0-9a-f]{32})$", self.line.text, re.MULTILINE)[-1]

    def versions(self) -> dict[str, str]:
        """What `system status` says: the version that runs, and the state of each."""
        said = self.type("--json system status", r'^(\{"running".*"last_update": ".*"\})', PATIENCE)
        status = json.loads(said[1])
        states = {it["version"]: it["state"] for it in status["versions"]}
        return {"running": status["running"], **states}

    def wait_until_good(self) -> None:
        """Waits until the version that runs has proved itself."""
        if re.findall(r"^version +(.*)$", self.line.text, re.MULTILINE)[-1] != "good":
            self.screen(r"^version +good$")
