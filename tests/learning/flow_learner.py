#!/usr/bin/env python3
"""What speaks like `framegate-learn`, and comes to what STATE/plan.json says; what it accepts it
rolls out on the real gateway, as that one does.

plan.json: {"counts": {"pictures", "labelled", "held"}, "before", "after", "accepted"}
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = [
    "--steps",
    "100%",
    "--hold",
    "1s",
    "--min-pictures",
    "1",
    "--max-latency",
    "1000x",
    "--max-disagreement",
    "100%",
]


def gwctl(socket: str, *words: str) -> Any:
    said = subprocess.check_output(["gwctl", "--socket", socket, "--json", *words])
    # One object; with --wait one for each change.
    return None if "--wait" in words else json.loads(said)


def train(words: argparse.Namespace, plan: dict[str, Any], runs: list[Any]) -> int:
    version = gwctl(words.socket, "model", "status", words.model)["stable"]["version"]
    said = {
        "id": f"run-{len(runs) + 1}",
        "state": "accepted" if plan["accepted"] else "not accepted",
        "parent": version,
        "accepted": plan["accepted"],
        "reason": "" if plan["accepted"] else "not better",
        "figures": {
            "before": {"accuracy": plan["before"]},
            "members": [{"accuracy": plan["after"] - 0.01}],
            "ensemble": {"accuracy": plan["after"]},
            "judgement": {"number": len(runs) + 1, "luck": 0.0004, "level": 0.005},
        },
    }
    if plan["accepted"]:
        # The same weights under the next number.
        place = Path(gwctl(words.socket, "config", "show")["accel"]["repository"])
        source = place / words.model / str(version)
        added = gwctl(words.socket, "model", "add", str(source), "--name", words.model)
        number = str(added["version"])
        gwctl(words.socket, "model", "rollout", words.model, number, *HERE, "--wait")
    (words.state / "runs.json").write_text(json.dumps([*runs, said]))
    print(json.dumps(said))
    return 0 if said["accepted"] else 3


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["status", "train"])
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--json", action="store_true", required=True)
    parser.add_argument("--model")
    parser.add_argument("--socket")
    words = parser.parse_args()
    plan = json.loads((words.state / "plan.json").read_text())
    file = words.state / "runs.json"
    runs = json.loads(file.read_text()) if file.exists() else []
    if words.command == "train":
        return train(words, plan, runs)
    print(json.dumps({**plan["counts"], "runs": runs}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
