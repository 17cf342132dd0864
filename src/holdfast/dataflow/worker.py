"""What runs in a worker process: read a function and then shards, answer each with its result, until another function comes.

Messages are pickles on the standard streams; both ends are ours. `python -m` starts it and not `multiprocessing`, which
would run the user's own script a second time where that lacks a `__main__` guard.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import traceback
from typing import Any

from holdfast.dataflow.memory import give_memory_back

__all__ = ["main"]


def main() -> None:
    """Serve shards until the other end closes the pipe."""
    # Ctrl-C is the parent's to handle: it ends the workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    # What a function prints must not end up between two answers.
    os.dup2(2, 1)
    function: Any = None
    while True:
        try:
            kind, value = pickle.load(questions)
        except EOFError:
            return
        if kind == "prepare":
            _prepare(value)
        elif kind == "take":
            # What the last function held goes before the next one makes its own.
            if function is not None:
                function = None
                give_memory_back()
            function = pickle.loads(value)
        else:
            answers.write(_answer(function, value))
            answers.flush()


def _prepare(first: Any) -> None:
    # Only a head start: what goes wrong here goes wrong again where it counts, and is told there.
    with contextlib.suppress(Exception):
        first()


def _answer(function: Any, shard: Any) -> bytes:
    try:
        return pickle.dumps((True, function(shard)), protocol=5)
    except Exception as error:
        told = traceback.format_exc()
        error.add_note(told)
        try:
            message = pickle.dumps((False, error), protocol=5)
            pickle.loads(message)
        except Exception:
            # An exception whose constructor takes other arguments than it keeps cannot be carried over.
            return pickle.dumps((False, RuntimeError(told)), protocol=5)
        return message


if __name__ == "__main__":
    main()
