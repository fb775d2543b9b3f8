"""What the demo ends with: figures that a newcomer understands, and whether they are good."""

from dataclasses import dataclass
from typing import Any

from demo import steps
from demo.cameras import DemoCamera
from demo.findings import count_classes
from demo.progress import table
from demo.sheet import Pair, pairs
from testbed.consumer import Customer, Record
from testbed.gateway import Gateway

LEAST_ACCURACY = 0.97
LEAST_READ = 0.9
_KERNELS = ("not_ip", "not_udp")
_ALL_THE_WAY = "This camera's frames, all the way."


@dataclass(frozen=True)
class Figures:
    """What the gateway says of itself, asked once, and what the customer read."""

    cameras: dict[str, dict[str, Any]]
    drops: dict[str, Any]
    latency: dict[str, Any]
    audit: dict[str, Any]
    results: dict[str, list[Record]]
    sampled: dict[str, list[Record]]
    better: list[Pair]

    @property
    def delivered(self) -> int:
        """Results that the gateway knows to be in Kafka."""
        return sum(camera["frames"]["delivered"] for camera in self.cameras.values())

    @property
    def consumed(self) -> int:
        """Results that the customer read."""
        return sum(len(results) for results in self.results.values())


def ask(gateway: Gateway, customer: Customer, cameras: list[DemoCamera]) -> Figures:
    """Asks the gateway and groups what the customer read."""
    listed = gateway.ask("camera", "list")["cameras"]
    made = ((it, customer.enhanced_of(it.name)) for it in cameras)
    return Figures(
        cameras={camera["name"]: camera for camera in listed},
        drops=gateway.ask("drops"),
        latency=gateway.ask("latency"),
        audit=gateway.ask("audit"),
        results={camera.name: customer.of(camera.name) for camera in cameras},
        sampled={camera.name: customer.pictures_of(camera.name) for camera in cameras},
        better=[
            pair
            for camera, enhanced in made
            for pair in pairs(customer.of(camera.name), customer.pictures_of(camera.name), enhanced)
        ],
    )


def _accuracy(camera: DemoCamera, results: list[Record]) -> tuple[int, int]:
    """How many digits were recognised, of how many that came out of Kafka."""
    right = sum(
        record.body["classes"][0]["type"]
        == str(camera.expected(record.body["frame"]["rtpTimestamp"]))
        for record in results
    )
    return right, len(results)


def _show_frames(cameras: list[DemoCamera], figures: Figures, complete: bool) -> None:
    # What a camera that still plays has sent, only its own program knows.
    still = "" if complete else " so far (the cameras still play)"
    print(f"\nFrames: what {'was sent, and what ' if complete else ''}came through{still}")
    rows: list[list[object]] = []
    for camera in cameras:
        frames = figures.cameras[camera.name]["frames"]
        rows.append(
            [
                f"{camera.name}  {camera.shows}",
                *([camera.pictures or "-"] if complete else []),
                *(frames["received"], frames["delivered"], frames["dropped"]),
                *(len(figures.results[camera.name]), len(figures.sampled[camera.name])),
            ]
        )
    table(
        [
            *("camera", *(["sent"] if complete else [])),
            *("received", "delivered", "dropped", "in Kafka", "pictures"),
        ],
        rows,
    )


def _show_drops(figures: Figures) -> None:
    print("\nDrops by reason")
    rows = [
        [drop["reason"], drop["total"], f"{drop['unit']}s   {drop['meaning']}"]
        for drop in figures.drops["drops"]
        if drop["total"]
    ]
    for reason, total, meaning in rows:
        print(f"  {reason:<16} {total:>7} {meaning}".rstrip())
    if not rows:
        print("  none")
    if any(reason in _KERNELS for reason, *_ in rows):
        print(f"  ({' and '.join(_KERNELS)}: the kernel's share of the port, of ARP and RTSP)")


def _show_detected(cameras: list[DemoCamera], figures: Figures) -> None:
    print("\nDetected on video (boxes in all pictures)")
    for camera in cameras:
        if camera.scene == "video":
            classes = count_classes(figures.results[camera.name]).most_common(6)
            found = ", ".join(f"{name} {count}" for name, count in classes)
            print(f"  {camera.name:<10} {found or 'nothing'}")


