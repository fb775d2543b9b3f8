"""Writes a file's bytes as C: `embed.py INPUT OUTPUT HEADER NAME` defines NAME and NAME_size."""

import sys
from pathlib import Path


def main(source: str, target: str, header: str, name: str) -> None:
    data = Path(source).read_bytes()
    rows = [data[i : i + 16] for i in range(0, len(data), 16)]
    numbers = "".join("\t" + " ".join(f"{byte}," for byte in row) + "\n" for row in rows)
    Path(target).write_text(
        f'#include "{header}"\n\n'
        f"const unsigned char {name}[] = {{\n{numbers}}};\n"
        f"const size_t {name}_size = sizeof({name});\n"
    )


main(*sys.argv[1:])
