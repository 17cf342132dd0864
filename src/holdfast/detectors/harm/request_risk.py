"""Is a request harmful? One risk from two tiers: rules and signs for what is plain, a small linear model for the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.harm.card import shipped_card
from holdfast.detectors.harm.combined import combined_margins, doubtful
from holdfast.detectors.harm.linear import LinearModel, shipped_model
from holdfast.detectors.harm.rules import HARMFUL, HARMLESS, OPEN, judge_by_rules
from holdfast.detectors.harm.signs import feature_names, sign_features
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
        """Take another linear model and its threshold, beside which signs count nothing, or use those that come with the package."""
        self._model = shipped_model() if model is None else model
        self._sign_weights = shipped_card().sign_weights if model is None else None
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
        margins, parts = _riskiest_parts(self._model, texts)
        if self._sign_weights is not None:
            margins = combined_margins(margins, _signs_of(parts, margins), self._sign_weights)
        risk = 1.0 / (1.0 + np.exp(-margins))
        risk = np.where(said == HARMFUL, np.maximum(risk, _PLAIN_RISK), risk)
        risk = np.where(said == HARMLESS, np.minimum(risk, _PLAIN_SAFETY), risk)
        return RequestRisks(risk=risk, tier=np.where(said == OPEN, Tier.LINEAR, Tier.RULES).astype(np.int8))


def risks_of(model: LinearModel, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the linear tier's risks: of the whole text, or of its first or last paragraph where that is riskier.

    A request may hide behind a page of material, which would thin its grams out.
    """
    risks: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-_riskiest_parts(model, texts)[0]))
    return risks


def _riskiest_parts(model: LinearModel, texts: Sequence[str]) -> tuple[NDArray[np.float64], list[str]]:
    """Return for each text the linear margin of its riskiest part, and that part."""
    parts = list(texts)
    owners = list(range(len(texts)))
    for place, text in enumerate(texts):
        if "\n" in text:
            ends = _ends(text)
            parts += ends
            owners += [place] * len(ends)
    margins = model.margins(parts)
    best = parts[: len(texts)]
    most = margins[: len(texts)].copy()
    for place in range(len(texts), len(parts)):
        if margins[place] > most[owners[place]]:
            most[owners[place]], best[owners[place]] = margins[place], parts[place]
    return most, best


def _signs_of(texts: Sequence[str], margins: NDArray[np.float64]) -> NDArray[np.float64]:
    features = np.zeros((len(texts), len(feature_names())))
    read = np.flatnonzero(doubtful(margins))
    features[read] = sign_features([texts[place] for place in read.tolist()])
    return features


def _ends(text: str) -> tuple[str, ...]:
    """Return the first and the last paragraph of a text of several, those of them that are long enough to ask for something."""
    paragraphs = _PARAGRAPHS.split(text.strip())
    if len(paragraphs) < 2:
        return ()
    return tuple(part for part in (paragraphs[0], paragraphs[-1]) if len(part) >= _SHORTEST_PART)
