"""What a filter is: numbers about every document, and a rule over those numbers that settings may change later."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.filters.characters import Characters, read_characters
from holdfast.corpus.filters.lines import Runs, read_lines
from holdfast.similarity.folding import FoldedBytes, folded_bytes
from holdfast.similarity.words import Words, hash_words

__all__ = ["Documents", "Filter"]


class Filter(Protocol):
    """One kind of check of plain documents. Pure, picklable, the same on every machine.

    Measures are dear and thresholds are cheap: `measure` sees the text once and its numbers are kept, so that a new threshold
    needs no new pass. What changes a measure (a model, a word list) is part of `identity`; what only `decide` reads is not.
    """

    name: ClassVar[str]
    """As written in the configuration: 'gopher'."""
    version: ClassVar[str]
    """Changes whenever the same text may get other measures."""
    source: ClassVar[str]
    """The paper and section, or where else the rule comes from."""
    measures: ClassVar[Mapping[str, str]]
    """What each column of `measure` says, by its name."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the settings that decide the measures, as plain values; thresholds are left out."""
        ...

    def measure(self, documents: Documents) -> pa.Table:
        """Return one row of measures per document, without nulls unless a measure is not defined for a text."""
        ...

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return, per reason for which a document goes ('gopher: too few words'), which documents it takes."""
        ...


class Documents:
    """A batch of texts, with readings that several filters share and that are made once, when first asked for.

    Args:
        texts: the texts, none of them null.
    """

    def __init__(self, texts: pa.Array) -> None:
        self.texts = texts

    @cached_property
    def folded(self) -> FoldedBytes:
        """The texts as they are compared: case, white space and compatibility forms do not count."""
        return folded_bytes(self.texts)

    @cached_property
    def words(self) -> Words:
        """The words of the folded texts, as hashes."""
        return hash_words(self.folded)

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """The number of the text that each word is of."""
        return np.repeat(np.arange(len(self.texts)), self.words.counts)

    @cached_property
    def characters(self) -> Characters:
        """The characters of the folded texts."""
        return read_characters(self.folded.data)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """How many characters each word has."""
        return self.characters.between(self.words.starts, self.words.ends)

    @cached_property
    def lines(self) -> Runs:
        """Lines with anything but white space, in order; see `corpus.filters.lines`."""
        return self._lines_and_paragraphs[0]

    @cached_property
    def paragraphs(self) -> Runs:
        """Runs of such lines without a blank line between."""
        return self._lines_and_paragraphs[1]

    @cached_property
    def line_sizes(self) -> NDArray[np.int64]:
        """How many characters each line has, white space between two words counted as one.

        Not by the bytes between its ends: folding leaves as many blanks as a wider space had bytes.
        """
        words = self.words
        apart = np.zeros(len(words.hashes), dtype=np.int64)
        apart[1:] = words.starts[1:] > words.ends[:-1]
        upto = np.concatenate([[0], np.cumsum(self.sizes + apart)])
        first, last = self.lines.words[:-1], self.lines.words[1:]
        sizes: NDArray[np.int64] = upto[last] - upto[first] - apart[first]
        return sizes

    @cached_property
    def _lines_and_paragraphs(self) -> tuple[Runs, Runs]:
        return read_lines(self.folded.data, self.words)

    def totals(self, values: NDArray[Any], runs: Words | Runs) -> NDArray[np.float64]:
        """Return, per text, the sum of one value per word or per line."""
        sums = np.zeros(len(values) + 1)
        np.cumsum(values, out=sums[1:])
        return sums[runs.bounds[1:]] - sums[runs.bounds[:-1]]
