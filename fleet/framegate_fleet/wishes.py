"""The folder on a gateway where learners look for what a fleet wants of them."""

from pathlib import Path

from framegate_files import whole
from framegate_fleet.mistakes import Failure

USUAL = Path("/var/lib/framegate-learn.d")


def leave(folder: Path, wanted: dict[str, str | None]) -> list[str]:
    """Writes MODEL.yaml of each, whole or not at all; None: there is to be none. Those that were
    another before."""
    told = []
    for model, text in wanted.items():
        file = folder / f"{model}.yaml"
        try:
            if text == _there(file):
                continue
            if text is None:
                file.unlink()
            else:
                folder.mkdir(mode=0o755, parents=True, exist_ok=True)
                # The learner is another user.
                whole.write(file, text, mode=0o644)
        except OSError as error:
            advice = "make it, for the agent's user"
            raise Failure(f"{folder}: {error.strerror}: {advice}") from None
        told.append(model)
    return told


def _there(file: Path) -> str | None:
    try:
        return file.read_text()
    except FileNotFoundError:
        return None
