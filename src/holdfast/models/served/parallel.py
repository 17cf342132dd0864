"""Several requests at once, in threads that nobody has to wait for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

__all__ = ["in_parallel"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def in_parallel(call: Callable[[_Item], _Result], items: Sequence[_Item], *, threads: int) -> list[_Result]:
    """Return `call` of every item, in order; the first error of any is raised at once.

    The threads are daemons: a command that is ended does not wait for a server that says nothing, which a
    ThreadPoolExecutor would do when Python exits.
    """
    waiting: SimpleQueue[int | None] = SimpleQueue()
    done: SimpleQueue[tuple[int, _Result | None, BaseException | None]] = SimpleQueue()
    workers = [
        Thread(target=_work, args=(call, items, waiting, done), daemon=True, name="holdfast-request")
        for _ in range(min(threads, len(items)))
    ]
    for index in range(len(items)):
        waiting.put(index)
    for worker in workers:
        waiting.put(None)
        worker.start()
    results: dict[int, _Result] = {}
    try:
        for _ in items:
            index, result, error = done.get()
            if error is not None:
                raise error
            results[index] = result  # type: ignore[assignment]  # a result that is None is one of a call that returns None
    except BaseException:
        with suppress(Empty):
            while True:
                waiting.get_nowait()
        for _ in workers:
            waiting.put(None)
        raise
    return [results[index] for index in range(len(items))]


def _work(
    call: Callable[[_Item], _Result],
    items: Sequence[_Item],
    waiting: SimpleQueue[int | None],
    done: SimpleQueue[tuple[int, _Result | None, BaseException | None]],
) -> None:
    while (index := waiting.get()) is not None:
        try:
            done.put((index, call(items[index]), None))
        except BaseException as error:
            done.put((index, None, error))
