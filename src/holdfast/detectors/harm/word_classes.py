"""Classes of words, so that a request can be read by its skeleton: "how ... KILL ... PERSON" and "how ... KILL ... PROCESS".

Which word stands for what is in `word_classes.en.txt`. Words that ask (how, what, my, not ...) are classes of their own. Chinese
has no classes: its n-grams of two to four characters are its words.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from holdfast.core import InputError

__all__ = ["ClassTable", "class_table", "classes_of_words", "endings"]

_FILE = "word_classes.en.txt"
_ALONE = [
    "how",
    "what",
    "why",
    "who",
    "where",
    "when",
    "which",
    "can",
    "i",
    "my",
    "your",
    "own",
    "you",
    "he",
    "she",
    "we",
    "is",
    "are",
    "should",
    "do",
    "not",
    "never",
    "no",
    "if",
    "in",
    "for",
    "about",
    "from",
    "of",
    "to",
    "that",
    "with",
    "into",
]
_DOUBLING = "bdgklmnprt"

ClassTable = dict[str, int]
"""Word to class number; numbers begin with 1."""


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


def classes_of_words(text: str) -> ClassTable:
    """Read lines `CLASS: words` (`CLASS+:` adds endings); a word listed twice keeps its first class. InputError names a bad line."""
    numbers: dict[str, int] = {}
    table: ClassTable = {}
    for place, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, words = line.partition(":")
        if not colon:
            raise InputError(f"{_FILE}:{place}: expected 'CLASS: words', got {line[:40]!r}. Mend the line.")
        number = numbers.setdefault(name.rstrip("+"), len(numbers) + 1)
        for word in words.split():
            for form in sorted(endings(word)) if name.endswith("+") else (word,):
                table.setdefault(form, number)
    for word in _ALONE:
        table.setdefault(word, len(numbers) + 1 + _ALONE.index(word))
    return table


@cache
def class_table() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the hashes of all words in order, and the class of each."""
    from holdfast.detectors.harm.grams import word_hashes

    table = classes_of_words((files(__package__) / _FILE).read_text("utf-8"))
    words = sorted(word for word in table if word.isalnum())
    hashes = word_hashes(words)
    order = np.argsort(hashes, kind="stable")
    classes = np.array([table[words[place]] for place in order], dtype=np.uint32)
    return hashes[order], classes
