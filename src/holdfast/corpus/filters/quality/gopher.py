"""The quality rules of MassiveText (Rae et al. 2021, "Scaling Language Models: ... Gopher", appendix A1.1), repetition included.

The paper gives the numbers and leaves open what a word, a line and a repeat are. Here:

- a word is a run of characters without white space that has a letter or a digit; Han, kana, Thai and the like are words character
  by character. Runs of symbols alone are no words; they count where words with a letter are compared with all of them;
- lines and paragraphs are as in `corpus.filters.lines`;
- stop words are the paper's eight English ones, and eight Chinese function characters of ours; other languages need a list;
- the mean length of words is not measured where most of them are single characters of a script without spaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import Value
from holdfast.corpus.filters.characters import DIGIT, LETTER, first_codes, runs_with
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.marks import count_bytes, count_ellipses, ending_in_ellipsis, with_code
from holdfast.corpus.filters.measuring import Limit, beyond, measured, share
from holdfast.corpus.filters.quality.repetition import REPETITION, measure_repetition, repetition_limits
from holdfast.corpus.filters.quality.stop_words import STOP_WORDS, count_stop_words

__all__ = ["Gopher"]

_BULLETS = ("\u2022", "\u2023", "\u25aa", "\u25cf", "\u25e6", "-", "*", "\u2013")
_SOLITARY = 0.5
"""Share of words that are single characters of a script without spaces from which the mean length says nothing."""


class Gopher(Value, frozen=True, kw_only=True):
    """Takes documents that break a quality or a repetition rule of MassiveText; a threshold of None leaves its rule out."""

    name: ClassVar[str] = "gopher"
    version: ClassVar[str] = "1"
    source: ClassVar[str] = "Rae et al. 2021, arXiv:2112.11446, appendix A1.1 and table A1"
    measures: ClassVar[Mapping[str, str]] = {
        "words": "Words: runs without white space that have a letter or a digit.",
        "mean_word_length": "Mean characters of a word; null where most words are single characters of a script without spaces.",
        "hashes_per_word": "Hash signs, per word.",
        "ellipses_per_word": "Ellipses (three dots, or the character), per word.",
        "bullet_lines": "Share of lines that start with a bullet point, a hyphen or an asterisk.",
        "ellipsis_lines": "Share of lines that end in an ellipsis.",
        "alphabetic_words": "Share of words, and of symbols that stand alone, with a letter.",
        "stop_words": "How many different stop words occur.",
        **REPETITION,
    }

    min_words: int | None = 50
    max_words: int | None = 100_000
    min_mean_word_length: float | None = 3.0
    max_mean_word_length: float | None = 10.0
    max_hashes_per_word: float | None = 0.1
    max_ellipses_per_word: float | None = 0.1
    max_bullet_lines: float | None = 0.9
    max_ellipsis_lines: float | None = 0.3
    min_alphabetic_words: float | None = 0.8
    min_stop_words: int | None = 2
    max_duplicate_lines: float | None = 0.30
    max_duplicate_paragraphs: float | None = 0.30
    max_duplicate_line_characters: float | None = 0.20
    max_duplicate_paragraph_characters: float | None = 0.20
    max_top_2_gram: float | None = 0.20
    max_top_3_gram: float | None = 0.18
    max_top_4_gram: float | None = 0.16
    max_duplicate_5_grams: float | None = 0.15
    max_duplicate_6_grams: float | None = 0.14
    max_duplicate_7_grams: float | None = 0.13
    max_duplicate_8_grams: float | None = 0.12
    max_duplicate_9_grams: float | None = 0.11
    max_duplicate_10_grams: float | None = 0.10
    stop_words: tuple[str, ...] = STOP_WORDS
    """Words of which two must occur; changing them measures again."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the stop words."""
        return {"stop_words": list(self.stop_words)}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch."""
        columns = {**self._of_words(documents), **_of_lines(documents), **measure_repetition(documents)}
        columns["stop_words"] = count_stop_words(documents, self.stop_words)
        return measured(columns, self.measures)

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents break each rule."""
        return beyond(self.name, measures, (*self._limits(), *repetition_limits(self)))

    def _of_words(self, documents: Documents) -> dict[str, NDArray[Any]]:
        words = documents.words
        classes, sizes = documents.characters.classes, documents.sizes
        alphabetic = runs_with(classes, words.starts, words.ends, LETTER)
        real = alphabetic.copy()
        rest = np.flatnonzero(~alphabetic)
        real[rest] = runs_with(classes, words.starts[rest], words.ends[rest], DIGIT)
        # A comma between two Han characters stands alone only because each of them is a word.
        attached = np.zeros(len(real) + 1, dtype=bool)
        attached[1:-1] = (words.starts[1:] == words.ends[:-1]) & (documents.owners[1:] == documents.owners[:-1])
        counted = real | ~(attached[:-1] | attached[1:])
        count = documents.totals(real, words)
        single = documents.totals(real & (sizes == 1) & (words.ends - words.starts > 1), words)
        length = share(documents.totals(sizes * real, words), count)
        length[single > _SOLITARY * count] = np.nan
        least = np.maximum(count, 1)
        return {
            "words": count,
            "mean_word_length": length,
            "hashes_per_word": count_bytes(documents.folded, "#") / least,
            "ellipses_per_word": count_ellipses(documents.folded) / least,
            "alphabetic_words": share(documents.totals(alphabetic, words), documents.totals(counted, words)),
        }

    def _limits(self) -> tuple[Limit, ...]:
        return (
            Limit("too few words", "words", low=self.min_words),
            Limit("too many words", "words", high=self.max_words),
            Limit("words too short", "mean_word_length", low=self.min_mean_word_length),
            Limit("words too long", "mean_word_length", high=self.max_mean_word_length),
            Limit("too many hash signs", "hashes_per_word", high=self.max_hashes_per_word),
            Limit("too many ellipses", "ellipses_per_word", high=self.max_ellipses_per_word),
            Limit("too many bullet points", "bullet_lines", high=self.max_bullet_lines),
            Limit("too many lines end in an ellipsis", "ellipsis_lines", high=self.max_ellipsis_lines),
            Limit("too few words with a letter", "alphabetic_words", low=self.min_alphabetic_words),
            Limit("too few stop words", "stop_words", low=self.min_stop_words),
        )


def _of_lines(documents: Documents) -> dict[str, NDArray[np.float64]]:
    data, lines = documents.folded.data, documents.lines
    return {
        "bullet_lines": share(documents.totals(with_code(first_codes(data, lines.starts), _BULLETS), lines), lines.counts),
        "ellipsis_lines": share(documents.totals(ending_in_ellipsis(data, lines), lines), lines.counts),
    }
