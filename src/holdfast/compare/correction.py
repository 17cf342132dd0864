"""What is known of a judge's errors about an event, and the numbers corrected for them.

Rule 6 of the design: a judge is used with its measured sensitivity and specificity. A judge that nobody measured, that was
measured in another domain, or that hardly beats guessing leaves every gate on its numbers undecided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from holdfast.compare.pairs import Event, PromptPair
from holdfast.compare.shares import Shares
from holdfast.plugins import JudgeCard, LedgerRow
from holdfast.stats import (
    MINIMUM_YOUDEN,
    Corrected,
    Interval,
    JudgeAccuracy,
    clustered_mean,
    correct_drop,
    correct_drop_by_side,
    correct_share,
    corrected_drop_by_side,
)

__all__ = ["JudgeErrors", "domains_of", "drop_fields", "judge_errors", "rate_fields"]

_LEAST_PER_CLASS = 50  # labels of each class below which a category is not corrected on its own (issue B)
_LEAST_PER_SET = 30  # labels below which a set does not show how far errors move with the model
_LABEL_OF_ALL = "labels of any model: the same errors are assumed on both sides"


class JudgeErrors(NamedTuple):
    """A judge's errors about one event, on each side. `None` accuracies mean that numbers stay as judged."""

    base: JudgeAccuracy | None = None
    tuned: JudgeAccuracy | None = None
    said: str | None = None
    """Which labels they come from, in words for people."""
    doubt: str | None = None
    """Why no gate may rest on the judge's numbers."""

    @property
    def by_side(self) -> bool:
        """Whether the answers of both sides were labelled apart."""
        return self.base != self.tuned

    @property
    def may_differ_by_side(self) -> bool:
        """Whether labels show that the judge errs otherwise on one side, or on one model than on another."""
        ranges = [] if self.base is None else [self.base.sensitivity_range, self.base.specificity_range]
        return self.by_side or any(seen is not None and seen[0] < seen[1] for seen in ranges)

    def of(self, side: str) -> JudgeAccuracy | None:
        """Return the errors on 'base' or 'tuned'."""
        return self.base if side == "base" else self.tuned


def judge_errors(event: Event, card: JudgeCard, ledger: Sequence[LedgerRow], domains: Sequence[str], group: str = "all") -> JudgeErrors:
    """Return what labels say of a judge's errors about an event, for prompts of some domains and one category or 'all'.

    Nothing is corrected for an event that nobody labels, for an exact judge, and for a replication judge, which may not gate.
    """
    if event.label is None or card.exact or not card.may_gate:
        return JudgeErrors()
    rows = [row for row in ledger if row.positive == event.label and not row.part_of]
    if not rows:
        return JudgeErrors(doubt=f"how often {card.name} errs about {event.label!r} was never measured; `holdfast judges test` does")
    strange = sorted({domain for domain in domains if domain not in {row.domain for row in rows}})
    if strange:
        told = ", ".join(sorted({row.domain for row in rows}))
        return JudgeErrors(doubt=f"the judge's labels are of the domain {told}, the prompts of {strange[0]}")
    rows = [row for row in rows if row.domain in domains]
    overall = _overall(rows, card, event)
    if overall.doubt is not None or group == "all":
        return overall
    return _in_category(rows, group)


def domains_of(pairs: Sequence[PromptPair], domains: Mapping[str, str]) -> tuple[str, ...]:
    """Return what the prompts of some pairs are about; `domains` maps suites to domains, others are 'general'."""
    return tuple(dict.fromkeys(domains.get(pair.prompt.suite, "general") for pair in pairs))


def _overall(rows: Sequence[LedgerRow], card: JudgeCard, event: Event) -> JudgeErrors:
    plain = [row for row in rows if not row.category]
    sides = {side: [row for row in plain if row.side == side] for side in ("base", "tuned")}
    whole = plain if all(sides.values()) else [row for row in plain if not row.side] or plain
    if all(sides.values()):
        base, tuned = (_pooled(sides[side]) for side in ("base", "tuned"))
        said = "labels of both sides"
    else:
        base = tuned = _pooled(whole)
        said = _LABEL_OF_ALL
    if base is None or tuned is None:
        return JudgeErrors(doubt=f"the labels for {card.name} hold only one class of {event.label!r}; both are needed")
    worse = min(base, tuned, key=lambda accuracy: accuracy.youden)
    if not worse.usable:
        return JudgeErrors(
            doubt=f"{card.name} hardly beats guessing: sensitivity {worse.sensitivity:.2f} and specificity {worse.specificity:.2f} "
            f"give J = {worse.youden:.2f}, and at least {MINIMUM_YOUDEN} is needed"
        )
    return JudgeErrors(base, tuned, _say(base, tuned, said, [row.label_set for row in whole]))


