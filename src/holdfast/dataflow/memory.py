"""Memory of a worker process between two jobs."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys

__all__ = ["give_memory_back"]


def give_memory_back() -> None:
    """Return to the system what was freed: allocators keep it otherwise, and the next job works in other sizes."""
    gc.collect()
    if pyarrow := sys.modules.get("pyarrow"):
        pyarrow.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):
        # Only the GNU C library has it.
        ctypes.CDLL(None).malloc_trim(0)
