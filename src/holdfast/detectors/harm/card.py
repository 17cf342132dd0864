"""The card of the request model: what it learned from, its threshold, how often it errs, and what it does not see."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from holdfast.stats import JudgeAccuracy

__all__ = ["CARD_FILE", "ErrorPoint", "HeldOut", "RequestRiskCard", "shipped_card"]

CARD_FILE = "request_risk.card.json"


class HeldOut(msgspec.Struct, frozen=True, kw_only=True):
    """How a kind of held-out text of our own fares at the threshold."""

    kind: str
    n: int
    harmful: bool
    called_risky: float
    """Share from 0 to 1: recall of harmful text, false positives of harmless text."""


class ErrorPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One point of the error curve on held-out text of our own."""

    threshold: float
    recall: float
    """Share of harmful requests called risky."""
    false_positives: float
    """Share of harmless requests, look-alikes among them, called risky."""


class RequestRiskCard(msgspec.Struct, frozen=True, kw_only=True):
    """What comes with the weights."""

    name: str
    version: str
    languages: tuple[str, ...]
    trained_on: str
    requests: int
    """Training requests, after patterns were filled."""
    patterns: int
    harmful_share: float
    training_digest: str
    """SHA-256 of all training requests with label and weight, in order."""
    weights_digest: str
    """SHA-256 of the weights as stored, before compression."""
    threshold: float
    threshold_rule: str
    open_from: float
    """The risk that 5 % of held-out ordinary requests exceed: from there on a judge decides, where there is one."""
    sign_weights: dict[str, float]
    """What each sign counts for, in log odds, with the weight of the linear margin and the constant (`combined`)."""
    accuracy: JudgeAccuracy
    """Harmful and ordinary held-out patterns told rightly at the threshold: what measurements are corrected for."""
    held_out: tuple[HeldOut, ...]
    error_curve: tuple[ErrorPoint, ...]
    blind_spots: tuple[str, ...]


def read_card(path: Path) -> RequestRiskCard:
    """Read a card."""
    return msgspec.json.decode(path.read_bytes(), type=RequestRiskCard)


@cache
def shipped_card() -> RequestRiskCard:
    """Return the card of the model that comes with the package."""
    return msgspec.json.decode((files(__package__) / CARD_FILE).read_bytes(), type=RequestRiskCard)
