"""Records as a gateway writes them, as far as the learner reads them."""

from typing import Any

BOOT = "0f2d4c1e-1111-4222-8333-444455556666"


def frame(camera: str, number: int, size: tuple[int, int] = (112, 112), **more: Any) -> dict:
    """The beginning of each."""
    second = number // 10
    return {
        "version": "1.0",
        "id": f"{BOOT}/{camera}/{number}",
        "@timestamp": f"2026-03-01T10:{second // 60:02}:{second % 60:02}.{number % 10}00Z",
        "sensorId": camera,
        "frame": {
            "sequence": number,
            "rtpTimestamp": number * 9000,
            "width": size[0],
            "height": size[1],
            **more,
        },
    }


def digit(camera: str, number: int, label: str, confidence: float, **more: Any) -> dict:
    """Of a camera with one model."""
    return {
        **frame(camera, number, **more),
        "model": {"name": "digits", "version": 1, "digest": "sha256:0"},
        "task": "classify",
        "classes": [
            {"type": label, "index": int(label), "confidence": confidence},
            {"type": "x", "index": 11, "confidence": (1 - confidence) / 2},
        ],
    }


def opinion(
    camera: str, number: int, label: str, confidence: float, disagreement: float, **more: Any
) -> dict:
    """Of a camera with an ensemble of digits and others."""
    finding = {"id": "0", "kind": "class", "model": "digits:1", "type": label, "index": 0}
    return {
        **frame(camera, number, **more),
        "task": "plan",
        "models": [],
        "disagreement": disagreement,
        "truncated": False,
        "findings": [{**finding, "confidence": confidence}],
    }


def objects(camera: str, number: int, *found: tuple, size: tuple[int, int] = (640, 480)) -> dict:
    """Of a camera with detectors; found: (model, label, confidence, left, top, right, bottom)."""
    findings = [
        {
            "id": str(i),
            "kind": "object",
            "model": f"{model}:1",
            "type": label,
            "index": 0,
            "confidence": confidence,
            "bbox": dict(zip(("leftX", "topY", "rightX", "bottomY"), corners, strict=True)),
        }
        for i, (model, label, confidence, *corners) in enumerate(found)
    ]
    return {
        **frame(camera, number, size),
        "task": "plan",
        "models": [],
        "truncated": False,
        "findings": findings,
    }
