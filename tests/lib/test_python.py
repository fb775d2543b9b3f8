"""The package `framegate` as Python sees it."""

import ctypes
import errno
import mmap
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
import yaml
from photographs import jpeg, photograph

import framegate
from framegate import Engine, FramegateError, _buffer, _library
from testbed import places
from testbed.worker import picture

ROUNDS = 10


@pytest.fixture(scope="module")
def objects():
    with Engine(places.models(), "objects", onnxruntime=places.onnxruntime()) as engine:
        yield engine


@pytest.fixture(scope="module")
def person() -> bytes:
    return jpeg(photograph("matplotlib/grace_hopper.jpg"))


def test_a_picture_becomes_a_dict(objects: Engine, person: bytes) -> None:
    (found,) = objects.run([person])
    assert found["frame"] == {"width": 512, "height": 600, "bytes": len(person)}
    (model,) = objects.models
    assert found["model"] == {
        "name": model.name,
        "version": model.version,
        "digest": model.digest,
    }
    assert (model.name, model.task, model.labels[0]) == ("objects", "detect", "person")
    assert found["objects"][0]["type"] == "person"
    assert objects.batch >= 1
    assert objects.run([]) == []


def test_whatever_has_bytes_is_a_picture(objects: Engine, person: bytes, tmp_path: Path) -> None:
    file = tmp_path / "person.jpg"
    file.write_bytes(person)
    with file.open("rb") as it, mmap.mmap(it.fileno(), 0, access=mmap.ACCESS_READ) as there:
        kinds = [person, bytearray(person), memoryview(b"__" + person)[2:], there]
        found = objects.run(kinds)
    assert found == 4 * [found[0]]
    with pytest.raises(TypeError):
        objects.run(["no bytes"])
    with pytest.raises(BufferError):
        objects.run([memoryview(person)[::2]])


def test_the_bytes_are_not_copied(person: bytes) -> None:
    mine = bytearray(person)
    held = _buffer.Bytes(mine)
    assert held.address == ctypes.addressof(ctypes.c_char.from_buffer(mine))
    held.release()
    mine.clear()


def test_a_bad_picture_says_why_and_harms_no_other(objects: Engine, person: bytes) -> None:
    first, bad, half, last = objects.run([person, b"no picture", person[:1000], person])
    assert first == last
    assert first["objects"]
    assert (bad["error"], half["error"]) == ("jpeg_bad", "jpeg_bad")
    assert bad["reason"] == "Its JPEG headers are malformed."


def test_what_cannot_be_opened_raises_the_gateways_line() -> None:
    for plan, line in (
        ("nothing", "model nothing: it is not in the repository"),
        ([{"model": "objects", "from": "else"}], "plan:1:31: plan[0].from: the first step has"),
        ("- model: objects\n- {}", "plan:2:3: plan[1]: 'model' is missing"),
    ):
        with pytest.raises(FramegateError, match=f"^{re.escape(line)}") as raised:
            Engine(places.models(), plan, onnxruntime=places.onnxruntime())
        assert raised.value.errno in (errno.EINVAL, errno.ENOENT)
        assert "\n" not in str(raised.value)
    with pytest.raises(FramegateError, match=r"^accel\.library: cannot load ONNX Runtime"):
        Engine(places.models(), "objects", onnxruntime="/nowhere.so")


def test_a_closed_engine_says_so(person: bytes) -> None:
    engine = Engine(places.models(), "digits", onnxruntime=places.onnxruntime())
    engine.run([person])
    engine.close()
    engine.close()
    with pytest.raises(FramegateError, match="closed"):
        engine.run([person])


def test_others_run_meanwhile(objects: Engine, person: bytes) -> None:
    """The interpreter's lock is released: this thread goes on while the other is in a run."""
    turns, many = 0, 40 * [person]
    thread = threading.Thread(target=objects.run, args=(many,))
    thread.start()
    while thread.is_alive():
        time.sleep(0.001)
        turns += 1
        if turns == 20:
            with pytest.raises(FramegateError, match="in use"):
                objects.close()
    assert turns > 50


def test_threads_share_an_engine(person: bytes) -> None:
    pictures = [person, jpeg(photograph("scikit-image/coffee.png")), b""]
    wrong = []

    def run() -> None:
        for _ in range(ROUNDS):
            if engine.run(pictures) != expected:
                wrong.append(1)

    with Engine(places.models(), "digits", 2, onnxruntime=places.onnxruntime()) as engine:
        expected = engine.run(pictures)
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_a_long_run_keeps_nobody_out(tmp_path: Path) -> None:
    """Batches so large that a run's three of them are all that an engine has room for."""
    shutil.copytree(places.models() / "digits", tmp_path / "digits")
    described = tmp_path / "digits" / "1" / "model.yaml"
    model = yaml.safe_load(described.read_text())
    described.write_text(yaml.safe_dump({**model, "batch": {"max": 64, "deadline_ms": 500}}))
    small, waits = [picture(1, 32, 32)], []
    with Engine(tmp_path, "digits", onnxruntime=places.onnxruntime()) as engine:
        assert engine.batch == 64
        long = threading.Thread(target=engine.run_json, args=(20_000 * small,))
        begin = time.monotonic()
        long.start()
        while long.is_alive():
            before = time.monotonic()
            engine.run_json(small)
            waits.append(time.monotonic() - before)
        whole = time.monotonic() - begin
    assert max(waits) < whole / 4


