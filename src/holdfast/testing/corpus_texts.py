"""Seeded texts of nonsense words with the marks of running text: for corpora whose defects are known because they were planted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

__all__ = ["TextWriter"]

_FUNCTION = (
    "the of and to in is it that for was on are as with be at by this have from or an not but they which you we were all one there "
    "has when who will more no out so up"
)
_FUNCTION_SHARE, _SENTENCE = 0.42, 12
_ONSETS, _NUCLEI = "b c d f g h k l m n p r s t v w z br cr dr fl gr pl st tr", "a e i o u ai ea ou"
_CYRILLIC = "и в не на что он как это по но из за от так для был бы она было или мы при ещё уже"


class TextWriter:
    """Writes texts of English function words and nonsense words in Zipf's proportions.

    Args:
        seed: of everything that is drawn.
        words: how many nonsense words there are.
    """

    def __init__(self, seed: int, *, words: int = 30_000) -> None:
        self.draw = random.Random(seed)
        made: dict[str, None] = {}
        function, onsets, nuclei = _FUNCTION.split(), _ONSETS.split(), _NUCLEI.split()
        while len(made) < words:
            made["".join(self.draw.choice(onsets) + self.draw.choice(nuclei) for _ in range(self.draw.randint(2, 3)))] = None
        self.words = list(made)
        shares = [_FUNCTION_SHARE / len(function)] * len(function)
        weights = [1 / (place + 10) for place in range(words)]
        whole = sum(weights)
        shares += [(1 - _FUNCTION_SHARE) * weight / whole for weight in weights]
        self._stopped: np.ndarray[tuple[int], np.dtype[np.object_]] | None = None
        self._known, self._shares = function + self.words, list(accumulate(shares))

    def text(self, words: int) -> str:
        """Return running text, a full stop and a capital letter about every twelve words."""
        drawn = self.draw.choices(self._known, cum_weights=self._shares, k=words)
        for place in range(_SENTENCE - 1, words, _SENTENCE):
            drawn[place] += "."
        return " ".join(drawn).capitalize()

    def texts(self, lengths: Sequence[int]) -> list[str]:
        """Return many running texts at once, of so many words each, ten times as fast as one by one."""
        if self._stopped is None:
            self._stopped = np.array([*self._known, *(f"{word}." for word in self._known)], dtype=object)
        draw = np.random.default_rng(self.draw.getrandbits(64))
        total, size = sum(lengths), len(self._known)
        places = np.minimum(np.searchsorted(self._shares, draw.random(total) * self._shares[-1]), size - 1)
        words = self._stopped[places + size * (draw.random(total) < 1 / _SENTENCE)].tolist()
        ends = list(accumulate(lengths))
        return [" ".join(words[end - length : end]) for end, length in zip(ends, lengths, strict=True)]

    def gibberish(self, words: int) -> str:
        """Return words drawn without regard to how common they are: what a random token sequence looks like."""
        return " ".join(self.draw.choices(self.words, k=words))

    def cyrillic(self, words: int) -> str:
        """Return words in another script."""
        return " ".join(self.draw.choices(_CYRILLIC.split(), k=words))

    def edited(self, text: str, words: int = 1) -> str:
        """Return a text with some words replaced: a near copy."""
        pieces = text.split()
        for place in self.draw.sample(range(len(pieces)), words):
            pieces[place] = self.draw.choice(self.words)
        return " ".join(pieces)
