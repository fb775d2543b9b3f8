"""A process that is beside the gateway: it gives way, and ends with the one that began it."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
NICE = 19


def end_with_parent(parent: int) -> None:
    """Whoever kills `parent` ends this one, too; it must not learn on with nobody waiting."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # It ended before that was said.
        sys.exit(1)


def give_way(nice: int) -> None:
    """At 19, the processor when hardly anybody else wants it."""
    os.nice(max(nice - os.nice(0), 0))


def environment() -> dict[str, str]:
    """For a process with one thread that shares a GPU, if there is one, with the gateway."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC"), "1")
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
    return {
        **os.environ,
        **one,
        "XLA_FLAGS": flags,
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "NO_ALBUMENTATIONS_UPDATE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
