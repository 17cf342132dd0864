"""A judge's ledger: how often it errs on responses that people labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from holdfast.core import Grade, JudgeError, Manner, Outcome
from holdfast.judges.labels import Label, LabelSet
from holdfast.plugins import GradingItem, Judge, LedgerRow
from holdfast.stats import wilson

__all__ = ["LEAST_PER_CLASS", "measure_judge", "measure_on"]


LEAST_PER_CLASS = 50
"""Labels of each class from which a category gets a row of its own: fewer say too little to correct a number with."""
_ANY = "all"
_SIDES: tuple[Literal["base", "tuned"], ...] = ("base", "tuned")


class _Graded(NamedTuple):
    """One labelled response with its grade."""

    grade: Grade
    label: Label
    category: str
    side: str


class _Told(NamedTuple):
    """What every row says besides its numbers."""

    label_set: str
    confidence: float
    note: str
    domain: str


class _Metric(NamedTuple):
    """What counts as the event, and what as its absence."""

    positive: Label
    outcome: Outcome
    negative: frozenset[Label]


_WHOLE = (Label.REFUSAL, Label.ANSWERED, Label.HARMFUL)
_REFUSAL = _Metric(Label.REFUSAL, Outcome.REFUSAL, frozenset({Label.ANSWERED, Label.HARMFUL}))
_HARMFUL = _Metric(Label.HARMFUL, Outcome.HARMFUL, frozenset({Label.SAFE, Label.REFUSAL, Label.ANSWERED, Label.PARTIAL_REFUSAL}))


def measure_on(
    judge: Judge, labelled: LabelSet, *, confidence: float = 0.95, note: str = "", domain: str = "general", part_of: str = ""
) -> list[LedgerRow]:
    """Return the rows of `measure_judge` for a label set; `note` is printed beside them, `part_of` names a larger set."""
    rows = measure_judge(
        judge,
        labelled.items,
        labelled.labels,
        label_set=labelled.name,
        confidence=confidence,
        note=note,
        sides=labelled.sides,
        domain=domain,
    )
    return [replace(row, part_of=part_of) for row in rows] if part_of else rows


def measure_judge(
    judge: Judge,
    items: Sequence[GradingItem],
    labels: Sequence[Label],
    *,
    label_set: str = "labels",
    confidence: float = 0.95,
    note: str = "",
    sides: Sequence[str] = (),
    domain: str = "general",
) -> list[LedgerRow]:
    """Grade labelled responses and return rows with Wilson intervals.

    - positive 'refusal': sensitivity is the share of refusals that get the outcome REFUSAL, specificity the share of
      answers (harmful ones too) that do not. Partial refusals and responses labelled only 'safe' are in neither.
    - positive 'partial_refusal', where there are any: sensitivity is the share worded PARTLY_REFUSED, specificity the share
      of refusals and answers that are not; the note says what became of all partial refusals.
    - positive 'harmful', for judges that tell harm, where harmful and other labels are there.

    'refusal' and 'harmful' come once over all responses; again per category with at least 50 labels of each class; and
    again per side ('base', 'tuned' in `sides`) where both classes are labelled on both sides, since fine-tuning changes
    the style that a judge sees. `domain` says what the labelled prompts are about.

    Unscored responses are in no rate: `n_positive` and `n_negative` count the scored ones and the note counts the rest.
    Raises JudgeError for no items, and where items, labels and grades do not match in number.
    """
    if not items or len(items) != len(labels):
        raise JudgeError(f"A judge is measured on responses with one label each, got {len(items)} responses and {len(labels)} labels.")
    grades = judge.grade(items)
    if len(grades) != len(items):
        raise JudgeError(f"judge {judge.card.id!r} returned {len(grades)} grades for {len(items)} responses; it must return one each.")
    of_side = sides or [""] * len(items)
    categories = [item.prompt.category for item in items]
    graded = [_Graded(*found) for found in zip(grades, labels, categories, of_side, strict=True)]
    told = _Told(label_set, confidence, note, domain)
    rows = _rows(_REFUSAL, graded, told)
    if Label.PARTIAL_REFUSAL in labels:
        rows.append(_partial_row(graded, told))
    if judge.card.tells_harm and Label.HARMFUL in labels:
        rows += _rows(_HARMFUL, graded, told)
    return rows


def _rows(metric: _Metric, graded: Sequence[_Graded], told: _Told) -> list[LedgerRow]:
    """Return the row over all responses, those of large enough categories, and those of the sides."""
    rows = [_row(metric, graded, told)]
    for category in sorted({one.category for one in graded} - {_ANY, ""}):
        members = [one for one in graded if one.category == category]
        if min(_classes(metric, members)) >= LEAST_PER_CLASS:
            rows.append(replace(_row(metric, members, told), category=category))
    by_side = [(side, [one for one in graded if one.side == side]) for side in _SIDES]
    if all(min(_classes(metric, members)) for _, members in by_side):
        rows += [replace(_row(metric, members, told), side=side) for side, members in by_side]
    return rows


def _classes(metric: _Metric, graded: Sequence[_Graded]) -> tuple[int, int]:
    """Return how many scored responses show the event by their label, and how many do not."""
    scored = [one.label for one in graded if one.grade.outcome is not None]
    return sum(label is metric.positive for label in scored), sum(label in metric.negative for label in scored)


def _row(metric: _Metric, graded: Sequence[_Graded], told: _Told) -> LedgerRow:
    positives = [one.grade for one in graded if one.label is metric.positive]
    negatives = [one.grade for one in graded if one.label in metric.negative]
    found, missed = _split(positives, metric.outcome)
    false, spared = _split(negatives, metric.outcome)
    unscored = len(positives) + len(negatives) - found - missed - false - spared
    sensitivity = _share(found, found + missed, told.confidence)
    specificity = _share(spared, false + spared, told.confidence)
    return LedgerRow(
        label_set=told.label_set,
        positive=metric.positive.value,
        n_positive=found + missed,
        n_negative=false + spared,
        sensitivity=sensitivity[0],
        sensitivity_low=sensitivity[1],
        sensitivity_high=sensitivity[2],
        specificity=specificity[0],
        specificity_low=specificity[1],
        specificity_high=specificity[2],
        confidence=told.confidence,
        note=_joined(told.note, f"{unscored} unscored" if unscored else ""),
        domain=told.domain,
    )


def _partial_row(graded: Sequence[_Graded], told: _Told) -> LedgerRow:
    partial = [one.grade for one in graded if one.label is Label.PARTIAL_REFUSAL]
    others = [one.grade for one in graded if one.label in _WHOLE and one.grade.outcome is not None]
    scored = [grade for grade in partial if grade.outcome is not None]
    partly = sum(grade.manner is Manner.PARTLY_REFUSED for grade in scored)
    refused = sum(grade.outcome is Outcome.REFUSAL for grade in scored)
    degenerate = sum(grade.outcome is Outcome.DEGENERATE for grade in scored)
    counts = {
        "refused": refused,
        "partly refused": partly,
        "answered": len(scored) - refused - partly - degenerate,
        "degenerate": degenerate,
        "unscored": len(partial) - len(scored),
    }
    called = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    spared = sum(grade.manner is not Manner.PARTLY_REFUSED for grade in others)
    sensitivity, specificity = _share(partly, len(scored), told.confidence), _share(spared, len(others), told.confidence)
    return LedgerRow(
        label_set=told.label_set,
        positive=Label.PARTIAL_REFUSAL.value,
        n_positive=len(scored),
        n_negative=len(others),
        sensitivity=sensitivity[0],
        sensitivity_low=sensitivity[1],
        sensitivity_high=sensitivity[2],
        specificity=specificity[0],
        specificity_low=specificity[1],
        specificity_high=specificity[2],
        confidence=told.confidence,
        note=_joined(told.note, f"called {called}"),
        domain=told.domain,
    )


def _split(grades: Sequence[Grade], outcome: Outcome) -> tuple[int, int]:
    """Return how many grades have an outcome, and how many have another one; unscored grades are neither."""
    counted = Counter(grade.outcome is outcome for grade in grades if grade.outcome is not None)
    return counted[True], counted[False]


def _share(count: int, n: int, confidence: float) -> tuple[float | None, float | None, float | None]:
    if n == 0:
        return None, None, None
    limits = wilson(count, n, confidence=confidence)
    return count / n, limits.low, limits.high


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
