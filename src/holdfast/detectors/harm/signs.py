"""Signs of harm: a word of doing and soon after it a harmful thing, or a phrase that is plain by itself; and words of shelter.

Where the rules of tier 1 leave no doubt, a sign is evidence only: what each counts for beside the linear tier was fitted on held-out
text of our own (`training.combining`). All texts are searched at once by Aho-Corasick, and pairs are looked up in numpy, each
phrase with the few that follow it, in time linear in the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation
from numpy.typing import NDArray

from holdfast.detectors.harm.characters import plain_text
from holdfast.detectors.harm.sign_words import SELF, SHIELD, SignTables, sign_tables

__all__ = ["feature_names", "sign_features", "weighted"]

_MOST = 1_200
"""Of a longer text only this many characters at its beginning are read."""
_CHUNK = 4_000
"""Texts that are searched at once; bounds the memory."""
_GAP, _GAP_CHINESE = 45, 16
"""Characters between the two phrases of a sign, at most."""
_NEXT = 12
"""How many of the phrases that follow are paired with a phrase."""
_PLANE = 0x10000
_DROPPED, _LINE, _BLANK, _END, _LAST_SIGN = 0, ord("\n"), ord(" "), ord("|"), ord("/")
_FIRST_BEYOND_LATIN = 0x2E80


@cache
def _meanings() -> NDArray[np.uint32]:
    """Return what each character of the first plane stands for: itself in a word, the end of a sentence, a blank, or nothing."""
    table = np.full(_PLANE, _BLANK, dtype=np.uint32)
    for place in range(_PLANE):
        if chr(place).isalnum() or chr(place) == "\n":
            table[place] = place
    table[[ord(mark) for mark in "!?;。！？；|"]] = _END
    table[[ord(mark) for mark in "'\u2019\u200b\u200d\ufeff\u00ad"]] = _DROPPED
    return table


_SUMMARIES = ("any", "several", "any and shield", "no word of harm")


@cache
def feature_names() -> tuple[str, ...]:
    """Return the names of the columns of `sign_features`: every rule, and what they say together."""
    return (*sign_tables().names, *_SUMMARIES)


def weighted(weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Return weights by name in the order of the columns; a name that is absent counts nothing."""
    return np.array([weights.get(name, 0.0) for name in feature_names()])


def sign_features(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return a row of zeros and ones for each text: which rules found a sign, and the summaries of it."""
    chunks = [_features(texts[first : first + _CHUNK]) for first in range(0, len(texts), _CHUNK)]
    return np.concatenate(chunks) if chunks else np.zeros((0, len(feature_names())))


def _features(texts: Sequence[str]) -> NDArray[np.float64]:
    tables = sign_tables()
    codes = _normal(texts)
    joined = codes.tobytes().decode("utf-32-le")
    found = np.array(_automaton().find_matches_as_indexes(joined, overlapping=True), dtype=np.int64).reshape(-1, 3)
    phrase, start, end = _longest(found, tables)
    owners = np.searchsorted(np.flatnonzero(codes == _LINE), start)
    sentences = np.searchsorted(np.flatnonzero((codes == _LINE) | (codes == _END)), start)
    # A phrase stands here once for each of its tags.
    tagged = np.diff(tables.bounds)[phrase]
    where = np.repeat(np.arange(len(phrase)), tagged)
    tags = tables.tags[tables.bounds[phrase][where] + np.arange(len(where)) - np.repeat(np.cumsum(tagged) - tagged, tagged)]
    rules = np.zeros((len(texts), len(tables.names)), dtype=bool)
    lone = tables.alone[tags]
    rules[owners[where[lone >= 0]], lone[lone >= 0]] = True
    gaps = np.where(tables.chinese[phrase], _GAP_CHINESE, _GAP)
    for step in range(1, _NEXT + 1):
        first, second = where[:-step], where[step:]
        rule = tables.pairs[tags[:-step], tags[step:]]
        apart = start[second] - end[first]
        near = (rule >= 0) & (sentences[first] == sentences[second]) & (apart >= 0) & (apart <= gaps[first])
        rules[owners[first[near]], rule[near]] = True
    harm = np.zeros(len(texts), dtype=bool)
    harm[owners[where[tables.harm[tags]]]] = True
    return _with_summaries(rules, harm, tables)


def _with_summaries(rules: NDArray[np.bool_], harm: NDArray[np.bool_], tables: SignTables) -> NDArray[np.float64]:
    shield = tables.names.index(SHIELD)
    count = rules.sum(axis=1) - rules[:, shield] - rules[:, tables.names.index(SELF)]
    summaries = (count > 0, count > 1, (count > 0) & rules[:, shield], ~harm)
    return np.column_stack([rules, *summaries]).astype(np.float64)


@cache
def _automaton() -> AhoCorasick:
    return AhoCorasick(sign_tables().phrases, implementation=Implementation.ContiguousNFA)


def _normal(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Return the characters of all texts: a line each, single blanks between words, bars where sentences end, blanks around Latin runs."""
    joined = "\n".join([f" {plain_text(text[:_MOST])} ".replace("\n", ";") for text in texts])
    raw = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
    codes = _meanings()[np.minimum(raw, _PLANE - 1)]
    stops = np.flatnonzero(raw == ord("."))
    codes[stops[codes[np.minimum(stops + 1, len(codes) - 1)] == _BLANK]] = _END
    codes = codes[codes != _DROPPED]
    if not joined.isascii():
        latin = (codes < _FIRST_BEYOND_LATIN) & (codes > _LAST_SIGN)
        han = codes >= _FIRST_BEYOND_LATIN
        codes = np.insert(codes, np.flatnonzero((latin[:-1] & han[1:]) | (han[:-1] & latin[1:])) + 1, _BLANK)
    # Marks stand between blanks, so that a phrase before one is found; then runs of blanks become one.
    marks = np.flatnonzero((codes == _END) | (codes == _LINE))
    codes = np.insert(codes, np.concatenate([marks, marks + 1]), _BLANK)
    blank = codes == _BLANK
    single: NDArray[np.uint32] = codes[np.concatenate([[True], ~(blank[1:] & blank[:-1])])]
    return single


def _longest(found: NDArray[np.int64], tables: SignTables) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return phrase, start and end of those found that lie in no longer one that covers, by place, without the blanks around them."""
    phrase, start, end = found.T
    inset = (~tables.chinese[phrase]).astype(np.int64)
    start, end = start + inset, end - inset
    order = np.lexsort((-end, start))
    phrase, start, end = phrase[order], start[order], end[order]
    reach = np.where(tables.covers[phrase], end, -1)
    before = np.concatenate([[-1], np.maximum.accumulate(reach)[:-1]]) if len(end) else end
    kept = end > before
    return phrase[kept], start[kept], end[kept]
