"""A reader that has read enough (`holdfast ... | head`) ends the output and not the command: its exit code stays the verdict's."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

__all__ = ["outlive_readers"]


class _Outlet(io.FileIO):
    """A file descriptor that goes on into nothing where nobody reads the other end any more."""

    def write(self, data: Any) -> int:
        """Write, or forget, all of the data."""
        try:
            return super().write(data)
        except BrokenPipeError:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)
            return memoryview(data).nbytes


def outlive_readers() -> None:
    """Let standard output and standard error of this process outlive whoever reads them; replaced streams are left alone."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or stream is not getattr(sys, f"__{name}__") or stream.isatty():
            continue
        stream.flush()
        outlet = io.BufferedWriter(_Outlet(stream.fileno(), "w", closefd=False))
        kept = {"encoding": stream.encoding, "errors": stream.errors}
        setattr(sys, name, io.TextIOWrapper(outlet, **kept, line_buffering=stream.line_buffering, write_through=stream.write_through))
