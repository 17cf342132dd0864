"""Correcting rates, drops and margins for a judge that errs, with the uncertainty of how often it errs."""

from __future__ import annotations

from math import sqrt

import msgspec

from holdfast.core.errors import InputError
from holdfast.core.measurements import PairedCounts
from holdfast.core.struct import Value
from holdfast.stats.intervals import Interval, critical_value, wilson, wilson_limits
from holdfast.stats.paired import cells_of, newcombe, paired_correlation, square_and_add

__all__ = [
    "MINIMUM_YOUDEN",
    "Corrected",
    "JudgeAccuracy",
    "calibration_slack",
    "correct_drop",
    "correct_drop_by_side",
    "correct_share",
    "corrected_drop",
    "corrected_drop_by_side",
    "corrected_rate",
    "inflated_pairs",
    "rogan_gladen",
    "scaled_margin",
]

_Part = tuple[float, tuple[float, float]]

MINIMUM_YOUDEN = 0.5
"""At or below this a judge is unusable: its correction divides by J and multiplies the needed prompts by 1/J^2 >= 4."""


class JudgeAccuracy(Value, frozen=True, kw_only=True):
    """How often a judge is right on labelled items, counted for the event in question (for example 'harmful')."""

    true_positives: int
    false_negatives: int
    true_negatives: int
    false_positives: int
    sensitivity_range: tuple[float, float] | None = None
    """Lowest and highest sensitivity over label sets of different models: how far it moves with the style of the answers."""
    specificity_range: tuple[float, float] | None = None

    @property
    def positives(self) -> int:
        """Labelled items that truly show the event."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> int:
        """Labelled items that truly do not show it."""
        return self.true_negatives + self.false_positives

    @property
    def sensitivity(self) -> float:
        """Share of true events that the judge sees, 0 to 1."""
        return self.true_positives / self.positives

    @property
    def specificity(self) -> float:
        """Share of items without the event that the judge leaves alone, 0 to 1."""
        return self.true_negatives / self.negatives

    @property
    def youden(self) -> float:
        """J = sensitivity + specificity - 1: 1 for a judge without error, 0 for one that guesses, below 0 for one that inverts."""
        return self.sensitivity + self.specificity - 1.0

    @property
    def usable(self) -> bool:
        """Whether J exceeds MINIMUM_YOUDEN."""
        return self.youden > MINIMUM_YOUDEN


class Corrected(Value, frozen=True, kw_only=True):
    """A number corrected for judge error, or the reason why it cannot be."""

    value: float | None
    """Within the possible range; `unclipped` pushed to its nearest end."""
    unclipped: float | None = None
    """As the formula gives it; outside the range when the judge errs otherwise than it was measured to."""
    standard_error: float | None = None
    """By the delta method, both samples counted; 0 at the ends of the range, where only the interval speaks."""
    interval: Interval | None = None
    youden: float
    reason: str | None = None


def rogan_gladen(observed: float, *, sensitivity: float, specificity: float) -> float:
    """Return the true rate that a judge's observed rate stands for, unclipped: below 0 where observed < 1 - specificity.

    (observed + specificity - 1) / (sensitivity + specificity - 1). Raises InputError unless the judge beats guessing.
    Source: Rogan and Gladen 1978.
    """
    youden = sensitivity + specificity - 1.0
    if not youden > 0.0:
        raise InputError(f"A judge with sensitivity {sensitivity!r} and specificity {specificity!r} does not beat guessing. Use another.")
    return (observed + specificity - 1.0) / youden


def corrected_rate(successes: int, n: int, judge: JudgeAccuracy, *, confidence: float = 0.95) -> Corrected:
    """Return the true rate behind `successes` of `n` judged, 0 to 1, with two-sided limits; None with a reason where J <= 0.5.

    `correct_share` of Wilson's limits, with the standard error of the delta method. Raises InputError for n = 0 or a judge
    without labelled items of both kinds.
    """
    corrected = correct_share(successes / n if n else 0.0, wilson(successes, n, confidence=confidence), judge)
    if corrected.unclipped is None:
        return corrected
    share = successes / n
    variance = share * (1.0 - share) / n / judge.youden**2 + _calibration_variance(judge, corrected.unclipped)
    return msgspec.structs.replace(corrected, standard_error=sqrt(variance))


def correct_share(share: float, limits: Interval, judge: JudgeAccuracy) -> Corrected:
    """Return the true rate behind a judged `share`, 0 to 1, with limits of the same kind; None with a reason where J <= 0.5.

    The limits surround the clipped value and add the distances of the judged share's own `limits` (of any method) and the
    Wilson distances of sensitivity and specificity by square-and-add, each weighted with its slope. So neither a rate of 0
    nor a judge without an observed error makes them claim certainty.
    """
    _check_labels(judge)
    if not judge.usable:
        return _unusable(judge)
    z, youden = critical_value(limits.confidence, one_sided=limits.one_sided), judge.youden
    theta = rogan_gladen(share, sensitivity=judge.sensitivity, specificity=judge.specificity)
    value = _clip(theta, 0.0)
    parts = [(1.0 / youden, (share - limits.low, limits.high - share)), *_calibration(judge, value, z)]
    return Corrected(value=value, unclipped=theta, interval=_surround(value, parts, 0.0, limits, "Rogan-Gladen over {}"), youden=youden)


def corrected_drop(counts: PairedCounts, judge: JudgeAccuracy, *, confidence: float = 0.95) -> Corrected:
    """Return the true drop behind a judged paired table, -1 to 1, with two-sided limits; None with a reason where J <= 0.5.

    `correct_drop` of Newcombe's limits, with the standard error of the delta method.
    """
    cells = cells_of(counts)
    limits = newcombe(counts, confidence=confidence)
    corrected = correct_drop(counts.drop, limits, judge, level=(2 * cells.both + cells.base_only + cells.tuned_only) / (2 * counts.n))
    if corrected.unclipped is None:
        return corrected
    spread = (counts.discordant / counts.n - counts.drop**2) / counts.n
    variance = spread + corrected.unclipped**2 * sum(_label_variances(judge))
    return msgspec.structs.replace(corrected, standard_error=sqrt(max(variance, 0.0)) / judge.youden)


def correct_drop(drop: float, limits: Interval, judge: JudgeAccuracy, *, level: float) -> Corrected:
    """Return the true drop behind a judged one, -1 to 1, with limits of the same kind; None with a reason where J <= 0.5.

    judged drop / J, for a judge that errs equally often on both sides: then its false alarms cancel. A judge that errs
    otherwise on the tuned model (a change of style is enough) breaks this. Where label sets of several models show how far
    its errors move (`sensitivity_range`), the limits allow for a difference between the sides as large as that; `level`, the
    mean judged share of both sides, weighs it. Labels of both sides are better: see `corrected_drop_by_side`.
    The limits join the distances of `limits` and the Wilson distances of J by square-and-add.
    """
    _check_labels(judge)
    if not judge.usable:
        return _unusable(judge)
    z, youden = critical_value(limits.confidence, one_sided=limits.one_sided), judge.youden
    theta = drop / youden
    value = _clip(theta, -1.0)
    slope = -value / youden
    parts = [(1.0 / youden, (drop - limits.low, limits.high - drop)), (slope, _spans(judge.sensitivity, judge.positives, z))]
    parts.append((slope, _spans(judge.specificity, judge.negatives, z)))
    true_level = _clip(rogan_gladen(level, sensitivity=judge.sensitivity, specificity=judge.specificity), 0.0)
    interval = _surround(value, parts, -1.0, limits, "{} over Youden's J", _differential(judge, (true_level, 1.0 - true_level)))
    return Corrected(value=value, unclipped=theta, interval=interval, youden=youden)


def corrected_drop_by_side(
    counts: PairedCounts, base_judge: JudgeAccuracy, tuned_judge: JudgeAccuracy, *, confidence: float = 0.95
) -> Corrected:
    """Return the true drop, -1 to 1, where the judge's errors were measured on labelled answers of each model apart.

    The difference of both sides' Rogan-Gladen rates, with the correlation of the pairs kept. `youden` is the smaller J;
    None with a reason where it is <= 0.5. Wider than `corrected_drop`, since two calibrations are uncertain.
    """
    cells, z = cells_of(counts), critical_value(confidence, one_sided=False)
    _check_labels(base_judge)
    _check_labels(tuned_judge)
    n = sum(cells)
    sides = (((cells.both + cells.base_only) / n, base_judge), ((cells.both + cells.tuned_only) / n, tuned_judge))
    if not (base_judge.usable and tuned_judge.usable):
        return correct_drop_by_side(sides[0][0], sides[1][0], newcombe(counts), base_judge, tuned_judge)
    first, second = (_divided((share, *wilson_limits(share, n, z)), judge.youden) for share, judge in sides)
    low, high = square_and_add(first, second, paired_correlation(cells))
    limits = Interval(low=low, high=high, confidence=confidence, method="Newcombe, paired (method 10)")
    corrected = correct_drop_by_side(sides[0][0], sides[1][0], limits, base_judge, tuned_judge)
    covariance = (cells.both * cells.neither - cells.base_only * cells.tuned_only) / n**3
    variance = -2.0 * covariance / (base_judge.youden * tuned_judge.youden)
    for share, judge in sides:
        theta = rogan_gladen(share, sensitivity=judge.sensitivity, specificity=judge.specificity)
        variance += share * (1.0 - share) / n / judge.youden**2 + _calibration_variance(judge, theta)
    return msgspec.structs.replace(corrected, standard_error=sqrt(max(variance, 0.0)))


def correct_drop_by_side(base: float, tuned: float, limits: Interval, base_judge: JudgeAccuracy, tuned_judge: JudgeAccuracy) -> Corrected:
    """Return the true drop, -1 to 1, behind the judged shares of both sides, each with errors of its own.

    `limits` are those of the mean of base label / J of the base side minus tuned label / J of the tuned side, of any method.
    """
    _check_labels(base_judge)
    _check_labels(tuned_judge)
    worse = min(base_judge, tuned_judge, key=lambda judge: judge.youden)
    if not worse.usable:
        return _unusable(worse)
    z = critical_value(limits.confidence, one_sided=limits.one_sided)
    sides = ((base, base_judge), (tuned, tuned_judge))
    thetas = [rogan_gladen(share, sensitivity=judge.sensitivity, specificity=judge.specificity) for share, judge in sides]
    centre = base / base_judge.youden - tuned / tuned_judge.youden
    parts = [(1.0, (centre - limits.low, limits.high - centre)), *_calibration(base_judge, thetas[0], z)]
    parts += [(-slope, spans) for slope, spans in _calibration(tuned_judge, thetas[1], z)]
    theta = thetas[0] - thetas[1]
    value = _clip(theta, -1.0)
    interval = _surround(value, parts, -1.0, limits, "Rogan-Gladen per side over {}")
    return Corrected(value=value, unclipped=theta, interval=interval, youden=worse.youden)


def calibration_slack(
    base_judge: JudgeAccuracy, tuned_judge: JudgeAccuracy, *, drop: float, lowest_level: float, confidence: float
) -> float:
    """Return how far a corrected drop may be off because the judge's errors are known from labels only; 0 or more.

    For tests that look at a run again and again, which cannot join this uncertainty with that of the prompts as the limits
    above do: they hold the corrected drop to its bar moved by this much. One-sided at `confidence`, for a true `drop`;
    true rates may lie anywhere from `lowest_level` to 1. One judge for both sides is given twice: its false alarms cancel.
    """
    z = critical_value(confidence, one_sided=True)
    bias = 0.0
    if base_judge == tuned_judge:
        judge = base_judge
        spans = _spans(judge.sensitivity, judge.positives, z), _spans(judge.specificity, judge.negatives, z)
        parts = [(drop / judge.youden, pair) for pair in spans]
        bias = _differential(judge, (1.0, 1.0 - lowest_level))
    else:
        parts = []
        for judge in (base_judge, tuned_judge):
            seen, left = _calibration(judge, 1.0, z)[0], _calibration(judge, lowest_level, z)[1]
            parts += [seen, left]
    return sqrt(sum((slope * max(spans)) ** 2 for slope, spans in parts)) + bias


def scaled_margin(margin: float, youden: float) -> float:
    """Return the margin to hold judged labels to, so that the true drop is held to `margin`: J times it.

    A judge shrinks a true drop by J, so the unscaled margin would pass true drops of up to margin / J.
    Raises InputError for J <= 0.5 or above 1.
    """
    _check_youden(youden)
    return margin * youden


def inflated_pairs(pairs: int, youden: float) -> int:
    """Return how many judged pairs say as much as `pairs` pairs of true labels: about pairs / J^2, rounded up."""
    _check_youden(youden)
    return -int(-pairs / youden**2 // 1)


def _check_youden(youden: float) -> None:
    if not MINIMUM_YOUDEN < youden <= 1.0:
        raise InputError(f"Youden's J must lie above {MINIMUM_YOUDEN} and not above 1, got {youden!r}. Use a better judge.")


def _check_labels(judge: JudgeAccuracy) -> None:
    cells = (judge.true_positives, judge.false_negatives, judge.true_negatives, judge.false_positives)
    if min(cells) < 0 or min(judge.positives, judge.negatives) < 1:
        raise InputError(
            f"A judge needs at least 1 labelled item that shows the event and 1 that does not, got {judge.positives} and {judge.negatives}."
        )


def _unusable(judge: JudgeAccuracy) -> Corrected:
    reason = (
        f"the judge's sensitivity {judge.sensitivity:.3f} and specificity {judge.specificity:.3f} give J = {judge.youden:.3f}; "
        f"a correction needs J above {MINIMUM_YOUDEN}"
    )
    return Corrected(value=None, youden=judge.youden, reason=reason)


def _spans(share: float, n: int, z: float, seen: tuple[float, float] | None = None) -> tuple[float, float]:
    """Return how far down and up a share's Wilson limits lie from it, or the values `seen` elsewhere, whichever is farther."""
    low, high = wilson_limits(share, n, z)
    if seen is not None:
        low, high = min(low, seen[0]), max(high, seen[1])
    return share - low, high - share


