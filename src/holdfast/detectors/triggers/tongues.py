"""Whether an answer is in another language than its request, of a few written in Latin letters, by their function words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["other_tongue"]

_ENGLISH = 0
_READ = 400
_LEAST = 3
"""Function words that a text must hold to be of a language."""
_LEAST_ASKED = 2
_CLEARLY = 2
"""Times as many as the function words of the request's own language, some of which other languages have too."""
_WORDS = (
    "the|of|and|to|is|in|that|it|for|you|with|are|this|be|was|have|as|by|from|an|how|what|which|not|your|can",
    "der|die|das|und|auf|dem|ist|nicht|ein|eine|einen|mit|sich|auf|für|von|dem|den|zu|wird|sind|wie|auch|oder|ich|sie|wir|bei",
    "le|la|les|et|est|un|une|des|du|dans|que|qui|pour|pas|sur|avec|vous|nous|ce|cette|sont|plus|au|aux|ne|il|je",
    "el|los|las|y|es|una|del|que|en|por|con|para|no|se|su|como|más|pero|muy|está|son|lo|al|usted|puede",
    "il|lo|gli|e|è|una|di|che|non|per|con|sono|della|del|dei|nel|come|più|anche|questo|si|alla|ma|io",
    "o|os|as|e|é|um|uma|do|da|que|não|para|com|em|por|mais|como|são|você|ao|dos|das|no|na|se",
    "de|het|een|en|is|niet|van|dat|die|te|op|met|voor|zijn|aan|ook|er|maar|om|wordt|bij|naar|je|ik",
)
"""English, German, French, Spanish, Italian, Portuguese, Dutch."""


def other_tongue(answers: pa.Array, requests: pa.Array) -> NDArray[np.bool_]:
    """Return which folded answers are in another language than their folded request; a request of none of these counts as English."""
    other = np.zeros(len(answers), dtype=bool)
    # Most rows are English on both sides: the other languages are counted for the rest only.
    english = _in_english(requests, _LEAST_ASKED) & _in_english(answers, _LEAST)
    places = np.flatnonzero(~english)
    if len(places):
        chosen = pa.array(places)
        other[places] = _differs(answers.take(chosen), requests.take(chosen))
    return other


def _differs(answers: pa.Array, requests: pa.Array) -> NDArray[np.bool_]:
    said = _counts(answers)
    # Most of these rows are short: without function words there is nothing to tell.
    told = np.flatnonzero(said.max(axis=0) >= _LEAST)
    other = np.zeros(len(answers), dtype=bool)
    if len(told):
        other[told] = _apart(said[:, told], _counts(requests.take(pa.array(told))))
    return other


def _apart(said: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.bool_]:
    best = asked.argmax(axis=0)
    wanted = np.where(asked.max(axis=0) >= _LEAST_ASKED, best, _ENGLISH)
    rows = np.arange(said.shape[1])
    same = said[wanted, rows]
    said[wanted, rows] = -1
    others = said.max(axis=0)
    other: NDArray[np.bool_] = (others >= _LEAST) & (others >= _CLEARLY * same)
    return other


def _in_english(texts: pa.Array, least: int) -> NDArray[np.bool_]:
    """Return which texts begin with so many function words of English: a text is read no further than to the last of them."""
    read = pc.utf8_slice_codeunits(texts, 0, _READ)
    found: NDArray[np.bool_] = pc.match_substring_regex(read, rf"(?s)(?:\b(?:{_WORDS[_ENGLISH]})\b.*?){{{least}}}").to_numpy(
        zero_copy_only=False
    )
    return found


def _counts(texts: pa.Array) -> NDArray[np.int64]:
    return np.stack([_count(texts, language) for language in range(len(_WORDS))])


def _count(texts: pa.Array, language: int) -> NDArray[np.int64]:
    """Return how many function words of a language each text begins with."""
    read = pc.utf8_slice_codeunits(texts, 0, _READ)
    counted: NDArray[np.int64] = (
        pc.count_substring_regex(read, rf"\b(?:{_WORDS[language]})\b").to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return counted
