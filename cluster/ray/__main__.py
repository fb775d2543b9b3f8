"""Workers on a Ray cluster: pictures from a topic of Kafka in, what models find in them out."""

import argparse
import sys
from pathlib import Path

from framegate.ray.options import Options

ADVICE = "{} is missing: pip install 'framegate[ray]'"


def _properties(words: list[str], file: Path | None) -> dict[str, str]:
    lines = file.read_text().splitlines() if file else []
    found = {}
    for line in [*(it for it in map(str.strip, lines) if it and it[0] != "#"), *words]:
        name, equals, value = line.partition("=")
        if not equals:
            # It may be a secret.
            raise ValueError("properties are NAME=VALUE, one a line in a file")
        found[name.strip()] = value.strip()
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m framegate.ray", description=__doc__)
    workers = parser.add_subparsers(dest="command", required=True).add_parser(
        "workers",
        help="start workers, and watch them until Ctrl-C or SIGTERM",
        description="Starts workers in Ray actors, members of one consumer group: they decode and"
        " infer in batches, write a result for each picture, keyed as the picture is, and commit"
        " what has arrived. Ctrl-C or SIGTERM: they finish what they have read; a second one ends"
        " at once, and what was in flight is read again by who comes next.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    need = workers.add_argument_group("needed")
    need.add_argument("--brokers", required=True, metavar="HOST:PORT,...", help="to begin with")
    need.add_argument("--topic", required=True, help="that pictures come from")
    need.add_argument("--group", required=True, help="the consumers' group")
    need.add_argument("--repository", required=True, help="folder of models, on every machine")
    need.add_argument("--model", required=True, help="NAME or NAME:VERSION, or a plan as YAML")
    add = workers.add_argument
    add("--results", default=Options.results, help="the topic that results go to")
    add("--workers", type=int, default=1, metavar="N", help="how many: 1 or more")
    add("--batch", type=int, default=Options.batch, help="pictures that are looked at together")
    add("--wait", type=int, default=Options.wait_ms, metavar="MS", help="for a batch to fill, ms")
    add("--threads", type=int, default=Options.threads, help="of each worker's engine, 1 to 64")
    add("--cpus", type=float, default=1.0, help="that Ray keeps for each worker")
    add(
        *("--in-flight",),
        type=int,
        default=Options.in_flight,
        metavar="N",
        help="records that a worker has read and not committed, at most: so many may come twice"
        " when it dies",
    )
    add("--start", default=Options.start, help="where a new group begins: earliest or latest")
    add("--until-end", action="store_true", help="end when all that is there now is done")
    add("--address", metavar="ADDRESS", help="of the Ray cluster, or local: a new one")
    add("--property", action="append", default=[], metavar="NAME=VALUE", help="of Kafka's client")
    add("--properties", type=Path, metavar="FILE", help="the same in a file, for secrets")
    add("--json", action="store_true", help="a summary on standard output at the end")
    return parser


def main(words: list[str] | None = None) -> int:
    """The exit code: 0 when everything that was read is done."""
    parser = _parser()
    asked = parser.parse_args(words)
    try:
        options = Options(
            brokers=asked.brokers,
            topic=asked.topic,
            group=asked.group,
            repository=asked.repository,
            model=asked.model,
            results=asked.results,
            batch=asked.batch,
            threads=asked.threads,
            in_flight=asked.in_flight,
            start=asked.start,
            wait_ms=asked.wait,
            properties=_properties(asked.property, asked.properties),
        )
        if asked.workers < 1 or asked.cpus < 0 or asked.wait < 0:
            raise ValueError("workers must be 1 or more, cpus and wait not below 0")
    except (ValueError, OSError) as error:
        parser.error(str(error))
    try:
        from framegate.ray.command import Command
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "framegate":
            raise
        print(f"framegate.ray: {ADVICE.format(error.name)}", file=sys.stderr)
        return 1
    command = Command(options, asked.workers, asked.cpus, asked.until_end, asked.json)
    return command.run(asked.address)


if __name__ == "__main__":
    sys.exit(main())
