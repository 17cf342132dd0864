"""The rules of C4 (Raffel et al. 2020, section 2.2; the numbers of the journal version: 3 sentences, 5 words).

C4 first drops lines and then judges what is left of the page. A filter here takes whole documents or leaves them as they are:
the lines that C4 would drop are counted, sentences are counted in the others, and nothing is cut out. The rules that
its authors' code has and the paper has not (lines that end in an ellipsis, words of more than 1,000 characters) are kept.

A sentence ends at a word that ends in one of `. ! ?` or the ideographic full stop, a closing quote or bracket after it
allowed, and at the end of every kept line. An abbreviation counts as an end: C4 itself used a trained splitter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import Value
from holdfast.corpus.filters.characters import last_codes
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.marks import count_bytes, ending_in_ellipsis, with_code
from holdfast.corpus.filters.measuring import Limit, beyond, measured, share
from holdfast.corpus.filters.phrases import find_phrases, read_phrases, whole_words

__all__ = ["C4"]

_ENDS = (".", "!", "?", '"', "\u201d", "\u3002")
"""Marks with which a line must end: the paper's four, with the closing curly quote and the ideographic full stop."""
_SENTENCE_ENDS = (".", "!", "?", "\u3002")
_CLOSERS = ('"', "'", ")", "]", "\u201d", "\u2019", "\u300d", "\u300f")
_LONGEST_WORD = 1000
_LOREM, _JAVASCRIPT = "lorem ipsum", "javascript"
_POLICY = ("cookie policy", "privacy policy", "terms of use", "use cookies", "use of cookies", "uses cookies")
"""Phrases of the notices that the paper names ("terms of use", "privacy policy", "cookie policy", "uses cookies", ...)."""
_PHRASES = (_LOREM, _JAVASCRIPT, *_POLICY)


class C4(Value, frozen=True, kw_only=True):
    """Takes documents in which C4 would keep too few sentences, or that look like code or filler; None leaves a rule out."""

    name: ClassVar[str] = "c4"
    version: ClassVar[str] = "2"
    source: ClassVar[str] = "Raffel et al. 2020, JMLR 21(140), section 2.2"
    measures: ClassVar[Mapping[str, str]] = {
        "lines": "Lines with anything but white space.",
        "kept_lines": "Lines that no rule for lines drops.",
        "kept_characters": "Share of the lines' characters in kept lines; null without a line.",
        "sentences": "Sentences in kept lines.",
        "unpunctuated_lines": "Lines that do not end in a terminal mark, or end in an ellipsis.",
        "few_word_lines": "Lines of fewer words than `line_words`.",
        "javascript_lines": "Lines with the word 'javascript'.",
        "policy_lines": "Lines that speak of cookies, terms of use or privacy policies.",
        "lorem_ipsum": "How often 'lorem ipsum' occurs.",
        "curly_brackets": "How many opening curly brackets there are.",
        "bad_words": "How often words of the list occur that the user gave; null without a list.",
    }

    min_sentences: int | None = 3
    min_kept_characters: float | None = None
    max_lorem_ipsum: int | None = 0
    max_curly_brackets: int | None = 0
    max_bad_words: int | None = 0
    line_words: int = 5
    """Words that a line must have to be kept; changing it measures again."""
    bad_words: str | tuple[str, ...] = ()
    """A file of words and phrases, one per line; changing it measures again. None comes with this tool."""

    def __post_init__(self) -> None:
        """Read the list of bad words; raises InputError where it cannot be read."""
        if isinstance(self.bad_words, str):
            msgspec.structs.force_setattr(self, "bad_words", read_phrases(self.bad_words))

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the words a line needs, and the bad words."""
        return {"line_words": self.line_words, "bad_words": list(self.bad_words)}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch."""
        lines, sizes = documents.lines, documents.line_sizes
        found = find_phrases(documents, _PHRASES)
        said = np.zeros((len(_PHRASES), len(sizes)), dtype=bool)
        said[found.phrases, found.lines] = True
        codes = last_codes(documents.folded.data, lines.ends)
        dropped = {
            "unpunctuated_lines": ~with_code(codes, _ENDS) | ending_in_ellipsis(documents.folded.data, lines),
            "few_word_lines": np.diff(lines.words) < self.line_words,
            "javascript_lines": said[1],
            "policy_lines": said[2:].any(axis=0),
        }
        kept = ~(_with_long_word(documents) | np.logical_or.reduce(tuple(dropped.values())))
        columns: dict[str, NDArray[Any]] = {name: documents.totals(which, lines) for name, which in dropped.items()}
        columns |= {
            "lines": lines.counts,
            "kept_lines": documents.totals(kept, lines),
            "kept_characters": share(documents.totals(sizes * kept, lines), documents.totals(sizes, lines)),
            "sentences": documents.totals(_sentence_ends(documents, kept), documents.words),
            "lorem_ipsum": np.bincount(documents.owners[lines.words[found.lines[found.phrases == 0]]], minlength=len(documents.texts)),
            "curly_brackets": count_bytes(documents.folded, "{"),
            "bad_words": self._count_bad(documents),
        }
        return measured(columns, self.measures)

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents break each rule."""
        limits = (
            Limit("too few sentences in lines that C4 keeps", "sentences", low=self.min_sentences),
            Limit("too little in lines that C4 keeps", "kept_characters", low=self.min_kept_characters),
            Limit("lorem ipsum", "lorem_ipsum", high=self.max_lorem_ipsum),
            Limit("a curly bracket", "curly_brackets", high=self.max_curly_brackets),
            Limit("a word of the list", "bad_words", high=self.max_bad_words),
        )
        return beyond(self.name, measures, limits)

    def _count_bad(self, documents: Documents) -> NDArray[Any]:
        if not self.bad_words:
            return np.full(len(documents.texts), np.nan)
        phrases = tuple(self.bad_words)
        found = whole_words(documents, find_phrases(documents, phrases), phrases)
        return np.bincount(documents.owners[documents.lines.words[found.lines]], minlength=len(documents.texts))


def _with_long_word(documents: Documents) -> NDArray[np.bool_]:
    """Return which lines have a word of more than 1,000 characters."""
    long = np.zeros(len(documents.lines.starts), dtype=bool)
    words = np.flatnonzero(documents.sizes > _LONGEST_WORD)
    long[np.searchsorted(documents.lines.words, words, side="right") - 1] = True
    return long


def _sentence_ends(documents: Documents, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which words of kept lines end a sentence."""
    words, lines, data = documents.words, documents.lines, documents.folded.data
    codes = last_codes(data, words.ends)
    ends = with_code(codes, _SENTENCE_ENDS)
    closed = np.flatnonzero(with_code(codes, _CLOSERS))
    before = words.ends[closed] - np.where(codes[closed] < 0x80, 1, 3)
    inside = before > words.starts[closed]
    ends[closed[inside]] = with_code(last_codes(data, before[inside]), _SENTENCE_ENDS)
    ends[lines.words[1:] - 1] = True
    return ends & np.repeat(kept, np.diff(lines.words))
