"""The three rules that FineWeb adds to Gopher's and C4's (Penedo et al. 2024, section 3.6).

Lines are as in `corpus.filters.lines`. The paper takes documents at its limits as well as beyond them. Its published code has
0.01 for the duplicated lines where the paper says 0.1, and a fourth rule for line breaks per word that the paper has not;
`max_duplicate_line_characters` and `max_lines_per_word` give both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import Value
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.marks import TERMINAL, ending_in
from holdfast.corpus.filters.measuring import Limit, beyond, measured, share

__all__ = ["FineWeb"]

_SHORT = 30


class FineWeb(Value, frozen=True, kw_only=True):
    """Takes documents whose lines look like lists and menus; a threshold of None leaves its rule out."""

    name: ClassVar[str] = "fineweb"
    version: ClassVar[str] = "2"
    source: ClassVar[str] = "Penedo et al. 2024, arXiv:2406.17557, section 3.6"
    measures: ClassVar[Mapping[str, str]] = {
        "lines": "Lines with anything but white space.",
        "punctuated_lines": "Share of lines that end in a mark that ends a sentence.",
        "duplicate_line_characters": "Share of the lines' characters in lines that stand earlier in the document.",
        "short_lines": f"Share of lines of fewer than {_SHORT} characters.",
        "lines_per_word": "Lines per word.",
    }

    min_lines: int | None = 1
    min_punctuated_lines: float | None = 0.12
    max_duplicate_line_characters: float | None = 0.1
    max_short_lines: float | None = 0.67
    max_lines_per_word: float | None = None

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return nothing: no setting changes a measure."""
        return {}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch."""
        lines, sizes = documents.lines, documents.line_sizes
        ends = ending_in(documents.folded.data, lines, TERMINAL)
        columns: dict[str, NDArray[Any]] = {
            "lines": lines.counts,
            "punctuated_lines": share(documents.totals(ends, lines), lines.counts),
            "duplicate_line_characters": share(documents.totals(sizes * lines.repeats, lines), documents.totals(sizes, lines)),
            "short_lines": share(documents.totals(sizes < _SHORT, lines), lines.counts),
            "lines_per_word": share(lines.counts, documents.words.counts),
        }
        return measured(columns, self.measures)

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents break each rule."""
        limits = (
            Limit("no text", "lines", low=self.min_lines),
            Limit("too few lines end in punctuation", "punctuated_lines", low=self.min_punctuated_lines, itself=True),
            Limit("duplicate lines", "duplicate_line_characters", high=self.max_duplicate_line_characters, itself=True),
            Limit("too many short lines", "short_lines", high=self.max_short_lines, itself=True),
            Limit("too many line breaks", "lines_per_word", high=self.max_lines_per_word),
        )
        return beyond(self.name, measures, limits)
