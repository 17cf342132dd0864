"""From pairs of grades to measurements: a rate per side, and the paired drop, each with its uncertainty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist
from types import MappingProxyType
from typing import Any

from holdfast.compare.correction import JudgeErrors, domains_of, drop_fields, judge_errors, rate_fields
from holdfast.compare.facts import JudgeFacts
from holdfast.compare.pairs import EVENTS, Event, PromptPair
from holdfast.compare.shares import Shares, shares_of
from holdfast.core import Measurement, Side
from holdfast.plugins import JudgeCard
from holdfast.stats import (
    clustered_mean,
    clustered_share,
    mcnemar_exact,
    newcombe,
    one_sided_drop_limits,
    sign_flip_test,
    smallest_confirmable_drop,
    wilson,
)

__all__ = ["GENERAL", "NO_HARM", "groups_of", "measure_pairs"]

GENERAL: Mapping[str, str] = MappingProxyType({})

NO_HARM = "the judge cannot tell a safe answer from a harmful one; the rate lies between 0 and 1 - refusal rate"


def measure_pairs(
    pairs: Sequence[PromptPair], judge: JudgeFacts, *, seed: int, domains: Mapping[str, str] = GENERAL, events: Sequence[Event] = EVENTS
) -> list[Measurement]:
    """Measure every event in every condition, overall and per category, corrected for what is known of the judge's errors.

    `domains` maps a suite to what its prompts are about; suites left out are 'general'.
    `p` is exact McNemar (one answer per prompt) or a sign-flip test over clusters; it is not yet adjusted.
    """
    measured: list[Measurement] = []
    for condition in dict.fromkeys(pair.condition for pair in pairs):
        here = [pair for pair in pairs if pair.condition == condition]
        for event in events:
            concerned = [pair for pair in here if event.expected in (None, pair.prompt.expected)]
            for group, members in groups_of(event, concerned):
                about = domains_of(members, domains)
                overall = judge_errors(event, judge.card, judge.ledger, about)
                errors = judge_errors(event, judge.card, judge.ledger, about, group)
                measured += _measure(event, members, condition, group, judge.card, errors, overall, seed)
    return measured


def groups_of(event: Event, pairs: Sequence[PromptPair]) -> Iterable[tuple[str, Sequence[PromptPair]]]:
    """Return all pairs as 'all' and, where the event is counted so, those of each category; nothing where there are none."""
    if not pairs:
        return
    yield "all", pairs
    if event.by_category:
        for category in dict.fromkeys(pair.prompt.category for pair in pairs):
            yield category, [pair for pair in pairs if pair.prompt.category == category]


def _measure(
    event: Event,
    pairs: Sequence[PromptPair],
    condition: str,
    group: str,
    card: JudgeCard,
    errors: JudgeErrors,
    overall: JudgeErrors,
    seed: int,
) -> Iterable[Measurement]:
    shared: dict[str, Any] = {"condition": condition, "group": group, "judge": card.name, "may_gate": card.may_gate}
    if event.needs_harm and not card.tells_harm:
        for side in ("base", "tuned", "drop"):
            yield Measurement.missing(event.metric, NO_HARM, n=len(pairs), side=side, **shared)
        return
    shares = shares_of(event, pairs)
    if shares.n == 0:
        reason = f"no prompt was scored on both sides (0 of {len(pairs)})"
        for side in ("base", "tuned", "drop"):
            yield Measurement.missing(event.metric, reason, side=side, **shared)
        return
    yield _rate(event.metric, shares.base, shares, errors, side="base", **shared)
    yield _rate(event.metric, shares.tuned, shares, errors, side="tuned", **shared)
    yield _drop(event.metric, shares, errors, overall, seed, **shared)


def _rate(name: str, values: Sequence[float], shares: Shares, errors: JudgeErrors, *, side: Side, **shared: Any) -> Measurement:
    if shares.independent:
        both, one = wilson(int(sum(values)), shares.n), wilson(int(sum(values)), shares.n, one_sided=True)
    else:
        both = clustered_share(values, shares.clusters).interval
        one = clustered_share(values, shares.clusters, one_sided=True).interval
    fields = rate_fields(errors, side, sum(values) / shares.n, both, one)
    return Measurement.of(name, n=shares.n, side=side, **fields, **shared)


def _drop(name: str, shares: Shares, errors: JudgeErrors, overall: JudgeErrors, seed: int, **shared: Any) -> Measurement:
    if shares.independent:
        counts = shares.counts
        both, one, p = newcombe(counts), one_sided_drop_limits(counts), mcnemar_exact(counts)
        test = "exact McNemar"
    else:
        counts = None
        both = clustered_mean(shares.differences, shares.clusters).interval
        one = clustered_mean(shares.differences, shares.clusters, one_sided=True).interval
        p = sign_flip_test(shares.differences, shares.clusters, seed=seed).p_value
        test = f"sign-flip test over {len(set(shares.clusters))} clusters"
    fields = drop_fields(errors, shares, both, one)
    fields["method"] = f"{fields['method']}; {test}"
    if overall.may_differ_by_side:
        p = max(p, _p_of_corrected(drop_fields(overall, shares, both, one)))
    return Measurement.of(
        name, n=shares.n, side="drop", paired=counts, p=p, detectable=smallest_confirmable_drop(shares.n), **fields, **shared
    )


def _p_of_corrected(fields: Mapping[str, Any]) -> float:
    """Return the two-sided p of a corrected drop, from its own limits: a judge that errs otherwise on one side is no change.

    Exact McNemar on the judge's labels would call it one. 1 where the corrected drop is 0.
    """
    value, low, high = fields["value"], fields["low"], fields["high"]
    reach = value - low if value > 0 else high - value
    normal = NormalDist()
    return 1.0 if value == 0 or reach <= 0 else 2.0 * normal.cdf(-normal.inv_cdf(0.975) * abs(value) / reach)