def _in_category(rows: Sequence[LedgerRow], category: str) -> JudgeErrors:
    """Return the errors on one category, where enough of it was labelled; otherwise its numbers stay as judged."""
    own = [row for row in rows if row.category == category and not row.side]
    accuracy = _pooled(own)
    if accuracy is None or min(accuracy.positives, accuracy.negatives) < _LEAST_PER_CLASS or not accuracy.usable:
        return JudgeErrors(said=f"as judged: fewer than {_LEAST_PER_CLASS} labels of each class in this category")
    return JudgeErrors(accuracy, accuracy, _say(accuracy, accuracy, _LABEL_OF_ALL, [row.label_set for row in own]))


def _pooled(rows: Sequence[LedgerRow]) -> JudgeAccuracy | None:
    """Return the label counts of several sets together, with how far the sets lie apart; None where a class is missing."""
    seen = sum(round((row.sensitivity or 0.0) * row.n_positive) for row in rows)
    left = sum(round((row.specificity or 0.0) * row.n_negative) for row in rows)
    positives, negatives = sum(row.n_positive for row in rows), sum(row.n_negative for row in rows)
    if not positives or not negatives:
        return None
    sensitivities = [row.sensitivity for row in rows if row.sensitivity is not None and row.n_positive >= _LEAST_PER_SET]
    specificities = [row.specificity for row in rows if row.specificity is not None and row.n_negative >= _LEAST_PER_SET]
    return JudgeAccuracy(
        true_positives=seen,
        false_negatives=positives - seen,
        true_negatives=left,
        false_positives=negatives - left,
        sensitivity_range=(min(sensitivities), max(sensitivities)) if sensitivities else None,
        specificity_range=(min(specificities), max(specificities)) if specificities else None,
    )


def _say(base: JudgeAccuracy, tuned: JudgeAccuracy, said: str, label_sets: Sequence[str]) -> str:
    each = [base] if base == tuned else [base, tuned]
    errors = "; ".join(
        f"sensitivity {one.sensitivity:.3f} (n {one.positives}), specificity {one.specificity:.3f} (n {one.negatives})" for one in each
    )
    sets = list(dict.fromkeys(label_sets))
    return f"corrected for {errors}; {said}; {len(sets)} label set{'s' if len(sets) > 1 else ''}: {', '.join(sets)}"


def rate_fields(errors: JudgeErrors, side: str, value: float, both: Interval, one: Interval) -> dict[str, Any]:
    """Return value and limits of a rate, corrected where the judge's errors are known, as fields of a measurement."""
    accuracy = errors.of(side)
    if accuracy is None:
        return _as_judged(errors, value, both, one)
    return _corrected(errors, value, correct_share(value, both, accuracy), correct_share(value, one, accuracy))


def drop_fields(errors: JudgeErrors, shares: Shares, both: Interval, one: Interval, *, scaled: bool = False) -> dict[str, Any]:
    """Return value and limits of a drop, corrected where the judge's errors are known, as fields of a measurement.

    `scaled` says that, where the errors differ by side, the limits are already those of base / J - tuned / J.
    """
    base, tuned = (sum(values) / shares.n for values in (shares.base, shares.tuned))
    if errors.base is None or errors.tuned is None:
        return _as_judged(errors, base - tuned, both, one)
    if not errors.by_side:
        first, second = (correct_drop(base - tuned, limits, errors.base, level=(base + tuned) / 2) for limits in (both, one))
    elif scaled:
        first, second = (correct_drop_by_side(base, tuned, found, errors.base, errors.tuned) for found in (both, one))
    elif shares.independent:
        # A limit that holds one-sided at c is one of two that hold together at 2c - 1.
        first = corrected_drop_by_side(shares.counts, errors.base, errors.tuned, confidence=both.confidence)
        second = corrected_drop_by_side(shares.counts, errors.base, errors.tuned, confidence=2 * one.confidence - 1)
    else:
        pairs = zip(shares.base, shares.tuned, strict=True)
        values = [before / errors.base.youden - after / errors.tuned.youden for before, after in pairs]
        limits = [clustered_mean(values, shares.clusters, one_sided=one_sided).interval for one_sided in (False, True)]
        first, second = (correct_drop_by_side(base, tuned, found, errors.base, errors.tuned) for found in limits)
    return _corrected(errors, base - tuned, first, second)


def _as_judged(errors: JudgeErrors, value: float, both: Interval, one: Interval) -> dict[str, Any]:
    limits = {"low": both.low, "high": both.high, "lower": one.low, "upper": one.high}
    return {"value": value, **limits, "method": both.method, "correction": errors.said, "doubt": errors.doubt}


def _corrected(errors: JudgeErrors, observed: float, both: Corrected, one: Corrected) -> dict[str, Any]:
    if both.value is None or both.interval is None or one.interval is None:  # `judge_errors` lets no unusable judge through
        raise AssertionError(both.reason)
    fields = _as_judged(errors, both.value, both.interval, one.interval)
    return {**fields, "observed": observed}
