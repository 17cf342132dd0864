"""Harmful content, by the model of harmful requests that comes with this tool: a pointer to documents to look at, no verdict.

The model was trained on requests ("how do I ..."), in English and Chinese. In a document it sees instructions and requests
that read like one; it does not see harm that is told as a story, shown as code, or written in other words than a request would use,
and it calls technical and medical pages risky far more often than it does requests. The measured rates stand in
docs/explanation/corpus-filters.md. The default takes a document only where a piece of it is as risky as requests get.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import InputError, Value
from holdfast.corpus.filters.content.pieces import cut_pieces, greatest, mean
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.measuring import Limit, beyond, measured
from holdfast.detectors.harm import RequestRisk, Tier
from holdfast.detectors.harm.card import shipped_card

__all__ = ["HarmfulContent"]

_CHARACTERS = 1000


@cache
def _model() -> RequestRisk:
    return RequestRisk()


class HarmfulContent(Value, frozen=True, kw_only=True):
    """Takes documents with a piece that reads like a plainly harmful request or its answer; None leaves the rule out."""

    name: ClassVar[str] = "harmful-content"
    version: ClassVar[str] = "1"
    source: ClassVar[str] = "the request-risk model of this tool (docs/explanation/request-risk.md), on pieces of documents"
    measures: ClassVar[Mapping[str, str]] = {
        "highest_risk": f"The greatest risk, 0 to 1, of a piece of {_CHARACTERS:,} characters; null for a document of white space.",
        "mean_risk": "The mean risk of its pieces.",
        "plain_pieces": "Pieces that the rules call plainly harmful or plainly harmless, without the model.",
    }

    max_highest_risk: float | None = 0.995
    max_mean_risk: float | None = None
    pieces: int = 50
    """Pieces of a document that are read, spread evenly over it; changing it measures again."""

    def __post_init__(self) -> None:
        """Refuse to read nothing."""
        if self.pieces < 1:
            raise InputError(f"filters.harmful-content: pieces must be at least 1, got {self.pieces}.")

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the model, and how much of a document it reads."""
        return {"model": shipped_card().weights_digest, "pieces": self.pieces}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch."""
        pieces = cut_pieces(documents.texts, _CHARACTERS, self.pieces)
        risks = _model().score(pieces.texts)
        columns: dict[str, NDArray[Any]] = {
            "highest_risk": greatest(risks.risk, pieces),
            "mean_risk": mean(risks.risk, pieces),
            "plain_pieces": np.bincount(pieces.owners[risks.tier == Tier.RULES], minlength=pieces.of),
        }
        return measured(columns, self.measures)

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents go."""
        limits = (
            Limit("a piece reads like a harmful request", "highest_risk", high=self.max_highest_risk, itself=True),
            Limit("reads like harmful requests throughout", "mean_risk", high=self.max_mean_risk),
        )
        return beyond(self.name, measures, limits)
