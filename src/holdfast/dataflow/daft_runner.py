"""Shards on Daft: in this process, or on a Ray cluster through Daft's Ray runner."""

from __future__ import annotations

import importlib
import pickle
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, TypeVar

from holdfast.core import InputError, MissingExtraError, WorkerError
from holdfast.dataflow.quiet import silence_telemetry

__all__ = ["run_daft"]

_FRUITLESS = 5
"""How often in a row a cluster may fail before any part of the work has come back."""

_KNOCK = 10.0
"""Seconds that the port of a cluster may take to answer."""

Shard = TypeVar("Shard")
Result = TypeVar("Result")


def run_daft(
    shards: Sequence[Shard],
    function: Callable[[Shard], Result],
    *,
    ray: bool,
    address: str | None,
    name: Callable[[Shard], str],
) -> Iterator[Result]:
    """Yield results in the order of the shards; see `holdfast.dataflow.run`."""
    if not shards:
        return
    daft = _open(ray, address)
    early: dict[int, Any] = {}
    following = lost = 0
    while following < len(shards):
        left = [number for number in range(following, len(shards)) if number not in early]
        before = len(left)
        try:
            for number, answer in _ask(daft, left, shards, function, ray=ray, name=name):
                early[number] = answer
                before -= 1
                while following in early:
                    yield early.pop(following)
                    following += 1
        except _OfShard as failed:
            raise failed.error from None
        except Exception as error:
            # A query of Daft's ends with the node that a part of it was on; what has not come back is asked for again.
            if not (ray and _of_ray(error)):
                raise
            lost = 0 if before < len(left) else lost + 1
            if lost == _FRUITLESS:
                message = f"The Ray cluster lost workers {lost} times in a row before any part of the work was done ({_first(error)})."
                raise WorkerError(f"{message} Look at `ray status`, and give the same command again: what is done is kept.") from error


def _ask(
    daft: Any,
    numbers: Sequence[int],
    shards: Sequence[Shard],
    function: Callable[[Shard], Result],
    *,
    ray: bool,
    name: Callable[[Shard], str],
) -> Iterator[tuple[int, Result]]:
    """Yield the numbers of shards and their results, whichever is ready first."""
    # One shard per batch, or Daft would answer when all are done; threads, since Arrow and numpy let go of the interpreter lock.
    answer = daft.func.batch(return_dtype=daft.DataType.binary(), batch_size=1, use_process=False)(_answers)
    questions = [pickle.dumps((function, shards[number]), protocol=5) for number in numbers]
    frame = daft.from_pydict({"number": list(numbers), "question": questions})
    if ray:
        frame = frame.into_partitions(len(numbers))
    rows = frame.select(daft.col("number"), answer(daft.col("question")).alias("answer")).iter_rows(results_buffer_size=None)
    # An iterator of Daft's that is left half read hangs the interpreter when it ends.
    with closing(rows):
        for row in rows:
            good, found = pickle.loads(row["answer"])
            if not good:
                found.add_note(f"This happened in {name(shards[row['number']])}.")
                raise _OfShard(found)
            yield row["number"], found


def _answers(questions: Any) -> list[bytes]:
    return [_answer(question) for question in questions.to_pylist()]


def _answer(question: bytes) -> bytes:
    """Return the pickled result of one shard, or what it raised."""
    function, shard = pickle.loads(question)
    try:
        return pickle.dumps((True, function(shard)), protocol=5)
    except Exception as error:
        error.add_note(traceback.format_exc())
        return pickle.dumps((False, error), protocol=5)


class _OfShard(Exception):
    """What the function raised, whatever it is: no reason to ask again."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _of_ray(error: Exception) -> bool:
    """Return whether an error is of the cluster and not of the work."""
    kinds: tuple[type[Exception], ...] = (sys.modules["ray"].exceptions.RayError,)
    return isinstance(error, kinds)


def _first(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]


def _knock(address: str | None) -> None:
    """Raise InputError where nobody listens at HOST:PORT; Ray itself would try for minutes."""
    host, _, port = (address or "").rpartition("://")[2].rpartition(":")
    if not (host and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK).close()
    except OSError as error:
        raise InputError(f"the Ray cluster at {address} cannot be reached ({error.strerror or error}). Start it, or mend --ray.") from error


def _open(ray: bool, address: str | None) -> Any:
    silence_telemetry()
    engine = "ray" if ray else "daft"
    for module in ("daft", "ray") if ray else ("daft",):
        try:
            importlib.import_module(module)
        except ImportError as error:
            message = f"engine {engine!r} needs the package {module!r}, which is not installed. Run: pip install 'holdfast[cluster]'"
            raise MissingExtraError(message) from error
    daft = importlib.import_module("daft")
    if ray and not sys.modules["ray"].is_initialized():
        _knock(address)
        try:
            daft.set_runner_ray(address, noop_if_initialized=True)
        except (ConnectionError, RuntimeError, ValueError) as error:
            message = (
                f"the Ray cluster at {address or 'this machine'} cannot be reached ({_first(error)}). Look at `ray status` on its head"
            )
            raise InputError(f"{message}; where it asks for a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN.") from error
    # A process keeps the first runner that Daft had in it, and says nothing where another is asked for.
    running = daft.runners.get_or_create_runner().name
    if running != ("ray" if ray else "native"):
        raise InputError(f"engine {engine!r} was asked for, and Daft already has its {running!r} runner in this process. Start a new one.")
    return daft
