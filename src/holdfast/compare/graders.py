"""Who grades: judges opened by name, given the errors that were measured of them, and closed again."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from holdfast.plugins import Judge, close_judge, give_ledger, open_judge, read_ledger

__all__ = ["Judges", "open_grader"]


class Judges(NamedTuple):
    """One judge for every response, and a second one, where there is one, for the prompts that flipped."""

    first: Judge
    second: Judge | None = None


def open_grader(reference: str, ledger: Path | None, closing: ExitStack) -> Judge:
    """Open a judge that `closing` closes; `ledger` is a file with its measured errors.

    Raises JudgeError where the file knows nothing of exactly this judge.
    """
    known = read_ledger(ledger) if ledger is not None else None
    judge = open_judge(reference)
    closing.callback(close_judge, judge)
    if known is not None:
        give_ledger(judge, known)
    return judge
