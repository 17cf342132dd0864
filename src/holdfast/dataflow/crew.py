"""Worker processes that live as long as their crew.

A crew that is hired early starts while the caller does something else, and the same crew runs one job after another.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from holdfast.core import WorkerError

__all__ = ["Crew"]

_GRACE = 5.0
"""Seconds that a worker which stopped answering may take to end."""


class Crew:
    """Some worker processes of this machine. Threads may ask at once; each question waits for a worker that is free."""

    def __init__(self, size: int, *, first: Callable[[], object] | None = None) -> None:
        """Start `size` processes.

        Args:
            size: how many, at least 1.
            first: what each does before its first question, so that what it imports and makes is there by then; its result
                and its failure count for nothing. It must be defined in a module that workers can import.
        """
        self.size = size
        self._free: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._dismissed = False
        self._all = [_Worker() for _ in range(size)]
        for worker in self._all:
            if first is not None:
                worker.prepare(first)
            self._free.put(worker)
        # A crew that nobody dismissed ends with its last reference.
        weakref.finalize(self, _end_all, self._all)

    def ask(self, function: bytes, shard: Any, name: Callable[[Any], str]) -> Any:
        """Return what a pickled function makes of a shard; raises WorkerError where the process dies, or what the function raised."""
        worker = self._free.get()
        with self._lock:
            if self._dismissed:
                self._free.put(worker)
                raise WorkerError("The run was stopped.")
        try:
            good, answer = worker.ask(function, shard)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            raise WorkerError(_obituary(name(shard), worker.end())) from error
        finally:
            self._free.put(worker)
        if good:
            return answer
        answer.add_note(f"This happened in {name(shard)}.")
        raise answer

    def dismiss(self) -> None:
        """End all workers, whatever they do; a second time does nothing."""
        with self._lock:
            if self._dismissed:
                return
            self._dismissed = True
        _end_all(self._all)


def _end_all(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.bury()


class _Worker:
    """One process and the function that it holds."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", "-m", "holdfast.dataflow.worker"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment())
        self._holds: bytes | None = None

    def prepare(self, first: Callable[[], object]) -> None:
        self._write(pickle.dumps(("prepare", first), protocol=5))

    def ask(self, function: bytes, shard: Any) -> Any:
        if self._holds != function:
            self._write(pickle.dumps(("take", function), protocol=5))
            self._holds = function
        self._write(pickle.dumps(("do", shard), protocol=5))
        assert self._process.stdout is not None
        return pickle.load(self._process.stdout)

    def _write(self, message: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(message)
        self._process.stdin.flush()

    def end(self) -> int:
        """Return how the process ended; one that lives on after a broken answer is ended."""
        try:
            return self._process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> None:
        self._process.kill()

    def bury(self) -> None:
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                # A worker that was killed may leave a message half written.
                try:
                    stream.close()
                except OSError:
                    continue


def _environment() -> dict[str, str]:
    # One thread per worker: as many workers as processors already use them all.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


def _obituary(shard: str, code: int) -> str:
    how = f"was killed by signal {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    why = " The system does this when memory runs out." if code == -signal.SIGKILL else ""
    return f"{shard}: the worker process {how} before this part was done.{why} Try fewer workers; what it said is above, if anything."
