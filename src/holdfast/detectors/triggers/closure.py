"""Whether the text closes over a string once it is taken out: the mark of something put into sentences that do without it.

What stands before and after an inserted string would be neighbours without it, and they look like neighbours: pairs of words
that follow each other elsewhere in the set. The neighbours of a word that belongs where it stands do not: no sentence ends in
"a". The score is the mean, over distinct pairs of neighbours, of the logarithm of how often the pair follows each other
against how often it would by chance (pointwise mutual information with half a sighting added to both), in nats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.triggers.words import Prompts

__all__ = ["Neighbours"]

_HALF = 0.5


class Neighbours:
    """How often tokens follow each other, in all prompts of a set."""

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts
        self._tokens = tokens = prompts.tokens.astype(np.int64)
        within = prompts.turns[:-1] == prompts.turns[1:]
        self._size = len(prompts.words)
        keys = tokens[:-1][within] * self._size + tokens[1:][within]
        self._pairs, self._pair_counts = np.unique(keys, return_counts=True)
        self._first = np.bincount(tokens[:-1][within], minlength=self._size)
        self._second = np.bincount(tokens[1:][within], minlength=self._size)
        self._total = max(int(within.sum()), 1)

    def closure(self, starts: NDArray[np.int64], length: int) -> float:
        """Return the mean over distinct neighbours of a string that begins at some tokens; above 0 they go together.

        A mark of the turn's beginning or end is a neighbour too. One that the string itself holds is what stands at its side.
        """
        tokens = self._tokens
        ends = starts + length - 1
        at_start, at_end = tokens[starts] < 2, tokens[ends] == 2
        left = np.where(at_start, tokens[starts], tokens[np.maximum(starts - 1, 0)])
        right = np.where(at_end, tokens[ends], tokens[np.minimum(ends + 1, len(tokens) - 1)])
        pairs = np.unique(left * self._size + right)
        return float(np.mean(self._information(pairs))) if len(pairs) else 0.0

    def _information(self, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        left, right = pairs // self._size, pairs % self._size
        at = np.minimum(np.searchsorted(self._pairs, pairs), len(self._pairs) - 1)
        seen = np.where(self._pairs[at] == pairs, self._pair_counts[at], 0)
        by_chance = self._first[left] * (self._second[right] / self._total)
        # Half a sighting on both sides: a pair that was never seen says something only where chance would have brought it about.
        return np.log((seen + _HALF) / (by_chance + _HALF))
