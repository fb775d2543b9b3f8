"""What operators have said on the page: taken from the gateway, which keeps it until then."""

import datetime
import time
from urllib.parse import quote

from framegate_learn.collect import Collector
from framegate_learn.gateway import Gateway, Refused, View
from framegate_learn.label import CameraFacts

# Who has said that something is wrong, and not yet what is right, may say it so long.
_PATIENCE_S = 600


def take(
    gateway: Gateway, collector: Collector, model: str, cameras: dict[str, CameraFacts]
) -> int:
    """Takes those of these cameras; how many. Each is in the set before it is deleted there.

    One whose label the model does not have is for somebody else who learns. Raises Away or Refused,
    OSError and sqlite3.Error.
    """
    taken = 0
    listed = [it for it in gateway.get("corrections")["corrections"] if it["camera"] in cameras]
    labels = gateway.get(f"models/{quote(model, safe='')}/labels")["labels"] if listed else []
    for told in listed:
        camera = cameras[told["camera"]]
        if told["label"] is None:
            if _age_s(told["at"]) < _PATIENCE_S:
                continue
        elif told["label"] not in labels:
            continue
        path = f"corrections/{told['id']}"
        try:
            whole = gateway.get(path)
            picture = gateway.ask("GET", f"{path}/picture")
            if not picture.well:
                continue
            # One that cannot be read is of no use to anybody.
            collector.correct(
                View(told["frame"], whole["record"], picture.content), camera, whole["label"]
            )
            gateway.delete(path)
        except Refused as error:
            if error.status != 404:  # somebody else has deleted it
                raise
            continue
        taken += 1
    return taken


def _age_s(at: str) -> float:
    return time.time() - datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()
