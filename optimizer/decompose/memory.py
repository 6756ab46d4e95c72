"""Memory that a model leaves behind goes back to the system, so that what a process holds is what it needs."""

import ctypes
import gc
from contextlib import suppress


def tidy() -> None:
    """Collect what refers to itself, as models do; and return what is free, where the C library can (glibc)."""
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
