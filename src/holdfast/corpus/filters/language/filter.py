"""Which language a document is in: its script first, then the function words of the languages that share the script.

Function words tell languages apart on any text of a few sentences (Grefenstette, "Comparing two language identification schemes",
1995, measured them against letter trigrams: as good from 20 words on), need no trained weights, and cost one look into a table
per word. What they cannot do: short texts, lists, word-for-word neighbours (Norwegian and Danish, Croatian and Serbian), and
languages that have no list, which look like the nearest one with a low share of function words.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import InputError, Value, did_you_mean
from holdfast.corpus.filters.characters import first_codes
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.language.function_words import FUNCTION_WORDS
from holdfast.corpus.filters.language.scripts import HAN, KANA, NONE, SCRIPTS, WEIGHTS, scripts_of
from holdfast.corpus.filters.measuring import Limit, beyond, measured, share
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.words import U64, hash_words

__all__ = ["LANGUAGES", "Language"]

_ALONE = {
    "Han": "zh", "kana": "ja", "Hangul": "ko", "Thai": "th", "Hebrew": "he", "Greek": "el", "Bengali": "bn", "Tamil": "ta", "Telugu": "te",
    "Georgian": "ka", "Armenian": "hy", "Khmer": "km", "Lao": "lo", "Burmese": "my", "Ethiopic": "am", "Gujarati": "gu",
    "Gurmukhi": "pa", "Kannada": "kn", "Malayalam": "ml", "Sinhala": "si",
}  # fmt: skip
"""The main language of scripts that are told by the script alone."""
_LISTED = {"Cyrillic": ("ru", "uk", "bg", "sr"), "Arabic": ("ar", "fa", "ur"), "Devanagari": ("hi", "mr")}
_UNKNOWN = "und"
LANGUAGES = tuple(sorted({*FUNCTION_WORDS, *_ALONE.values(), _UNKNOWN}))
"""What a document can be found to be in: ISO 639-1, and 'und' without a function word or a script that tells."""
_KANA_SHARE = 0.1
"""Kana among Han and kana from which a text is Japanese, whose nouns are written in Han."""
_BITS = 18


class _Lists(NamedTuple):
    hashes: U64
    weights: NDArray[np.float64]
    """One row per function word, one column per language: 1 / the number of languages of its script that have it."""
    likely: NDArray[np.bool_]
    scripts: NDArray[np.int64]
    """The script of each language that has a list; LATIN for most."""


class Language(Value, frozen=True, kw_only=True):
    """Takes documents in another language than those to keep, and those that are in none clearly."""

    name: ClassVar[str] = "language"
    version: ClassVar[str] = "1"
    source: ClassVar[str] = "script and function words, lists of our own; Grefenstette 1995 for the method"
    measures: ClassVar[Mapping[str, str]] = {
        "language": f"The most likely language, one of {', '.join(sorted(set(LANGUAGES) - {_UNKNOWN}))}; 'und' where nothing tells.",
        "script_share": "Share of the words that are in that language's script.",
        "language_share": "Its share of the function words found in that script; 1 where the script alone tells.",
        "function_words": "Its function words per word of that script; null where the script alone tells. Few mean a list.",
    }

    keep: tuple[str, ...] = ("en", "zh")
    min_script_share: float | None = 0.5
    min_language_share: float | None = 0.4
    min_function_words: float | None = 0.08

    def __post_init__(self) -> None:
        """Refuse languages that are never found."""
        for language in self.keep:
            if language not in LANGUAGES:
                raise InputError(f"filters.language: keep names {language!r}, which is never found. {did_you_mean(language, LANGUAGES)}")

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return nothing: no setting changes a measure."""
        return {}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch."""
        count, owners = len(documents.texts), documents.owners
        scripts = scripts_of(first_codes(documents.folded.data, documents.words.starts))
        cells = np.bincount(owners * len(SCRIPTS) + scripts, minlength=count * len(SCRIPTS)).reshape(count, len(SCRIPTS)) * WEIGHTS
        cells[:, NONE] = 0
        japanese = cells[:, KANA] > _KANA_SHARE * (cells[:, HAN] + cells[:, KANA])
        cells[:, KANA] = np.where(japanese, cells[:, KANA] + cells[:, HAN], 0)
        cells[japanese, HAN] = 0
        script = np.where(cells.any(axis=1), cells.argmax(axis=1), NONE)
        places, which = _found(documents)
        voters = owners[places]
        votes = _votes(voters, which, count)
        votes[_lists().scripts[None, :] != script[:, None]] = 0
        best, cast = votes.argmax(axis=1), votes.max(axis=1)
        names = np.where(cast > 0, _names()[1][best], _names()[0][script])
        listed = np.isin(script, np.unique(_lists().scripts))
        inside = cells[np.arange(count), script]
        columns = {
            "script_share": share(inside, cells.sum(axis=1)),
            "language_share": np.where(script == NONE, np.nan, np.where(listed, share(cast, votes.sum(axis=1)), 1.0)),
            "function_words": np.where(
                listed, share(np.bincount(voters, _lists().weights[which, best[voters]] > 0, count), inside), np.nan
            ),
        }
        table = measured(columns, columns)
        return table.add_column(0, "language", pa.array(names, pa.string()).dictionary_encode())

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents go."""
        said = measures.column("language").cast(pa.string()).to_pylist()
        limits = (
            Limit("several scripts", "script_share", low=self.min_script_share),
            Limit("language not clear", "language_share", low=self.min_language_share),
            Limit("too few function words", "function_words", low=self.min_function_words),
        )
        other = np.array([language not in self.keep for language in said], dtype=bool)
        return {f"{self.name}: another language": other, **beyond(self.name, measures, limits)}


