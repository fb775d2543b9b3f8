"""Compiles the kernels for CUDA and writes what comes of it as C, which goes into the program.

`compile_cuda.py NVCC NAME SOURCE OUTPUT DEPFILE INCLUDE...` defines NAME and NAME_size: machine
code for GPUs of compute capability 9.0 (H100, H200), and for 7.5 and all later ones a form that
their driver compiles.
"""

import subprocess
import sys
from pathlib import Path

ARCHITECTURES = ("arch=compute_90,code=sm_90", "arch=compute_75,code=compute_75")


def main(nvcc: str, name: str, source: str, target: str, depfile: str, *includes: str) -> None:
    binary = f"{target}.fatbin"
    command = [
        nvcc,
        "-fatbin",
        "-O3",
        # What is rounded once is said so, as for the other ways.
        "-fmad=false",
        "--Werror",
        "all-warnings",
        "-MD",
        "-MF",
        depfile,
        "-MT",
        target,
    ]
    for folder in includes:
        command += ["-I", folder]
    for architecture in ARCHITECTURES:
        command += ["-gencode", architecture]
    subprocess.run([*command, "-o", binary, source], check=True)
    data = Path(binary).read_bytes()
    rows = [data[i : i + 16] for i in range(0, len(data), 16)]
    numbers = "".join("\t" + " ".join(f"{byte}," for byte in row) + "\n" for row in rows)
    Path(target).write_text(
        '#include "devices/kernels/binary.h"\n\n'
        f"_Alignas(16) const unsigned char {name}[] = {{\n{numbers}}};\n"
        f"const size_t {name}_size = sizeof({name});\n"
    )


main(*sys.argv[1:])
