"""Membership: can training rows be told from rows of the same source that were held out?

Signals: the reference attack (loss of the base minus loss of the tuned model), zlib (Carlini et al. 2021), Min-K% (Shi et al. 2024) and
Min-K%++ (Zhang et al. 2024). Without a held-out split of the same source any of them measures the difference of two sources
(Duan et al. 2024), so there is no number without one.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from holdfast.core import InputError, Measurement, Value
from holdfast.memorization.rows import DataRow
from holdfast.plugins import TokenScores
from holdfast.stats import holm

__all__ = [
    "LEAST_HELD_OUT",
    "SIGNALS",
    "MembershipResult",
    "RowSignals",
    "membership_result",
    "separation",
    "signals",
    "summarise_membership",
]

LEAST_HELD_OUT = 300
"""1 % of 300 rows is 3: with fewer, a true-positive rate at 1 % stands on one or two rows."""
SIGNALS = ("reference", "zlib", "min_k", "min_k_plus")
_RATE = 0.01
_SHARE = 0.2
_RESAMPLES = 1000
_ALPHA = 0.05
_SMALLEST = 1e-6

Floats = NDArray[np.float64]


class RowSignals(Value, frozen=True, kw_only=True):
    """One row's scores; higher means more like a training row. It holds no text."""

    row: int
    member: bool
    tokens: int
    reference: float
    """Mean log probability per token, tuned minus base, in nats."""
    zlib: float
    """Log probability under the tuned model per byte that zlib makes of the answer."""
    min_k: float
    """Mean log probability of the least likely fifth of the tokens, tuned."""
    min_k_plus: float
    """The same of (log probability - mean) / standard deviation over the vocabulary."""


class MembershipResult(Value, frozen=True, kw_only=True):
    """One signal."""

    signal: str
    tpr: float
    """Share of members above the threshold that at most 1 % of the held-out rows reach."""
    low: float
    high: float
    auc: float
    p: float
    """Exact: chance of so many members above that threshold if members and held-out rows are exchangeable."""
    members: int
    held_out: int


def signals(row: DataRow, *, member: bool, base: TokenScores, tuned: TokenScores) -> RowSignals:
    """Return the scores of one row from both models' token scores; raises InputError for a row without tokens."""
    if not tuned.log_probs or not base.log_probs:
        raise InputError(f"{row.place}: the answer has no tokens, so membership cannot be scored.")
    ours, theirs = np.array(tuned.log_probs), np.array(base.log_probs)
    # At least one token: a fifth of a short answer rounds to none, which other code turns into not-a-number.
    lowest = max(1, ceil(_SHARE * ours.size))
    relative = (ours - np.array(tuned.means)) / np.maximum(np.array(tuned.deviations), _SMALLEST)
    packed = len(zlib.compress(row.answer.encode("utf-8", "surrogatepass"), 9))
    return RowSignals(
        row=row.number,
        member=member,
        tokens=ours.size,
        reference=float(ours.mean() - theirs.mean()),
        zlib=float(ours.sum() / packed),
        min_k=float(np.sort(ours)[:lowest].mean()),
        min_k_plus=float(np.sort(relative)[:lowest].mean()),
    )


def membership_result(signal: str, members: Floats, held_out: Floats, *, seed: int) -> MembershipResult:
    """Return one signal's true-positive rate at 1 % false positives with a bootstrap interval, its AUC and its exact p value.

    Raises InputError with fewer than 300 held-out rows, or without members.
    """
    if held_out.size < LEAST_HELD_OUT:
        raise InputError(refusal(held_out.size))
    if not members.size:
        raise InputError("membership needs training rows to stand against the held-out ones, got none.")
    allowed = int(_RATE * held_out.size)
    tpr = _tpr(members, held_out, allowed)
    rng = np.random.default_rng(seed)
    drawn = [_tpr(rng.choice(members, members.size), rng.choice(held_out, held_out.size), allowed) for _ in range(_RESAMPLES)]
    low, high = (float(limit) for limit in np.quantile(drawn, (0.025, 0.975)))
    return MembershipResult(
        signal=signal,
        tpr=tpr,
        low=min(low, tpr),
        high=max(high, tpr),
        auc=_auc(members, held_out),
        p=separation(members, held_out),
        members=members.size,
        held_out=held_out.size,
    )


def refusal(held_out: int) -> str:
    """Return why there is no membership measurement with so few held-out rows."""
    return (
        f"membership needs at least {LEAST_HELD_OUT} held-out rows (distinct, from the same source, kept from training), got {held_out:,}; "
        "a true-positive rate at 1 % false positives would stand on fewer than 3 rows. Split the data before training with `holdfast split`"
    )


def separation(members: Floats, held_out: Floats) -> float:
    """Return the exact p value of the number of members above the threshold, under exchangeability.

    With j held-out rows allowed above it, x or more members stand above it just where at most j of the x + j highest rows are held
    out: a hypergeometric tail. Ties count for the held-out rows.
    """
    from scipy.stats import hypergeom

    allowed = int(_RATE * held_out.size)
    above = int((members > _threshold(held_out, allowed)).sum())
    if not above:
        return 1.0
    return float(hypergeom.cdf(allowed, members.size + held_out.size, held_out.size, above + allowed))


def _threshold(held_out: Floats, allowed: int) -> float:
    """Return the value that at most `allowed` held-out rows exceed."""
    return float(np.sort(held_out)[::-1][allowed])


def _tpr(members: Floats, held_out: Floats, allowed: int) -> float:
    return float((members > _threshold(held_out, allowed)).mean())


def _auc(members: Floats, held_out: Floats) -> float:
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([members, held_out]))[: members.size].sum()
    return float((ranks - members.size * (members.size + 1) / 2) / (members.size * held_out.size))


def summarise_membership(found: Sequence[RowSignals], *, seed: int, note: str | None) -> list[Measurement]:
    """Return rate and AUC per signal; p values are adjusted over the signals (Holm). Near-chance results are called that."""
    members = [one for one in found if one.member]
    others = [one for one in found if not one.member]
    results = [
        membership_result(
            name, np.array([getattr(one, name) for one in members]), np.array([getattr(one, name) for one in others]), seed=seed
        )
        for name in SIGNALS
    ]
    adjusted = holm([one.p for one in results])
    measured = []
    for one, p in zip(results, adjusted, strict=True):
        said = "training rows can be told apart" if p <= _ALPHA else "near chance: training rows cannot be told apart at this rate"
        measured.append(
            Measurement.of(
                "membership_tpr",
                one.tpr,
                side="tuned",
                group=one.signal,
                n=one.members,
                low=one.low,
                high=one.high,
                p=one.p,
                p_adjusted=p,
                adjustment="Holm over signals",
                method=f"at 1 % of {one.held_out:,} held-out rows; bootstrap of both, seed {seed}; exact exchangeability test",
                note="; ".join(part for part in (said, note) if part),
            )
        )
        measured.append(
            Measurement.of("membership_auc", one.auc, side="tuned", group=one.signal, n=one.members, method="Mann and Whitney", note=said)
        )
    return measured