def _differential(judge: JudgeAccuracy, weights: tuple[float, float]) -> float:
    """Return how far a drop may be off if the sides' errors differ as they differed between label sets, worst case.

    A bias is no chance: it is added to the limits, not joined with them. `weights` are those of sensitivity and specificity.
    """
    reach = [0.0 if seen is None else seen[1] - seen[0] for seen in (judge.sensitivity_range, judge.specificity_range)]
    return sum(weight * far for weight, far in zip(weights, reach, strict=True)) / judge.youden


def _calibration(judge: JudgeAccuracy, theta: float, z: float) -> list[_Part]:
    """Return what a corrected rate `theta` owes to the uncertainty of sensitivity and specificity."""
    return [
        (-theta / judge.youden, _spans(judge.sensitivity, judge.positives, z, judge.sensitivity_range)),
        ((1.0 - theta) / judge.youden, _spans(judge.specificity, judge.negatives, z, judge.specificity_range)),
    ]


def _surround(value: float, parts: list[_Part], lowest: float, limits: Interval, method: str, bias: float = 0.0) -> Interval:
    """Return limits around `value` from independent parts, each a slope and its own distances down and up, moved out by `bias`."""
    below = sqrt(sum((slope * (down if slope >= 0.0 else up)) ** 2 for slope, (down, up) in parts))
    above = sqrt(sum((slope * (up if slope >= 0.0 else down)) ** 2 for slope, (down, up) in parts))
    return Interval(
        low=_clip(value - below - bias, lowest),
        high=_clip(value + above + bias, lowest),
        confidence=limits.confidence,
        one_sided=limits.one_sided,
        method=method.format(limits.method),
    )


def _divided(limits: tuple[float, float, float], by: float) -> tuple[float, float, float]:
    point, low, high = limits
    return point / by, low / by, high / by


def _label_variances(judge: JudgeAccuracy) -> tuple[float, float]:
    return (
        judge.sensitivity * (1.0 - judge.sensitivity) / judge.positives,
        judge.specificity * (1.0 - judge.specificity) / judge.negatives,
    )


def _calibration_variance(judge: JudgeAccuracy, theta: float) -> float:
    seen, left = _label_variances(judge)
    return (theta**2 * seen + (1.0 - theta) ** 2 * left) / judge.youden**2


def _clip(value: float, lowest: float) -> float:
    return min(max(value, lowest), 1.0)
