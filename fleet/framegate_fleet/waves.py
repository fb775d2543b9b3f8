"""Who is changed when."""

import math


def divide(names: list[str], sizes: list[int | str]) -> list[list[str]]:
    """Into waves: a number of gateways, a share of all of them, or `all` that are left.

    What is left when the sizes are used up is the last wave.
    """
    waves, rest = [], list(names)
    for size in [*sizes, "all"]:
        if size == "all":
            count = len(rest)
        elif isinstance(size, int):
            count = size
        else:
            count = max(1, math.ceil(len(names) * int(size.rstrip("%")) / 100))
        if rest:
            waves.append(rest[:count])
        rest = rest[count:]
    return waves
