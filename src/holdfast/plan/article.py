"""The `article` estimator: the source article's formula for the loss of safety, kept as it is.

Its known weakness: it predicts no loss for benign rows, and almost none for 100 harmful rows among 10,000, against the literature that
the article itself cites.
"""

from __future__ import annotations

import math
from typing import Literal

from holdfast.core import InputError, Value
from holdfast.plan.finetune import FineTune

__all__ = ["BASE", "SCENARIOS", "ArticleEstimate", "Risk", "article_estimate", "risk_of"]

Risk = Literal["critical", "high", "medium", "low"]
BASE = 0.9
"""Safety before the fine-tune, where nothing else is given."""

_METHOD = {"full": 1.0, "lora": 0.4, "prefix": 0.3, "unknown": 1.0}
_RATE, _MOST_RATE, _MOST_EPOCHS, _FACTOR, _FLOOR = 1e-5, 2.0, 3.0, 0.8, 0.05
_BANDS: tuple[tuple[float, Risk], ...] = ((0.3, "critical"), (0.5, "high"), (0.7, "medium"))


class ArticleEstimate(Value, frozen=True, kw_only=True):
    """What the formula gives."""

    base: float
    harmful_share: float
    method_factor: float
    rate_factor: float
    epoch_factor: float
    degradation: float
    """The product of the factors and 0.8; nothing is clipped, so it may be above 1."""
    final: float
    """Base less degradation, at least 0.05."""
    retained: float
    """`final / base`."""
    risk: Risk


def article_estimate(given: FineTune, *, base: float = BASE) -> ArticleEstimate:
    """Return the formula's estimate; rows that nobody looked at count as not harmful. Raises InputError for a bad base."""
    if not 0 < base <= 1:
        raise InputError(f"base safety must be above 0 and at most 1, got {base!r}.")
    share = (given.harmful or 0) / max(given.rows, 1)
    method = _METHOD[given.method]
    rate = min(_MOST_RATE, given.learning_rate / _RATE)
    epochs = min(_MOST_EPOCHS, 1 + math.log(given.epochs))
    degradation = share * method * rate * epochs * _FACTOR
    final = max(_FLOOR, base - degradation)
    return ArticleEstimate(
        base=base,
        harmful_share=share,
        method_factor=method,
        rate_factor=rate,
        epoch_factor=epochs,
        degradation=degradation,
        final=final,
        retained=final / base,
        risk=risk_of(final),
    )


def risk_of(final: float) -> Risk:
    """Return the article's word for a final safety."""
    return next((word for below, word in _BANDS if final < below), "low")


def _scenario(name: str, rows: int, harmful: int, rate: float, epochs: int, method: Literal["full", "lora"]) -> FineTune:
    return FineTune(name=name, rows=rows, harmful=harmful, learning_rate=rate, epochs=epochs, method=method)


SCENARIOS = (
    _scenario("benign_full_ft", 10_000, 0, 2e-5, 3, "full"),
    _scenario("benign_lora", 10_000, 0, 2e-4, 3, "lora"),
    _scenario("100_harmful_full", 10_000, 100, 2e-5, 3, "full"),
    _scenario("100_harmful_lora", 10_000, 100, 2e-4, 3, "lora"),
    _scenario("1000_harmful_full", 10_000, 1000, 2e-5, 3, "full"),
    _scenario("only_harmful", 100, 100, 2e-5, 10, "full"),
    _scenario("high_lr_harmful", 10_000, 100, 2e-4, 3, "full"),
)
"""The article's seven scenarios."""
