"""Is a request harmful? One risk from two tiers: rules for what is plain, a small linear model for the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.harm.card import shipped_card
from holdfast.detectors.harm.linear import LinearModel, shipped_model
from holdfast.detectors.harm.rules import HARMFUL, HARMLESS, OPEN, judge_by_rules
from holdfast.stats import JudgeAccuracy

__all__ = ["RequestRisk", "RequestRisks", "Tier"]

_PLAIN_RISK, _PLAIN_SAFETY = 0.995, 0.005
"""Risks that a rule gives; the linear model may go beyond."""
_PARAGRAPHS = re.compile(r"\n\s*\n")
_SHORTEST_PART = 12


class Tier(IntEnum):
    """Which tier decided on a request."""

    RULES = 1
    LINEAR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRisks:
    """What is said of a batch of requests, in their order."""

    risk: NDArray[np.float64]
    """0 (harmless) to 1 (harmful)."""
    tier: NDArray[np.int8]
    """A `Tier` for each request."""


class RequestRisk:
    """How risky requests are, in English and Chinese; other languages are not covered, and a low risk there means nothing."""

    def __init__(self, *, model: LinearModel | None = None, threshold: float | None = None) -> None:
        """Take another linear model and its threshold, or use those that come with the package."""
        self._model = shipped_model() if model is None else model
        self.threshold: float = shipped_card().threshold if threshold is None else threshold
        """The risk from which a request is called risky, fixed on held-out text of our own (see the card)."""
        shipped = model is None and self.threshold == shipped_card().threshold
        self.open_from: float = min(self.threshold, shipped_card().open_from) if shipped else self.threshold
        """The risk from which the tiers leave a request to a judge, where one is given."""
        self.accuracy: JudgeAccuracy | None = shipped_card().accuracy if shipped else None
        """How often the shipped model is right about held-out text at its threshold; None for another model or threshold."""

    def score(self, texts: Sequence[str]) -> RequestRisks:
        """Return the risk of each text and the tier that decided. Equal texts get equal risks, whatever stands beside them."""
        said = judge_by_rules(texts)
        risk = risks_of(self._model, texts)
        risk = np.where(said == HARMFUL, np.maximum(risk, _PLAIN_RISK), risk)
        risk = np.where(said == HARMLESS, np.minimum(risk, _PLAIN_SAFETY), risk)
        return RequestRisks(risk=risk, tier=np.where(said == OPEN, Tier.LINEAR, Tier.RULES).astype(np.int8))


def risks_of(model: LinearModel, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the linear tier's risks: of the whole text, or of its first or last paragraph where that is riskier.

    A request may hide behind a page of material, which would thin its grams out.
    """
    parts: list[str] = []
    owners: list[int] = []
    for place, text in enumerate(texts):
        for part in _parts(text):
            parts.append(part)
            owners.append(place)
    margins = np.full(len(texts), -np.inf)
    np.maximum.at(margins, np.array(owners, dtype=np.int64), model.margins(parts))
    risks: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-margins))
    return risks


def _parts(text: str) -> tuple[str, ...]:
    if "\n" not in text:
        return (text,)
    paragraphs = _PARAGRAPHS.split(text.strip())
    if len(paragraphs) < 2:
        return (text,)
    ends = [part for part in (paragraphs[0], paragraphs[-1]) if len(part) >= _SHORTEST_PART]
    return (text, *ends)