@cache
def _names() -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the language of each script that tells one alone, 'und' for the others, and the languages that have a list."""
    alone = [_ALONE.get(script, _UNKNOWN) for script in SCRIPTS]
    return np.array(alone, dtype=object), np.array(_listed(), dtype=object)


@cache
def _listed() -> tuple[str, ...]:
    return tuple(sorted(FUNCTION_WORDS))


@cache
def _lists() -> _Lists:
    script_of = {language: script for script, languages in _LISTED.items() for language in languages}
    scripts = np.array([SCRIPTS.index(script_of.get(language, "Latin")) for language in _listed()])
    rows: dict[int, NDArray[np.float64]] = {}
    for place, language in enumerate(_listed()):
        words = hash_words(folded_bytes(pa.array([FUNCTION_WORDS[language]], pa.large_string()))).hashes
        for word in np.unique(words).tolist():
            rows.setdefault(word, np.zeros(len(scripts)))[place] = 1.0
    hashes = np.array(sorted(rows), dtype=np.uint64)
    weights = np.array([rows[word] / rows[word].sum() for word in hashes.tolist()])
    likely = np.zeros(1 << _BITS, dtype=bool)
    likely[hashes >> np.uint64(64 - _BITS)] = True
    return _Lists(hashes, weights, likely, scripts)


def _found(documents: Documents) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the words of a batch that are function words, and which."""
    lists, hashes = _lists(), documents.words.hashes
    places = np.flatnonzero(lists.likely[hashes >> np.uint64(64 - _BITS)])
    which = np.minimum(np.searchsorted(lists.hashes, hashes[places]), len(lists.hashes) - 1)
    same = lists.hashes[which] == hashes[places]
    return places[same], which[same]


def _votes(texts: NDArray[np.int64], which: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return what the function words of each text say, one column per language with a list."""
    kinds = len(_lists().hashes)
    counts = np.bincount(texts * kinds + which, minlength=count * kinds).reshape(count, kinds)
    votes: NDArray[np.float64] = counts.astype(np.float64) @ _lists().weights
    return votes
