"""What a gateway should be, signed, for gateways that fetch it."""

import base64
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from framegate_fleet.desired import Fleet, Gateway
from framegate_fleet.mistakes import Failure
from framegate_fleet.models import Version, Wish

LONGEST = 16 * 1024 * 1024
# What a signature of ours is about: no other text that this key signs can be taken for it.
_ABOUT = b"framegate-fleet state 1\n"


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The fleet's key, beside its tokens; made at the first use."""
    file = folder / "signing.key"
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(file.read_text()))
    except FileNotFoundError:
        key = Ed25519PrivateKey.generate()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(base64.b64encode(key.private_bytes_raw()).decode() + "\n")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """What gateways get to know of it."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign(
    fleet: Fleet, gateway: Gateway, number: int, revision: str, key: Ed25519PrivateKey
) -> bytes:
    """One gateway's state. `number` grows with every revision."""
    state = {
        "fleet": fleet.name,
        "gateway": gateway.name,
        "number": number,
        "revision": revision,
        "hold": fleet.hold,
        "confirm": fleet.confirm,
        "patience": fleet.patience,
        "cameras": gateway.cameras,
        "text": gateway.text,
        "models": {name: _said(wish) for name, wish in gateway.models.items()},
        "versions": [asdict(version) for version in gateway.versions],
        "learn": gateway.learn,
        # By which a gateway tells what its site has learned from what the fleet has.
        "known": [
            asdict(version)
            for name, wish in gateway.models.items()
            if wish.learn
            for version in gateway.known.get(name, [])
        ],
    }
    signed = json.dumps(state, sort_keys=True)
    signature = base64.b64encode(key.sign(_ABOUT + signed.encode())).decode()
    return json.dumps({"signed": signed, "signature": signature}).encode()


def _said(wish: Wish) -> dict[str, Any]:
    # Agents of before there was `learn` know no such key.
    return {key: it for key, it in asdict(wish).items() if key != "learn" or it}


def gateway_of(state: dict[str, Any]) -> Gateway:
    """As `sign` was told of it. States of before there were models in them have none."""
    models = {name: Wish(**wish) for name, wish in state.get("models", {}).items()}
    known: dict[str, list[Version]] = {}
    for version in _versions(state.get("known", [])):
        known.setdefault(version.name, []).append(version)
    return Gateway(
        state["gateway"],
        "",
        [],
        text=state["text"],
        cameras=state["cameras"],
        models=models,
        versions=_versions(state.get("versions", [])),
        known=known,
    )


def _versions(said: list[dict[str, Any]]) -> list[Version]:
    return [
        Version(it["name"], it["number"], {n: (d, s) for n, (d, s) in it["files"].items()})
        for it in said
    ]


def read(bundle: bytes, public: str, gateway: str) -> dict[str, Any]:
    """The state in it; fails unless this key has signed it, for this gateway."""
    try:
        both = json.loads(bundle)
        signed, signature = both["signed"], base64.b64decode(both["signature"], validate=True)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(signature, _ABOUT + signed.encode())
    except InvalidSignature:
        raise Failure("refused: it is signed by another key, or was changed on its way") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f"refused: it is no signed state, or the key is none ({error})") from None
    state = json.loads(signed)
    if state["gateway"] != gateway:
        raise Failure(f"refused: it is for {state['gateway']}, and this is {gateway}")
    return state
