"""What a filter is: numbers about every document, and a rule over those numbers that settings may change later."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
