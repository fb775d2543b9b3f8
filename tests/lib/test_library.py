"""The shared library as a file: what it gives, what it needs, and that its example runs."""

import json
import os
import re
import subprocess
from pathlib import Path

from photographs import jpeg, photograph

from testbed import places

# What is loaded with it: no packet framework, no Kafka client, no web server, no systemd.
NEEDS = {"libcyaml", "libyaml", "libjansson", "libjpeg", "libgnutls", "libm", "libc"}
HEADER = places.ROOT / "lib"


def said(*words: object, **more: object) -> str:
    return subprocess.run(
        [*map(str, words)], capture_output=True, text=True, check=True, timeout=60, **more
    ).stdout


def test_it_gives_its_functions_and_nothing_else(library: Path) -> None:
    given = re.findall(
        r"^\S+ (.) (\w+)(?:@@\w+)?$", said("nm", "-D", "--defined-only", library), re.M
    )
    functions = sorted(name for kind, name in given if kind != "A")
    header = (HEADER / "framegate.h").read_text()
    assert functions == sorted(set(re.findall(r"\b(framegate_\w+)\(", header)))


def test_it_needs_no_dpdk_and_no_kafka(library: Path) -> None:
    facts = said("readelf", "-d", library)
    needed = {it.split(".so")[0].split("-")[0] for it in re.findall(r"NEEDED.*\[(.*)\]", facts)}
    assert needed - {"ld"} <= NEEDS
    assert re.search(r"SONAME.*\[libframegate\.so\.0\]", facts)
    loaded = said("ldd", library)
    assert not re.search(r"librte_|librdkafka|libmicrohttpd|libcurl|libsystemd|not found", loaded)


def test_its_header_is_c_and_cpp(tmp_path: Path) -> None:
    flags = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", HEADER]
    said("gcc", "-std=c11", *flags, "-x", "c", HEADER / "framegate.h")
    source = tmp_path / "user.cpp"
    source.write_text("#include <framegate.h>\nint main() { return framegate_batch(nullptr); }\n")
    said("g++", "-std=c++17", *flags, source)


def test_the_example_compiles_and_runs(library: Path, tmp_path: Path) -> None:
    program = tmp_path / "example"
    where = {**os.environ, "PKG_CONFIG_PATH": str(places.build() / "meson-uninstalled")}
    flags = said("pkg-config", "--cflags", "--libs", "framegate", env=where).split()
    words = ["-std=c11", "-Wall", "-Wextra", "-Werror", HEADER / "example.c"]
    said("gcc", *words, *flags, "-o", program)
    picture = tmp_path / "person.jpg"
    picture.write_bytes(jpeg(photograph("matplotlib/grace_hopper.jpg")))
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": str(library.parent),
        "FRAMEGATE_ONNXRUNTIME": str(places.onnxruntime()),
    }
    words = [program, places.models(), "objects", picture, HEADER / "example.c", "/nowhere"]
    lines = [json.loads(line) for line in said(*words, env=environment).splitlines()]
    assert {it["type"] for it in lines[0]["objects"]} == {"person"}
    assert [it["error"] for it in lines[1:]] == ["jpeg_bad", "jpeg_bad"]
    failed = subprocess.run(
        [program, "/nowhere", "objects", picture], env=environment, capture_output=True, text=True
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith("example: ")
    assert failed.stderr.count("\n") == 1
    assert len((HEADER / "example.c").read_text().splitlines()) < 50
