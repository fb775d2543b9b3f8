"""Joins kernel sources into one program and writes it as C.

`embed.py OUTPUT HEADER NAME SOURCE...` defines NAME and NAME_size.
"""

import sys
from pathlib import Path

HOST_ONLY = ("#include", "#pragma once")


def main(target: str, header: str, name: str, *sources: str) -> None:
    lines = [line for source in sources for line in Path(source).read_text().splitlines()]
    data = "".join(f"{line}\n" for line in lines if not line.startswith(HOST_ONLY)).encode()
    rows = [data[i : i + 16] for i in range(0, len(data), 16)]
    numbers = "".join("\t" + " ".join(f"{byte}," for byte in row) + "\n" for row in rows)
    Path(target).write_text(
        f'#include "{header}"\n\n'
        f"const unsigned char {name}[] = {{\n{numbers}}};\n"
        f"const size_t {name}_size = sizeof({name});\n"
    )


main(*sys.argv[1:])
