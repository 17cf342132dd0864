"""The skeleton of a text: the classes of its words, and between them marks of its shape, which lower-cased words have lost.

Marks say where a text, a sentence, a clause or quoted text begins, what ends with a question mark, and which words without a
class are names or numbers. So "how to" that opens a request differs from "how to" in its middle, and class grams tell a
question from an order. A run of words without a class is one mark, whatever its length.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.harm.characters import Characters, Mark

__all__ = ["Token", "Words", "skeleton"]


class Token(IntEnum):
    """A token that is no class; numbers of classes are smaller."""

    BEGIN = 1 << 16
    """A text begins."""
    SENTENCE = BEGIN + 1
    """Another sentence or line begins."""
    COLON = BEGIN + 2
    CODE = BEGIN + 3
    COMMA = BEGIN + 4
    QUOTED = BEGIN + 5
    """A word follows at once on a quotation mark."""
    QUESTION = BEGIN + 6
    """A question mark."""
    END = BEGIN + 7
    """A text ends, without a question mark."""
    WORD = BEGIN + 8
    """One or more words without a class."""
    NAME = BEGIN + 9
    """One or more words without a class and with a capital, which open no sentence."""
    NUMBER = BEGIN + 10


_BEFORE, _QUOTE, _OWN, _AFTER = range(4)
"""Places that each word has in the skeleton: what stands before it, whether it opens quoted text, itself, and what follows."""
_WITHIN = ((Mark.COMMA, Token.COMMA), (Mark.CODE, Token.CODE), (Mark.COLON, Token.COLON))
"""Of several such marks before a word the last of these kinds counts, and the end of a sentence before all."""
_DIGIT = ord("0")


class Words(NamedTuple):
    """The words of many texts, one after another."""

    hashes: NDArray[np.uint32]
    first: NDArray[np.int64]
    """Place of the first character of each word."""
    last: NDArray[np.int64]
    bounds: NDArray[np.int64]
    """Text i's words stand at `bounds[i]` up to `bounds[i + 1]`."""
    han: NDArray[np.bool_]
    """Which words are one Han character."""


def skeleton(
    characters: Characters, words: Words, classes: NDArray[np.uint32], inside: NDArray[np.bool_]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the tokens of all texts, and the bounds of each text's.

    `classes` has the class of the phrase that begins at each word, 0 for none; `inside` tells which words such a phrase covers.
    """
    places = np.zeros((len(words.first), 4), dtype=np.uint32)
    filled = np.diff(words.bounds) > 0
    places[words.bounds[1:][filled] - 1, _AFTER] = Token.END
    _put_marks(places, characters, words)
    places[words.bounds[:-1][filled], _BEFORE] = Token.BEGIN
    own = _own_tokens(places[:, _BEFORE], characters, words, classes, inside)
    again = np.zeros(len(own), dtype=np.bool_)
    again[1:] = (own[1:] == own[:-1]) & (own[1:] >= Token.WORD)
    own[again & (places[:, _BEFORE] == 0)] = 0
    places[:, _OWN] = own
    flat = places.ravel()
    found = np.flatnonzero(flat)
    return flat[found], np.searchsorted(found, words.bounds * places.shape[1])


def _put_marks(places: NDArray[np.uint32], characters: Characters, words: Words) -> None:
    """Set what stands before and after words. What stands after a text's last word goes to the next text's first, which begins anyway."""
    where = np.flatnonzero(characters.marks > Mark.CAPITAL)
    what = characters.marks[where]
    following = np.searchsorted(words.first, where)
    asked = what == Mark.QUESTION
    owners = np.searchsorted(characters.starts, where[asked], side="right") - 1
    previous = following[asked] - 1
    places[previous[previous >= words.bounds[owners]], _AFTER] = Token.QUESTION
    followed = following < len(words.first)
    where, what, following = where[followed], what[followed], following[followed]
    at_once = words.first[following] == where + 1
    for mark, token in _WITHIN:
        places[following[what == mark], _BEFORE] = token
    ended = (what == Mark.STOP) | (what == Mark.QUESTION) | ((what == Mark.PERIOD) & ~at_once)
    places[following[ended], _BEFORE] = Token.SENTENCE
    places[following[(what == Mark.QUOTE) & at_once], _QUOTE] = Token.QUOTED


def _own_tokens(
    before: NDArray[np.uint32], characters: Characters, words: Words, classes: NDArray[np.uint32], inside: NDArray[np.bool_]
) -> NDArray[np.uint32]:
    """Return the class of each word, or which kind of word without one it is; 0 for words inside a phrase."""
    own = classes.copy()
    free = np.flatnonzero((classes == 0) & ~inside)
    first = words.first[free]
    opens = (before[free] >= Token.BEGIN) & (before[free] <= Token.COLON)
    name = (characters.marks[first] == Mark.CAPITAL) & ~opens & (words.last[free] > first)
    own[free] = np.where(name, Token.NAME, np.where(characters.codes[first] == _DIGIT, Token.NUMBER, Token.WORD))
    return own
