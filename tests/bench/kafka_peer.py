"""librdkafka's own rdkafka_performance, from the example that Debian packages as source."""

import shutil
import subprocess
from pathlib import Path

from testbed import places

EXAMPLE = Path("/usr/share/doc/librdkafka-dev/examples/rdkafka_performance.c")
# The three internal headers that it includes, as far as it uses them.
SHIM = """\
#pragma once
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
typedef int64_t rd_ts_t;
static inline rd_ts_t rd_clock(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (rd_ts_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
#define rd_snprintf snprintf
#define RD_MIN(a, b) ((a) < (b) ? (a) : (b))
#define RD_MAX(a, b) ((a) > (b) ? (a) : (b))
"""


def peer_program(folder: Path) -> Path:
    """Debian's rdkafka_performance, compiled outside librdkafka's tree."""
    source = places.need(EXAMPLE, "apt-get install librdkafka-dev, with its documentation")
    (folder / "src").mkdir()
    (folder / "examples").mkdir()
    for name in ("src/rd.h", "examples/rd.h", "examples/rdtime.h"):
        (folder / name).write_text(SHIM)
    (folder / "examples/rdkafka.h").write_text("#include <librdkafka/rdkafka.h>\n")
    shutil.copy(source, folder / "examples")
    program = folder / "rdkafka_performance"
    command = ["gcc", "-O2", "-w", "-Iexamples", f"examples/{EXAMPLE.name}", "-o", program]
    subprocess.run(
        [*command, "-lrdkafka", "-lpthread", "-lz"], cwd=folder, check=True, capture_output=True
    )
    return program
