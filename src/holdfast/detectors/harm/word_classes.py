"""Classes of words, so that a request can be read by its skeleton: "how ... KILL ... PERSON" and "how ... KILL ... PROCESS".

Which word or phrase stands for what is in `word_classes.en.txt` and `word_classes.zh.txt`, under the same class names, so that
the two languages share what is learnt of a skeleton. English words that ask (how, what, my, not ...) are classes of their own.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.core import InputError

__all__ = ["LONGEST", "ClassTable", "Lookup", "class_lookups", "class_texts", "classes_of_words", "endings", "phrase_forms"]

_FILES = ("word_classes.en.txt", "word_classes.zh.txt")
_MORE_FILES = {"signs.en.txt": "sign", "signs.zh.txt": "sign", "subjects.en.txt": "subject", "subjects.zh.txt": "subject"}
"""Files whose classes are named apart from those of `_FILES`; a word that stands there keeps the class it has there."""
_NO_CLASS = frozenset({"write", "self", "none", "make"})
"""Tags of `signs.*.txt` that make no class of words."""
_ALONE = tuple(
    " how what why who where when which can i my your own you he she we is are should do not never no if in for about from of to "
    "that with into someone ".strip().split()
)  # fmt: skip
_DOUBLING = "bdgklmnprt"
LONGEST = 4
"""Words of the longest phrase that has a class; a Chinese character counts as a word."""

_SHELF_BITS = 18
_SPREAD = 2654435769
"""Odd, so that no two hashes become one (Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4)."""

ClassTable = dict[str, int]
"""Word or phrase (words joined by a blank) to class number; numbers begin with 1."""


class Lookup(NamedTuple):
    """The phrases of one length: their spread hashes in rising order, and the class of each."""

    hashes: NDArray[np.uint32]
    classes: NDArray[np.uint32]
    shelves: NDArray[np.int32]
    """By the first bits of a hash, the place of the first phrase whose hash begins with them; -1 for none."""
    fullest: int
    """The most phrases on one shelf."""

    @classmethod
    def of(cls, hashes: NDArray[np.uint32], classes: NDArray[np.uint32]) -> Lookup:
        """Make one of phrases' hashes and classes; of equal hashes the first counts."""
        spread = _spread(hashes)
        order = np.argsort(spread, kind="stable")
        spread, classes = spread[order], classes[order]
        shelf = spread >> np.uint32(32 - _SHELF_BITS)
        shelves = np.full(1 << _SHELF_BITS, -1, dtype=np.int32)
        numbers, first, count = np.unique(shelf, return_index=True, return_counts=True)
        shelves[numbers] = first
        return cls(spread, classes, shelves, int(count.max(initial=0)))

    def find(self, runs: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """Return (places, ascending; classes) of those of some hashes that are a phrase's."""
        wanted = _spread(runs)
        at = np.take(self.shelves, wanted >> np.uint32(32 - _SHELF_BITS), mode="clip")
        places = np.flatnonzero(at >= 0)
        if not len(places):
            return places, self.classes[:0]
        at, wanted = at[places], wanted[places]
        last = len(self.hashes) - 1
        for _ in range(1, self.fullest):
            at += (self.hashes[at] < wanted) & (at < last)
        same = self.hashes[at] == wanted
        return places[same], self.classes[at[same]]


def _spread(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return hashes whose first bits are even where the given ones are not; equal for equal ones only."""
    return hashes * np.uint32(_SPREAD)


def endings(word: str) -> set[str]:
    """Return a word with its regular English endings; some that nobody uses among them, which do no harm.

    >>> sorted(endings("rob"))[:4]
    ['rob', 'robbed', 'robber', 'robbers']
    """
    forms = {word} | {word + ending for ending in ("s", "es", "ed", "ing", "er", "ers")}
    if word.endswith("e"):
        forms |= {f"{word}d", f"{word[:-1]}ing", f"{word}r", f"{word}rs"}
    if word.endswith("y"):
        forms |= {f"{word[:-1]}ies", f"{word[:-1]}ied"}
    if word[-1] in _DOUBLING:
        forms |= {word + word[-1] + ending for ending in ("ing", "ed", "er", "ers")}
    return forms


def phrase_forms(phrase: str) -> set[str]:
    """Return a phrase, its words joined by `_`, with the regular endings of its first word.

    >>> "broke into" in phrase_forms("break_into"), "breaking into" in phrase_forms("break_into")
    (False, True)
    """
    first, _, rest = phrase.replace("_", " ").partition(" ")
    return {f"{form} {rest}".rstrip() for form in endings(first)}


def classes_of_words(*texts: str) -> ClassTable:
    """Read lines `CLASS: words` (`CLASS+:` adds endings, `_` joins a phrase); a word listed twice keeps its first class.

    InputError names a line that is none.
    """
    numbers: dict[str, int] = {word: place for place, word in enumerate(_ALONE, start=1)}
    table: ClassTable = {}
    for text in texts:
        for place, line in enumerate(text.splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            name, colon, words = line.partition(":")
            if not colon:
                raise InputError(f"word classes, line {place}: expected 'CLASS: words', got {line[:40]!r}. Mend the line.")
            number = numbers.setdefault(name.rstrip("+"), len(numbers) + 1)
            for word in words.split():
                for form in sorted(phrase_forms(word)) if name.endswith("+") else (word.replace("_", " "),):
                    table.setdefault(form, number)
    for word in _ALONE:
        table.setdefault(word, numbers[word])
    return table


def class_texts() -> list[str]:
    """Return the texts that say which word has which class, those that count first before the others."""
    package = files(__package__)
    more = []
    for name, prefix in _MORE_FILES.items():
        lines = (package / name).read_text("utf-8").splitlines()
        tags = [line for line in lines if line.strip() and not line.startswith("#") and line.partition(":")[0].rstrip("+") not in _NO_CLASS]
        more.append("\n".join(f"{prefix}_{line}" for line in tags))
    return [*((package / name).read_text("utf-8") for name in _FILES), *more]


@cache
def class_lookups() -> dict[int, Lookup]:
    """Return the phrases by their number of words, the longest first."""
    from holdfast.detectors.harm.grams import phrase_hashes

    table = classes_of_words(*class_texts())
    lookups = {}
    hashes, lengths = phrase_hashes(tuple(table))
    classes = np.array(list(table.values()), dtype=np.uint32)
    for length in range(LONGEST, 0, -1):
        chosen = np.flatnonzero(lengths == length)
        lookups[length] = Lookup.of(hashes[chosen], classes[chosen])
    return lookups
