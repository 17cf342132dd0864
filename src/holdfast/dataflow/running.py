"""One call runs a function over shards, whatever the engine, and gives the results in the order of the shards."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeVar, get_args

from holdfast.core import InputError, did_you_mean
from holdfast.dataflow.crew import Crew
from holdfast.dataflow.processes import run_processes

__all__ = ["ENGINES", "SMALL", "Engine", "choose_engine", "processors", "run"]

Engine = Literal["plain", "processes", "daft", "ray"]
ENGINES: tuple[str, ...] = get_args(Engine)

SMALL = 20_000
"""Rows up to which starting worker processes takes longer than the work."""

Shard = TypeVar("Shard")
Result = TypeVar("Result")


def processors() -> int:
    """Return how many processors this process may use, at least 1."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def choose_engine(rows: int | None, workers: int | None = None) -> Engine:
    """Return 'plain' for little data or one worker, else 'processes'.

    Args:
        rows: about how many rows there are; None where nobody knows, which counts as many.
        workers: how many may work at once; None means one per processor.
    """
    if (workers or processors()) < 2:
        return "plain"
    return "plain" if rows is not None and rows <= SMALL else "processes"


def run(
    shards: Sequence[Shard],
    function: Callable[[Shard], Result],
    *,
    engine: str = "plain",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    name: Callable[[Shard], str] = str,
    address: str | None = None,
    crew: Crew | None = None,
) -> Iterator[Result]:
    """Yield `function(shard)` for every shard, in the order of the shards.

    Args:
        shards: parts of the work, small values that can be pickled (a path and a range, not the rows).
        function: pure, defined in a module that workers can import; what it returns is small (paths, a table of findings).
        engine: 'plain' is a loop in this process. 'processes' starts fresh Python processes on this machine, which is what
            gets past the interpreter lock. 'daft' and 'ray' hand the shards to Daft, in this process or on a cluster.
        workers: how many processes 'processes' starts; None means one per processor. Daft and Ray settle it themselves.
        progress: called with (shards done, shards in all), in order, in this process.
        name: how an error names a shard.
        address: where the Ray cluster is, for example 'ray://head:10001'; None starts Ray on this machine.
        crew: processes that 'processes' uses in place of its own; they are dismissed only where the run does not come to its end.

    Raises:
        InputError: the engine is not known.
        MissingExtraError: Daft or Ray is not installed.
        WorkerError: a worker process died; the message names its shard.
        Exception: whatever `function` raised, with a note that names the shard.
    """
    if engine not in ENGINES:
        raise InputError(f"engine {engine!r} is not known. {did_you_mean(engine, ENGINES)}")
    if workers is not None and workers < 1:
        raise InputError(f"workers must be at least 1, got {workers}.")
    if engine == "processes":
        results = run_processes(shards, function, workers=workers or processors(), name=name, crew=crew)
    elif engine == "plain":
        results = _run_plain(shards, function, name)
    else:
        from holdfast.dataflow.daft_runner import run_daft

        results = run_daft(shards, function, ray=engine == "ray", address=address, name=name)
    return _counted(results, len(shards), progress)


def _run_plain(shards: Sequence[Shard], function: Callable[[Shard], Result], name: Callable[[Shard], str]) -> Iterator[Result]:
    for shard in shards:
        try:
            result = function(shard)
        except Exception as error:
            error.add_note(f"This happened in {name(shard)}.")
            raise
        yield result


def _counted(results: Iterator[Result], total: int, progress: Callable[[int, int], None] | None) -> Iterator[Result]:
    for done, result in enumerate(results, start=1):
        if progress is not None:
            progress(done, total)
        yield result
