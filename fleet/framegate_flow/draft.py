"""A flow's file to begin with."""

from pathlib import Path

import yaml

from framegate_flow.mistakes import Failure

_TEXT = """\
# The life of {model}: `framegate-flow check {file}`, then `framegate-flow run {file}`.
# It goes to all gateways of {fleet} that have `learn` for it.
model: {model}
{fleet_line}# The folder that the recipe reads, and the recipe that it is trained by.
data: {data}
pre_train: {{recipe: {recipe}}}

# What is so when nothing is said of it:
#pre_train: {{recipe: ..., engine: ray, workers: 2, epochs: 6, pictures: 60000}}
#roll_out: {{waves: [1, all], steps: ["1%", "10%", "50%", "100%"], hold: 60s}}
#collect: {{labelled: 200, held: 50, patience: 86400}}
#fine_tune: {{options: []}}
#gates: {{cloud: 0.9, site: 0, margin: 0, sites: all}}
"""


def write(file: Path, fleet: Path, models: list[str], model: str, data: str, recipe: str) -> str:
    """Makes the file; the model that it is for. Failure: there is one, or it is not clear."""
    if file.exists():
        raise Failure(f"{file} is there already")
    if not model:
        if len(models) != 1:
            have = f"learns {', '.join(models)}" if models else "learns nothing yet"
            raise Failure(f"{fleet} {have}: say --model")
        model = models[0]
    inside = file.resolve().is_relative_to(fleet)
    said = {
        "model": _word(model),
        "file": file,
        "fleet": fleet,
        "fleet_line": "" if inside else f"fleet: {_word(str(fleet))}\n",
        "data": _word(data),
        "recipe": _word(recipe) if recipe else "",
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_TEXT.format(**said))
    return model


def _word(text: str) -> str:
    """As YAML has it on one line; nothing where there is nothing."""
    return yaml.safe_dump(text, default_flow_style=True, width=10000).split("\n")[0] if text else ""
