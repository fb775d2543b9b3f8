"""libframegate as ctypes sees it: lib/framegate.h says what everything means."""

import ctypes
import os
from ctypes import (
    POINTER,
    Structure,
    c_bool,
    c_char_p,
    c_float,
    c_int,
    c_int32,
    c_size_t,
    c_uint,
    c_uint8,
    c_uint16,
    c_uint32,
    c_void_p,
)
from pathlib import Path

SONAME = "libframegate.so.0"
ERROR_SIZE = 512
JSON = 1  # a flag of framegate_run()
TEXT, ENHANCED = 6, 7  # kinds of a finding's rest


class Options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("repository", c_char_p),
        ("model", c_char_p),
        ("plan", c_char_p),
        ("threads", c_uint32),
        ("onnxruntime", c_char_p),
        ("backend", c_char_p),
        ("max_width", c_uint16),
        ("max_height", c_uint16),
    ]


class Jpeg(Structure):
    _fields_ = [("data", c_void_p), ("size", c_size_t)]


class Model(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("version", c_uint32),
        ("digest", c_char_p),
        ("task", c_char_p),
        ("label_count", c_size_t),
        ("labels", POINTER(c_char_p)),
        ("keypoint_count", c_size_t),
        ("keypoints", POINTER(c_char_p)),
    ]


class Enhanced(Structure):
    """Its bytes follow."""

    _fields_ = [("width", c_uint16), ("height", c_uint16), ("size", c_uint32), ("psnr", c_float)]


class Finding(Structure):
    _fields_ = [
        ("model", c_uint32),
        ("label", c_uint32),
        ("name", c_char_p),
        ("confidence", c_float),
        ("x0", c_float),
        ("y0", c_float),
        ("x1", c_float),
        ("y1", c_float),
        ("parent", c_int32),
        ("kind", c_int),
        ("rest", c_void_p),
        ("rest_size", c_size_t),
    ]


class Picture(Structure):
    _fields_ = [
        ("error", c_int),
        ("cause", c_char_p),
        ("why", c_char_p),
        ("width", c_uint32),
        ("height", c_uint32),
        ("orientation", c_uint8),
        ("task", c_char_p),
        ("truncated", c_bool),
        ("disagreement", c_float),
        ("finding_count", c_size_t),
        ("findings", POINTER(Finding)),
        ("json", c_void_p),
        ("json_size", c_size_t),
    ]


# Name: (what it returns, what it takes).
FUNCTIONS = {
    "framegate_open": (c_void_p, [POINTER(Options), c_char_p]),
    "framegate_close": (None, [c_void_p]),
    "framegate_models": (POINTER(Model), [c_void_p, POINTER(c_size_t)]),
    "framegate_batch": (c_size_t, [c_void_p]),
    "framegate_results_create": (c_void_p, []),
    "framegate_results_destroy": (None, [c_void_p]),
    "framegate_run": (c_int, [c_void_p, POINTER(Jpeg), c_size_t, c_uint, c_void_p]),
    "framegate_pictures": (POINTER(Picture), [c_void_p, POINTER(c_size_t)]),
    "framegate_version": (c_char_p, []),
}


def load() -> ctypes.CDLL:
    """The library: that of $FRAMEGATE_LIBRARY, of the wheel, or of the system.

    Its functions run without the interpreter's lock.
    """
    beside = Path(__file__).with_name(SONAME)
    named = os.environ.get("FRAMEGATE_LIBRARY")
    library = ctypes.CDLL(named or (str(beside) if beside.exists() else SONAME), use_errno=True)
    for name, (returns, takes) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = returns
        function.argtypes = takes
    return library
