"""Harmful content, by the model of harmful requests that comes with this tool: a pointer to documents to look at, no verdict.

The model was trained on requests ("how do I ..."), in English and Chinese, so a document is read line by line. It sees lines that read
like such a request; it does not see harm that is told as a story, shown as code or spread over sentences, and it calls lines
of technical pages risky far more often than it does requests. The measured rates stand in docs/explanation/corpus-filters.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import InputError, Value
from holdfast.corpus.filters.content.pieces import cut_lines, greatest, mean
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.measuring import Limit, beyond, measured
from holdfast.detectors.harm import RequestRisk
from holdfast.detectors.harm.card import shipped_card

__all__ = ["HarmfulContent"]

_CHARACTERS = 1000


@cache
def _model() -> RequestRisk:
    return RequestRisk()


class HarmfulContent(Value, frozen=True, kw_only=True):
    """Takes documents with a line that reads like a plainly harmful request; None leaves the rule out."""

    name: ClassVar[str] = "harmful-content"
    version: ClassVar[str] = "1"
    source: ClassVar[str] = "the request-risk model of this tool (docs/explanation/request-risk.md), line by line"
    measures: ClassVar[Mapping[str, str]] = {
        "highest_risk": "The greatest risk of a line, 0 to 1; null for a document without a line of 12 characters.",
        "mean_risk": "The mean risk of its lines.",
        "risky_lines": "Lines that the model calls risky, as it would a request.",
    }

    max_highest_risk: float | None = 0.995
    max_mean_risk: float | None = None
    lines: int = 200
    """Lines of a document that are read, spread evenly over it; changing it measures again."""

    def __post_init__(self) -> None:
        """Refuse to read nothing."""
        if self.lines < 1:
            raise InputError(f"filters.harmful-content: lines must be at least 1, got {self.lines}.")

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the model, and how much of a document it reads."""
        return {"model": shipped_card().weights_digest, "lines": self.lines}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch."""
        pieces = cut_lines(documents.texts, _CHARACTERS, self.lines)
        risks = _model().score(pieces.texts)
        columns: dict[str, NDArray[Any]] = {
            "highest_risk": greatest(risks.risk, pieces),
            "mean_risk": mean(risks.risk, pieces),
            "risky_lines": np.bincount(pieces.owners[risks.risk >= _model().threshold], minlength=pieces.of),
        }
        return measured(columns, self.measures)

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents go."""
        limits = (
            Limit("a line reads like a harmful request", "highest_risk", high=self.max_highest_risk, itself=True),
            Limit("reads like harmful requests throughout", "mean_risk", high=self.max_mean_risk),
        )
        return beyond(self.name, measures, limits)
