"""Where phrases stand in a batch of folded texts: one pass of an Aho-Corasick automaton over all texts at once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ahocorasick_rs import BytesAhoCorasick
from numpy.typing import NDArray

from holdfast.core import InputError
from holdfast.corpus.filters.characters import DIGIT, LETTER, classes_of, last_codes
from holdfast.corpus.filters.filter import Documents
from holdfast.similarity.folding import UNSEGMENTED, folded

__all__ = ["Found", "find_phrases", "read_phrases", "whole_words"]


class Found(NamedTuple):
    """Places at which a phrase stands, all within one line."""

    phrases: NDArray[np.int64]
    """The number of the phrase."""
    lines: NDArray[np.int64]
    """The number of the line."""
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def taken(self, kept: NDArray[np.bool_]) -> Found:
        """Return some of the places."""
        return Found(self.phrases[kept], self.lines[kept], self.starts[kept], self.ends[kept])


@lru_cache(maxsize=8)
def _automaton(phrases: tuple[bytes, ...]) -> BytesAhoCorasick:
    return BytesAhoCorasick(list(phrases))


def find_phrases(documents: Documents, phrases: tuple[str, ...]) -> Found:
    """Return every place of some folded phrases, overlapping ones as well. A phrase with a space stands with one plain space."""
    data, lines = documents.folded.data, documents.lines
    automaton = _automaton(tuple(phrase.encode() for phrase in phrases))
    places = automaton.find_matches_as_indexes(data.data, overlapping=True)
    found = np.array(places, dtype=np.int64).reshape(-1, 3)
    which, starts, ends = found[:, 0], found[:, 1], found[:, 2]
    # A phrase may seem to stand where one text ends and the next begins.
    line = np.searchsorted(lines.starts, starts, side="right") - 1
    return Found(which, line, starts, ends).taken(ends <= lines.ends[line])


def whole_words(documents: Documents, found: Found, phrases: tuple[str, ...]) -> Found:
    """Return the places with neither a letter nor a digit right before or after; scripts without spaces need none of that."""
    bounded = np.array([not any(_is_unsegmented(character) for character in phrase) for phrase in phrases], dtype=bool)
    data, lines = documents.folded.data, documents.lines
    free = np.ones(len(found.starts), dtype=bool)
    inner = np.flatnonzero(found.starts > lines.starts[found.lines])
    free[inner] &= (classes_of(last_codes(data, found.starts[inner])) & (LETTER | DIGIT)) == 0
    inner = np.flatnonzero(found.ends < lines.ends[found.lines])
    free[inner] &= (documents.characters.classes[found.ends[inner]] & (LETTER | DIGIT)) == 0
    return found.taken(free | ~bounded[found.phrases])


def read_phrases(path: str) -> tuple[str, ...]:
    """Return the phrases of a file, one per line, folded; raises InputError where it cannot be read or holds none."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: expected a text file in UTF-8 with one word or phrase per line, and it cannot be read: {error}."
        ) from None
    found = tuple(sorted({phrase for line in text.split("\n") if (phrase := _plain(line))}))
    if not found:
        raise InputError(f"{path}: expected one word or phrase per line, got none.")
    return found


def _plain(line: str) -> str:
    """Return a phrase as it stands in folded bytes, where characters of scripts without spaces have none around them."""
    plain = folded(line)
    return plain.replace(" ", "") if any(_is_unsegmented(character) for character in plain) else plain


def _is_unsegmented(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in UNSEGMENTED)
