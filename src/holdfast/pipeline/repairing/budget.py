"""The time that a search for a repair may take: no trial is begun that would not fit, and a training that proves too long is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from holdfast.core import InputError
from holdfast.mitigate.repair import RepairCase
from holdfast.pipeline.repairing.remembered import Remembered
from holdfast.pipeline.repairing.trying import OutOfTime
from holdfast.plugins import ScoreRequest
from holdfast.training.rows import Conversation

__all__ = ["Budget", "estimate_training", "parse_budget"]

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_SAFETY = 1.25
"""A trial is expected to take this much longer than the longest one of its kind so far."""
_BACKWARD = 3.0
"""A training step takes about three times a forward pass (Kaplan et al., 2020, section 2.1)."""
_SAMPLE = 16
_EARLIEST = 5
"""Steps before a training's speed says anything: the first ones compile and allocate."""


def parse_budget(text: str) -> float:
    """Return the seconds of '90s', '30m', '2h' or a plain number of minutes; raises InputError for anything else.

    >>> parse_budget("30m"), parse_budget("1.5h"), parse_budget("2")
    (1800.0, 5400.0, 120.0)
    """
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "m")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise InputError(f"--budget {text!r} is no time. Write 90s, 30m or 2h.")
    return seconds


class Budget:
    """Seconds by the clock from now, less what earlier parts of the same run took, less a reserve for the last measurement and the page.

    Args:
        seconds: the whole budget.
        spent: by an earlier part of the run.
        clock: seconds that only go up.
    """

    def __init__(self, seconds: float, *, spent: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self._spent, self._clock = seconds, spent, clock
        self._began = clock()
        self.reserve = 0.0
        """Seconds kept back for what comes after the trials."""
        self._longest: dict[bool, float] = {}
        self._began_training, self._began_at = 0.0, 0

    @property
    def spent(self) -> float:
        """Seconds so far, earlier parts of the run included."""
        return self._spent + self._clock() - self._began

    @property
    def left(self) -> float:
        """Seconds for trials."""
        return self.seconds - self.spent - self.reserve

    def took(self, seconds: float, *, trains: bool) -> None:
        """Learn what a trial took, its measurement included."""
        self._longest[trains] = max(seconds, self._longest.get(trains, 0.0))

    def expects(self, *, trains: bool) -> float | None:
        """Return what a trial of that kind is expected to take; None where none was seen or estimated."""
        longest = self._longest.get(trains)
        return None if longest is None else longest * _SAFETY

    def fits(self, *, trains: bool) -> bool:
        """Tell whether another trial of that kind would end in time; one of unknown length fits while any time is left."""
        expected = self.expects(trains=trains)
        return self.left > (expected or 0.0)

    def watch(self, what: str, done: int, total: int) -> None:
        """Look at the progress of a training: raises OutOfTime where it would not end in time, seen from its speed so far."""
        if what != "training":
            return
        now = self.spent
        if done <= _EARLIEST:
            self._began_training, self._began_at = now, done
            return
        per_step = (now - self._began_training) / (done - self._began_at)
        if per_step * (total - done) > self.left:
            raise OutOfTime


def estimate_training(case: RepairCase, base: Remembered, rows: Sequence[Conversation]) -> float | None:
    """Return roughly how many seconds the fine-tune takes, from forward passes over a few rows; None where nobody can say."""
    config = case.training
    if config is None or not rows or not base.capabilities.scores:
        return None
    asked = [ScoreRequest(messages=row[:-1], continuations=(row[-1].content,)) for row in rows[:_SAMPLE] if len(row) > 1]
    if not asked:
        return None
    began = time.monotonic()
    base.score(asked)
    per_row = (time.monotonic() - began) / len(asked)
    passes = config.epochs if config.epochs is not None else (config.steps or 0) * config.batch * config.accumulation / len(rows) or 1
    return per_row * _BACKWARD * len(rows) * passes
