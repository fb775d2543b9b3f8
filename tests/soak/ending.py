"""How a soak ends: what it says of its result, and its exit code."""

import json
import sys
from collections.abc import Callable
from typing import Any

from testbed import stopping
from testbed.places import NotThere


def run(
    soak: Callable[[], dict[str, Any]],
    lines: Callable[[dict[str, Any]], list[str]],
    as_json: bool,
) -> int:
    """Runs it and prints its result, as one object or in `lines`; 1 when something is in `wrong`,
    or when it could not be done, and that of the signal when it was stopped."""
    stopping.raise_once()
    try:
        result = soak()
    except (NotThere, RuntimeError, AssertionError) as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stopped:
        print("soak: stopped", file=sys.stderr)
        return 128 + stopped.args[0]
    if as_json:
        print(json.dumps(result))
    else:
        print(*lines(result), "; ".join(result["wrong"]) or "all is well", sep="\n")
    return 1 if result["wrong"] else 0
