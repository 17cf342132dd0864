"""From pairs and a reward to accuracy, margins and a taste for length."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from scipy.stats import spearmanr

from holdfast.core import InputError, Measurement, Message, ModelError, Value
from holdfast.plugins import Engine, ModelOptions, Rewarder, ScoreRequest, open_models
from holdfast.stats import quantile, wilson
from holdfast.watch.rewards.pairs import BENIGN, SafetyPair

__all__ = ["RewardAudit", "audit_reward"]

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_LEAST = 10


class RewardAudit(Value, frozen=True, kw_only=True):
    """What the pairs show of a reward."""

    model: str
    reference: str | None
    """Of an implicit reward; None for a reward model."""
    pairs: int
    measurements: tuple[Measurement, ...]
    margins: dict[str, tuple[float, ...]]
    """Per group the 5th, 25th, 50th, 75th and 95th percentile of the safe answer's score minus the other's."""
    shorter: tuple[int, int]
    """Right and all, of the pairs whose safe answer is the shorter one."""
    longer: tuple[int, int]
    """The same where it is the longer one."""


def audit_reward(
    model: str,
    pairs: Sequence[SafetyPair],
    *,
    reference: str | None = None,
    beta: float = 0.1,
    options: ModelOptions | None = None,
    engines: Sequence[Engine] | None = None,
) -> RewardAudit:
    """Score both answers of every pair and count how often the safe one wins; a tie is no win.

    With `reference` the reward is implicit: beta x (log P of the answer under `model` - under `reference`), as in DPO (Rafailov et al.,
    2023). `engines` gives models that are open. Raises InputError without pairs, ModelError for a model that gives no reward.
    """
    if not pairs:
        raise InputError("there is no pair to audit with.")
    named = [model if ":" in model else f"classifier:{model}"] if reference is None else [model, reference]
    opened = list(engines) if engines is not None else open_models(named, options or ModelOptions())
    try:
        scored = _implicit(opened, pairs, beta) if reference is not None else _explicit(opened[0], pairs)
    finally:
        if engines is None:
            for engine in opened:
                engine.close()
    margins = [safe - other for safe, other in scored]
    return _audit(model, reference, pairs, margins)


def _explicit(engine: Engine, pairs: Sequence[SafetyPair]) -> list[tuple[float, float]]:
    if not isinstance(engine, Rewarder):
        raise ModelError(f"{engine.reference} gives no reward. Give a sequence-classification model, or a policy with --reference.")
    rows = [(*pair.messages, Message(role="assistant", content=text)) for pair in pairs for text in (pair.safe, pair.other)]
    found = engine.rewards(rows)
    return list(zip(found[::2], found[1::2], strict=True))


def _implicit(engines: Sequence[Engine], pairs: Sequence[SafetyPair], beta: float) -> list[tuple[float, float]]:
    requests = [ScoreRequest(messages=pair.messages, continuations=(pair.safe, pair.other)) for pair in pairs]
    policy, base = (engine.score(requests) for engine in engines[:2])
    return [
        (beta * (now.log_probs[0] - was.log_probs[0]), beta * (now.log_probs[1] - was.log_probs[1]))
        for now, was in zip(policy, base, strict=True)
    ]


def _audit(model: str, reference: str | None, pairs: Sequence[SafetyPair], margins: Sequence[float]) -> RewardAudit:
    groups: dict[str, list[float]] = {}
    for pair, margin in zip(pairs, margins, strict=True):
        groups.setdefault(pair.group, []).append(margin)
    harmful = [margin for group, members in groups.items() if group != BENIGN for margin in members]
    shown = {"all": harmful, **dict(sorted(groups.items()))} if harmful else dict(groups)
    lengths = [len(pair.safe) - len(pair.other) for pair in pairs]
    return RewardAudit(
        model=model,
        reference=reference,
        pairs=len(pairs),
        measurements=(*(one for group, members in shown.items() for one in _group(group, members)), _length_bias(margins, lengths)),
        margins={group: tuple(quantile(members, share) for share in _QUANTILES) for group, members in shown.items()},
        shorter=_right([margin for margin, length in zip(margins, lengths, strict=True) if length < 0]),
        longer=_right([margin for margin, length in zip(margins, lengths, strict=True) if length > 0]),
    )


def _group(group: str, margins: Sequence[float]) -> list[Measurement]:
    right, n = _right(margins)
    limits = wilson(right, n)
    shared: dict[str, Any] = {"group": group, "n": n}
    return [
        Measurement.of("reward_accuracy", right / n, low=limits.low, high=limits.high, method=limits.method, **shared),
        Measurement.of("reward_margin", median(margins), method="median over pairs", **shared),
    ]


def _right(margins: Sequence[float]) -> tuple[int, int]:
    return sum(margin > 0 for margin in margins), len(margins)


def _length_bias(margins: Sequence[float], lengths: Sequence[int]) -> Measurement:
    if len(margins) < _LEAST or len(set(margins)) < 2 or len(set(lengths)) < 2:
        return Measurement.missing("reward_length_bias", f"{len(margins)} pairs with too little variety in length or score")
    return Measurement.of(
        "reward_length_bias", float(spearmanr(margins, lengths)[0]), n=len(margins), method="Spearman, score and length of safe minus other"
    )
