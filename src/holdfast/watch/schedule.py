"""When to look: dense at the start, where safety goes, and sparse once nothing moves."""

from __future__ import annotations

import math

__all__ = ["Schedule"]

_DENSE = 4
"""The first steps are all looked at: ten rows can undo an alignment in five, and a look that passed is one to go back to."""
_GROWTH = 2.0
_ANSWERS_EVERY = 8
"""Every so many looks the model is asked in any case, whatever the cheap signals say."""


class Schedule:
    """Says at which optimiser steps to look, and at which of these to generate.

    The gap between looks grows from 1 by the factor 2 while nothing moves, up to `longest`, and falls to a quarter where
    something does. It depends on the readings alone and on no clock, so the same run always looks at the same steps.
    """

    def __init__(self, longest: int | None = None) -> None:
        """`longest` is the largest gap in steps; None leaves it at 200."""
        self.longest = max(1, longest if longest is not None else 200)
        self._next = 1
        self._gap = 1.0
        self._looks = 0

    def start_at(self, step: int) -> None:
        """Begin (again) after `step` steps, densely."""
        self._next, self._gap, self._looks = step + 1, 1.0, 0

    def due(self, step: int) -> bool:
        """Tell whether to look after this step."""
        return step >= self._next

    def asks_anyway(self) -> bool:
        """Tell whether the look that is due is one of the fixed points at which answers are generated in any case."""
        return self._looks % _ANSWERS_EVERY == _ANSWERS_EVERY - 1

    def looked(self, step: int, *, moved: bool) -> None:
        """Take note of a look: it decides when the next one is."""
        self._looks += 1
        if moved:
            self._gap = max(1.0, self._gap / 4)
        elif self._looks >= _DENSE:
            self._gap = min(float(self.longest), self._gap * _GROWTH)
        self._next = step + min(self.longest, math.ceil(self._gap))
