"""Toxic documents, by a text classifier or a guard that the user names. Without one nothing is assessed, and it says so."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import InputError, Value
from holdfast.corpus.filters.content.pieces import cut_pieces, greatest, mean
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.measuring import Limit, beyond, measured
from holdfast.detectors.answer_judging import grading_item
from holdfast.plugins import Judge, names, open_judge

__all__ = ["Toxicity"]

_SHORTEST = 50


@lru_cache(maxsize=2)
def _opened(reference: str) -> Judge:
    judge = open_judge(reference)
    if not judge.card.gives_toxicity:
        raise InputError(
            f"filters.toxicity: judge {reference!r} gives no toxicity. Name a text-classification model, or toxicity/LABEL=MODEL."
        )
    return judge


class Toxicity(Value, frozen=True, kw_only=True):
    """Takes documents with a piece that a classifier calls toxic; takes none where no model is given."""

    name: ClassVar[str] = "toxicity"
    version: ClassVar[str] = "1"
    source: ClassVar[str] = "a text-classification model of the user's, through the judge `toxicity`"
    measures: ClassVar[Mapping[str, str]] = {
        "highest_toxicity": "The greatest probability of being toxic of one of its pieces; null where not assessed.",
        "mean_toxicity": "The mean probability of its pieces; null where not assessed.",
    }

    model: str | None = None
    """A text-classification model (a folder, hub:ORG/NAME), or a judge that gives toxicity; changing it measures again."""
    max_highest_toxicity: float | None = 0.9
    max_mean_toxicity: float | None = None
    pieces: int = 8
    """Pieces of a document that are read, spread evenly over it; changing it measures again."""

    characters: int = 1000
    """Length of a piece: about 250 tokens of English. A classifier that reads fewer needs shorter pieces; changing it measures again."""

    def __post_init__(self) -> None:
        """Refuse to read nothing."""
        if self.pieces < 1:
            raise InputError(f"filters.toxicity: pieces must be at least 1, got {self.pieces}.")
        if self.characters < _SHORTEST:
            raise InputError(f"filters.toxicity: characters must be at least {_SHORTEST}, got {self.characters}.")

    @property
    def notes(self) -> tuple[str, ...]:
        """Say that toxicity is not assessed, where no model is given."""
        return () if self.model else ("toxicity: NOT ASSESSED, since no model was given. Set filters.toxicity.model to a text classifier.",)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the judge with the digest of its weights, and how much of a document it reads; opens the model."""
        return {"judge": _opened(self._reference).card.name if self.model else None, "pieces": self.pieces, "characters": self.characters}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch: nulls where no model is given, or where it gave no probability."""
        count = len(documents.texts)
        if not self.model:
            return measured(dict.fromkeys(self.measures, np.full(count, np.nan)), self.measures)
        pieces = cut_pieces(documents.texts, self.characters, self.pieces)
        grades = _opened(self._reference).grade([grading_item("", piece) for piece in pieces.texts])
        values = np.array([np.nan if grade.probability is None else grade.probability for grade in grades])
        return measured({"highest_toxicity": greatest(values, pieces), "mean_toxicity": mean(values, pieces)}, self.measures)

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents go."""
        limits = (
            Limit("a toxic piece", "highest_toxicity", high=self.max_highest_toxicity, itself=True),
            Limit("toxic throughout", "mean_toxicity", high=self.max_mean_toxicity),
        )
        return beyond(self.name, measures, limits)

    @property
    def _reference(self) -> str:
        """A judge reference: what was given, or the judge `toxicity` with the model that was given."""
        given = self.model or ""
        return given if "=" in given or given in names("judge") else f"toxicity={given}"