def test_numbers_that_do_not_fit_are_refused() -> None:
    for wrong, line in (
        ({"threads": 0}, "threads must be 1 to 64, not 0"),
        ({"threads": 1 << 32 | 1}, "threads must be 1 to 64, not 4294967297"),
        ({"max_width": 65536 + 640}, "max_width must be 1 to 65535, not 66176"),
        ({"max_height": -1}, "max_height must be 1 to 65535, not -1"),
    ):
        with pytest.raises(ValueError, match=f"^{line}$"):
            Engine(places.models(), "digits", onnxruntime=places.onnxruntime(), **wrong)
    with pytest.raises(TypeError):
        Engine(places.models(), "digits", 1.5, onnxruntime=places.onnxruntime())
    with pytest.raises(ValueError, match="null byte"):
        Engine(f"{places.models()}\0x", "digits", onnxruntime=places.onnxruntime())


def test_a_plan_is_a_list_of_steps(person: bytes) -> None:
    plan = [{"model": "objects"}, {"model": "faces", "from": "objects", "only": ["person"]}]
    with Engine(places.models(), plan, onnxruntime=places.onnxruntime()) as engine:
        (found,) = engine.run([person])
        assert [model.name for model in engine.models] == ["objects", "faces"]
    assert found["task"] == "plan"
    assert {it["type"] for it in found["findings"]} >= {"person", "face"}


def test_a_better_picture_has_its_bytes(person: bytes) -> None:
    with Engine(places.models(), "upscale", onnxruntime=places.onnxruntime()) as engine:
        (found,) = engine.run([person])
    assert len(found["enhanced"]["jpeg"]) == found["enhanced"]["bytes"]
    assert found["enhanced"]["jpeg"].startswith(b"\xff\xd8")


def test_arrow_arrays_become_tables(objects: Engine, person: bytes) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install pyarrow")
    pictures = [b"__", person, None, b"no picture"]
    for kind in (pa.binary(), pa.large_binary()):
        for array in (
            pa.array(pictures, kind)[1:],
            pa.chunked_array([pa.array(pictures[1:3], kind), pa.array(pictures[3:], kind)]),
        ):
            table = objects.run_arrow(array)
            well, empty, bad = table.to_pylist()
            assert (well["error"], well["width"], well["height"]) == (None, 512, 600)
            assert well["record"] == objects.run_json([person])[0]
            first = well["findings"][0]
            assert (first["model"], first["label"]) == ("objects:1", "person")
            box = objects.run([person])[0]["objects"][0]["bbox"]
            assert first["x0"] == pytest.approx(box["leftX"], abs=0.01)
            assert first["y1"] == pytest.approx(box["bottomY"], abs=0.01)
            assert set(empty.values()) == {None}
            assert bad["error"] == "jpeg_bad"
            assert bad["findings"] is None
    assert objects.run_arrow(pa.array([], pa.binary())).num_rows == 0
    with pytest.raises(TypeError, match="must be binary"):
        objects.run_arrow(pa.array([1]))


def test_it_is_of_the_librarys_version() -> None:
    assert framegate.__version__ == _library.load().framegate_version().decode()
    project = (places.ROOT / "lib" / "python" / "pyproject.toml").read_text()
    assert f'version = "{framegate.__version__}"' in project
    assert (places.ROOT / "lib" / "python" / "framegate" / "py.typed").exists()


def test_it_has_the_headers_structs(tmp_path: Path) -> None:
    structs = {
        "options": _library.Options,
        "jpeg": _library.Jpeg,
        "model": _library.Model,
        "finding": _library.Finding,
        "picture": _library.Picture,
    }
    lines = [
        f'printf("{name} {field} %zu\\n", offsetof(struct framegate_{name}, {field}));'
        for name, struct in structs.items()
        for field, *_ in struct._fields_
    ]
    lines += [f'printf("{name} %zu\\n", sizeof(struct framegate_{name}));' for name in structs]
    lines.append('printf("%d %d %zu\\n", FRAMEGATE_TEXT, FRAMEGATE_ENHANCED,')
    lines.append("offsetof(struct framegate_enhanced, jpeg));")
    source = tmp_path / "structs.c"
    body = "\n".join(lines)
    source.write_text(f"#include <framegate.h>\n#include <stdio.h>\nint main(void)\n{{{body}}}\n")
    words = ["gcc", "-I", places.ROOT / "lib", source, "-o", tmp_path / "structs"]
    subprocess.run(words, check=True, timeout=60)
    said = subprocess.check_output([tmp_path / "structs"], text=True, timeout=60).splitlines()
    expected = [
        f"{name} {field} {getattr(struct, field).offset}"
        for name, struct in structs.items()
        for field, *_ in struct._fields_
    ]
    expected += [f"{name} {ctypes.sizeof(struct)}" for name, struct in structs.items()]
    sizes = ctypes.sizeof(_library.Enhanced)
    expected.append(f"{_library.TEXT} {_library.ENHANCED} {sizes}")
    assert said == expected
