"""Which rows each optimiser step sees: shuffled passes over the training rows, with steps on safety rows in between."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from holdfast.core import Value

__all__ = ["StepOrder", "total_steps"]


def total_steps(rows: int, *, rows_per_step: int, epochs: int, every: int | None = None) -> int:
    """Return how many optimiser steps `epochs` passes over the rows take, with those on safety rows: one of every `every` steps.

    A step takes its rows from the end of one pass and the start of the next where the passes do not divide evenly.

    >>> total_steps(100, rows_per_step=16, epochs=2), total_steps(100, rows_per_step=16, epochs=2, every=5)
    (13, 16)
    """
    training = math.ceil(rows * epochs / rows_per_step)
    # The last step may be short of rows, so it is always one on training rows.
    return training if every is None else training + (training - 1) // (every - 1)


class StepOrder(Value, frozen=True, kw_only=True):
    """The order of rows through a whole training. The same values give the same order, on any machine and after any restart.

    Row numbers from `rows` on mean safety rows. Every pass is shuffled anew.
    """

    rows: int
    steps: int
    rows_per_step: int
    seed: int
    epochs: int | None = None
    """Training ends after so many passes, in the middle of the last step if need be; None goes on for all steps."""
    safety_rows: int = 0
    every: int | None = None
    """Every so many steps one is on safety rows alone."""

    def __iter__(self) -> Iterator[int]:
        """Yield row numbers."""
        training, safety = self._passes(self.rows, "rows", self.epochs), self._passes(self.safety_rows, "safety", None)
        for step in range(1, self.steps + 1):
            from_safety = self.every is not None and step % self.every == 0
            for _ in range(self.rows_per_step):
                row = next(safety) + self.rows if from_safety else next(training, None)
                if row is None:
                    return
                yield row

    def __len__(self) -> int:
        """Return how many row numbers it yields."""
        full = self.steps * self.rows_per_step
        if self.epochs is None:
            return full
        safety_steps = self.steps // self.every if self.every is not None else 0
        return min(full, self.rows * self.epochs + safety_steps * self.rows_per_step)

    def _passes(self, rows: int, name: str, passes: int | None) -> Iterator[int]:
        number = 0
        while rows and (passes is None or number < passes):
            yield from np.random.default_rng([self.seed, number, *name.encode()]).permutation(rows).tolist()
            number += 1
