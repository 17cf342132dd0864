"""Shards in the worker processes of a crew, one shard each at a time."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from holdfast.dataflow.crew import Crew

__all__ = ["run_processes"]

Shard = TypeVar("Shard")
Result = TypeVar("Result")

_AHEAD = 2
"""Shards per worker that may be done or under way beyond the one that is yielded next; this bounds memory."""


def run_processes(
    shards: Sequence[Shard],
    function: Callable[[Shard], Result],
    *,
    workers: int,
    name: Callable[[Shard], str],
    crew: Crew | None = None,
) -> Iterator[Result]:
    """Yield results in the order of the shards; see `holdfast.dataflow.run`. A crew that was given stays for the next job."""
    message = pickle.dumps(function, protocol=5)
    hired = crew or Crew(max(1, min(workers, len(shards))))
    pool = ThreadPoolExecutor(hired.size, thread_name_prefix="holdfast-shard")
    waiting = iter(shards)
    ahead: deque[Any] = deque()
    done = not shards
    try:
        for shard in waiting:
            ahead.append(pool.submit(hired.ask, message, shard, name))
            if len(ahead) >= _AHEAD * hired.size:
                break
        while ahead:
            result = ahead.popleft().result()
            for shard in waiting:
                ahead.append(pool.submit(hired.ask, message, shard, name))
                break
            # Said before the last result is given: a caller that has all of them need not ask for one more.
            done = not ahead
            yield result
    finally:
        # Also where the caller stops early or Ctrl-C is pressed: a thread that waits for its worker then reads an end of file.
        if crew is None or not done:
            hired.dismiss()
        pool.shutdown(cancel_futures=True)
