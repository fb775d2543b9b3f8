"""The folder on a gateway where learners look for what a fleet wants of them."""

from pathlib import Path

from framegate_files import plain, whole
from framegate_fleet.learn_yaml import with_those_to_end
from framegate_fleet.mistakes import Failure

USUAL = Path("/var/lib/framegate-learn.d")


def leave(folder: Path, wanted: dict[str, str | None]) -> list[str]:
    """Writes MODEL.yaml of each, whole or not at all; None: there is to be none, nor of one that a
    fleet brought and says nothing of any more. Those that were another before."""
    told = []
    there = plain.texts(folder, "*.yaml")
    for model, text in with_those_to_end(wanted, there).items():
        file = folder / f"{model}.yaml"
        try:
            if text == there.get(model):
                continue
            if text is None:
                file.unlink(missing_ok=True)
            else:
                folder.mkdir(mode=0o755, parents=True, exist_ok=True)
                # The learner is another user.
                whole.write(file, text, mode=0o644)
        except OSError as error:
            advice = "make it, for the agent's user"
            raise Failure(f"{folder}: {error.strerror}: {advice}") from None
        told.append(model)
    return told