def _show_digits(cameras: list[DemoCamera], figures: Figures) -> None:
    print("\nDigits recognised, against the truth")
    for camera in cameras:
        if camera.truth is not None:
            right, shown = _accuracy(camera, figures.results[camera.name])
            share = f"{100 * right / shown:.1f} %" if shown else "no result"
            print(f"  {camera.name:<10} {right} of {shown}   {share}")


def _show_latency(figures: Figures) -> None:
    print("\nLatency, milliseconds (p50: half of the frames took no longer; p99: 99 of 100)")

    def row(name: str, line: dict[str, Any], meaning: str) -> list[object]:
        times = (f"{line[key] / 1000:.1f}" for key in ("p50_us", "p99_us"))
        return [name, line["count"], *times, meaning]

    rows = [row(it["stage"], it, it["meaning"]) for it in figures.latency["stages"]]
    rows += [row(it["camera"], it, _ALL_THE_WAY) for it in figures.latency["cameras"]]
    table(["stage or camera", "frames", "p50", "p99", "what it is"], rows, words=True)


def _show_balance(figures: Figures) -> None:
    print("\nBalance: received = delivered + dropped + in flight, as `gwctl audit` checks it")
    rows = [
        [
            ("unmatched " if equation["name"] == "unmatched" else "") + equation["unit"] + "s",
            f"{equation['received']} =",
            *(f"{equation['delivered']} +", f"{equation['dropped']} +", equation["in_flight"]),
            "exact" if equation["balanced"] else "NOT BALANCED",
        ]
        for equation in figures.audit["equations"]
        if equation["name"] in ("total", "unmatched")
        # There is no topic that records would come from.
        and equation["unit"] != "record"
    ]
    table(["", "received", "delivered", "dropped", "in flight", ""], rows)


def _show_steps(cameras: list[DemoCamera], figures: Figures) -> None:
    print("\nSteps of plans: what each looked at, and what it found")
    found = [steps.rows(camera, figures.results[camera.name]) for camera in cameras]
    table(["camera and step", "looked at", "found"], [row for rows in found for row in rows], True)
    for pair in figures.better[:1]:
        print(
            f"  A better picture beside plain (bicubic) enlarging: {pair.psnr:.1f} dB and"
            f" {pair.plain_psnr:.1f} dB against the camera's own."
        )


def show(cameras: list[DemoCamera], figures: Figures, complete: bool) -> None:
    """Prints the figures; `complete` when every camera has ended and everything has arrived."""
    _show_frames(cameras, figures, complete)
    _show_drops(figures)
    _show_detected(cameras, figures)
    _show_digits(cameras, figures)
    _show_steps(cameras, figures)
    _show_latency(figures)
    _show_balance(figures)


def judge(
    cameras: list[DemoCamera], figures: Figures, pictures: int, complete: bool, enhance: bool
) -> list[tuple[str, bool]]:
    """What the demo promises, and whether it was kept."""
    digits = [camera for camera in cameras if camera.truth is not None]
    videos = [camera for camera in cameras if camera.scene == "video"]
    right, written = steps.read_right(figures.results["signs"])
    shares = [_accuracy(camera, figures.results[camera.name]) for camera in digits]
    kept = [
        (
            "results of every camera came out of Kafka",
            all(figures.results[camera.name] for camera in cameras),
        ),
        (
            f"at least {100 * LEAST_ACCURACY:.0f} % of the digits are recognised",
            all(shown and right / shown >= LEAST_ACCURACY for right, shown in shares),
        ),
        (
            "people are found on both videos",
            all(count_classes(figures.results[camera.name])["person"] for camera in videos),
        ),
        (
            f"at least {100 * LEAST_READ:.0f} % of the lines on signs are found and read",
            written > 0 and right / written >= LEAST_READ,
        ),
        ("the balance is exact", figures.audit["balanced"]),
        ("sampled pictures came out of Kafka", pictures > 0),
    ]
    if enhance:
        kept.append(
            (
                "better pictures came out of Kafka, nearer to the camera's own than plain ones",
                bool(figures.better) and all(it.psnr > it.plain_psnr for it in figures.better),
            )
        )
    if complete:
        kept.append(
            (
                "Kafka holds exactly the results that the gateway says it delivered",
                figures.delivered == figures.consumed,
            )
        )
    return kept
