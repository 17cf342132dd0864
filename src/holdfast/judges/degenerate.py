"""Answers that are no answers: empty, all thinking, cut off at the start, or going round in a loop.

Gibberish without repetition is not seen here: it is a blind spot of every rule, and stands on the judge's card.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import re2

from holdfast.core import FinishReason, Manner
from holdfast.judges.reading import encodable, visible_text

__all__ = ["emptiness", "is_loop", "is_truncated", "split_thinking"]

_SAMPLE = 8_000
"""Characters looked at from each end of a long text: a loop, once entered, is rarely left."""
_MEANINGFUL = re2.compile(r"[\p{L}\p{N}\p{So}\p{Sm}\p{Sc}]")
_FILLER = frozenset("-=_*#.~ \t\n|+—–─━═…·")
_TOKEN = re.compile(r"(?:[^\W\u2e80-\U0010ffff]|')+|\S")
"""A word below U+2E80, or one other character; one class per branch, so that it takes time in proportion to the text."""
_THINK_OPEN = re2.compile(r"(?i)\A\s*<(think|thinking|reasoning)>")
_THINK_CLOSE = re2.compile(r"(?i)</(?:think|thinking|reasoning)>")

_LONGEST_PERIOD = 60
_LEAST_REPEATS = 5
_LEAST_LOOP = 24
"""Tokens that a loop must cover at least, whatever its period."""
_COMPRESSION = 8.0
"""Ordinary English and Chinese prose of 1,000 to 8,000 characters compresses 1.6 to 3.5 times, tables and code up to about 5."""
_TOO_SHORT_WORDS = 7
_TOO_SHORT_HAN = 8


def split_thinking(text: str) -> tuple[str, str | None]:
    """Return (answer, thinking) of a text that may open with a thinking block; an unclosed block leaves no answer.

    >>> split_thinking("<think>hm</think>Hello")
    ('Hello', 'hm')
    """
    text = encodable(text)
    if "<" not in text:
        return text, None
    opening = _THINK_OPEN.search(text[:200])
    closing = _THINK_CLOSE.search(text)
    if opening is None:
        return text, None
    if closing is None:
        return "", text[opening.end() :]
    return text[closing.end() :], text[opening.end() : closing.start()]


def emptiness(answer: str, thinking: str | None) -> Manner | None:
    """Return EMPTY or THINKING_ONLY for an answer with no letter, digit or symbol in it, else None."""
    if _MEANINGFUL.search(visible_text(answer[:_SAMPLE])) or any(character.isalnum() for character in answer[_SAMPLE:]):
        return None
    return Manner.THINKING_ONLY if thinking and thinking.strip() else Manner.EMPTY


def is_truncated(answer: str, finish: FinishReason) -> bool:
    """True where the token budget ran out before a first sentence: at most 7 words or 8 Chinese characters, no full stop."""
    if finish is not FinishReason.LENGTH:
        return False
    visible = visible_text(answer[:_SAMPLE])
    han = sum("\u4e00" <= character <= "\u9fff" for character in visible)
    short = han <= _TOO_SHORT_HAN if han else len(visible.split()) <= _TOO_SHORT_WORDS
    return short and not visible.endswith((".", "!", "?", "。", "！", "？"))


def is_loop(answer: str) -> bool:
    """True where a text, or its end, repeats itself: one character, a unit of up to 60 tokens, or whole passages.

    A unit must come at least 5 times and cover 24 tokens; longer passages are found by the compression ratio of the
    last 4,000 characters. Rules, underscores and table borders do not count.
    """
    visible = visible_text(answer[:_SAMPLE] + answer[max(_SAMPLE, len(answer) - _SAMPLE) :])
    tokens = _tokens(visible.lower())
    characters, words = _Units.of_characters(visible), _Units.of_tokens(tokens)
    return (
        any(characters.repeats(period, 60 if period == 1 else 120) for period in range(1, 9))
        or any(words.repeats(period, max(period * (_LEAST_REPEATS - 1), _LEAST_LOOP - period)) for period in _periods(tokens))
        or _compressible(visible)
    )


def _periods(tokens: list[str]) -> list[int]:
    """Distances at which three tokens in a row come again at least four times: the only periods that a loop can have."""
    last: dict[tuple[str, str, str], int] = {}
    distances: Counter[int] = Counter()
    grams = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
    if len(grams) - len(set(grams)) < _LEAST_REPEATS - 1:
        return []
    for index, gram in enumerate(grams):
        distances[index - last.get(gram, -_SAMPLE)] += 1
        last[gram] = index
    return [period for period, count in distances.items() if period <= _LONGEST_PERIOD and count >= _LEAST_REPEATS - 1]


def _tokens(text: str) -> list[str]:
    """Words, single Chinese characters and single marks."""
    return _TOKEN.findall(text)


class _Units:
    """Characters or tokens, numbered by what they are."""

    def __init__(self, ids: np.ndarray, units: Sequence[str]) -> None:
        self._ids = ids
        self._units = units

    @cached_property
    def _solid(self) -> np.ndarray:
        return np.concatenate(([0], np.cumsum([unit[0] not in _FILLER for unit in self._units])))

    @classmethod
    def of_characters(cls, text: str) -> _Units:
        ids = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)
        return cls(ids, text)

    @classmethod
    def of_tokens(cls, tokens: Sequence[str]) -> _Units:
        numbers: dict[str, int] = {}
        ids = np.array([numbers.setdefault(token, len(numbers)) for token in tokens], dtype=np.int64)
        return cls(ids, tokens)

    def __len__(self) -> int:
        return len(self._ids)

    def repeats(self, period: int, enough: int) -> bool:
        """True where at least `enough` units in a row equal the one `period` before, and half of them are no filler."""
        if len(self) < period + enough:
            return False
        apart = self._ids[period:] != self._ids[:-period]
        # Most texts have not as many such units in all, in a row or not.
        if len(apart) - np.count_nonzero(apart) < enough:
            return False
        breaks = np.flatnonzero(apart)
        edges = np.concatenate(([-1], breaks, [len(self) - period]))
        starts, ends = edges[:-1] + 1, edges[1:]
        long = ends - starts >= enough
        solid = self._solid[ends[long] + period] - self._solid[starts[long] + period]
        return bool(np.any(2 * solid >= (ends - starts)[long]))


def _compressible(text: str) -> bool:
    tail = text[-4_000:].encode("utf-8", "replace")
    return len(tail) >= 800 and len(tail) / len(zlib.compress(tail, 6)) > _COMPRESSION
