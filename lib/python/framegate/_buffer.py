"""Where the bytes of an object are, without a copy of them (PEP 3118)."""

import ctypes
from ctypes import POINTER, Structure, c_char_p, c_int, c_ssize_t, c_void_p, py_object

_SIMPLE = 0  # PyBUF_SIMPLE: bytes in one piece, read only


class _View(Structure):
    """Py_buffer, of the stable ABI."""

    _fields_ = [
        ("buf", c_void_p),
        ("obj", py_object),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_char_p),
        ("shape", POINTER(c_ssize_t)),
        ("strides", POINTER(c_ssize_t)),
        ("suboffsets", POINTER(c_ssize_t)),
        ("internal", c_void_p),
    ]


_get = ctypes.pythonapi.PyObject_GetBuffer
_get.argtypes = [py_object, POINTER(_View), c_int]
_get.restype = c_int
_release = ctypes.pythonapi.PyBuffer_Release
_release.argtypes = [POINTER(_View)]
_release.restype = None


class Bytes:
    """The bytes of an object: they stay where they are until `release`."""

    __slots__ = ("_view", "address", "size")

    def __init__(self, of: object) -> None:
        self._view = _View()
        _get(of, ctypes.byref(self._view), _SIMPLE)
        self.address: int = self._view.buf or 0
        self.size: int = self._view.len

    def release(self) -> None:
        """The object may change again."""
        _release(ctypes.byref(self._view))
