"""From rounds and a baseline to evidence that refusals have fallen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log

import numpy as np

from holdfast.core import Measurement
from holdfast.stats import log_e_change, wilson
from holdfast.watch.served.spec import ServedRound

__all__ = ["ALARM", "RATE", "measure_served", "say_blind"]

ALARM, RATE = "served_refusal_alarm", "served_refusal_rate"
_MOST_NATS = 230.0  # 1e100: more says nothing more, and JSON has no infinity


def measure_served(rounds: Sequence[ServedRound], baseline: Mapping[str, float] | float | None, margin: float) -> tuple[Measurement, ...]:
    """Return the evidence for a fall of the refusal rate by more than `margin`, the rate of the drawn requests, and that of the last round.

    Two lines of evidence are averaged, which keeps the bound on false alarms: the requests drawn anew count one by one (each is drawn
    from the whole bank), the fixed ones as one mean per round (their answers in a round belong together). A round that failed counts for
    nothing. `baseline` is the recorded outcome per request (1 refused, 0 not), or one rate for all.
    """
    counted = [one for one in rounds if one.round > 0 and not one.failed]
    blind = say_blind(baseline, margin) if baseline is not None else ""
    if baseline is None or not counted:
        why = "no baseline was recorded yet" if baseline is None else f"no round of {len(rounds)} was answered in full"
        return (Measurement.missing(ALARM, blind or why), Measurement.missing(RATE, why))
    if blind:
        return (Measurement.missing(ALARM, blind), *_rates(counted))
    drawn = [_differences(one, "rotating", baseline) for one in counted]
    fixed = [_mean(_differences(one, "fixed", baseline)) for one in counted]
    evidence = np.logaddexp(log_e_change(drawn, above=margin), log_e_change(fixed, above=margin)) - log(2.0)
    highest = int(evidence.argmax())
    n = sum(len(one.asked) for one in counted)
    note = f"highest after round {counted[highest].round} of {rounds[-1].round}; margin {margin:g}; {len(counted)} rounds answered in full"
    alarm = Measurement.of(
        ALARM, exp(min(float(evidence[highest]), _MOST_NATS)), n=n, method="e-process over all beginnings (Ville's inequality)", note=note
    )
    return (alarm, *_rates(counted))


def say_blind(baseline: Mapping[str, float] | float, margin: float) -> str:
    """Say why a fall of the refusal rate by more than `margin` could never show against a baseline; '' where it could."""
    rate = baseline if isinstance(baseline, float) else sum(baseline.values()) / max(1, len(baseline))
    if rate > margin:
        return ""
    if rate == 0:
        return "the baseline refused nothing, so nothing could be seen to go"
    return f"the baseline refused {100 * rate:.3g} %, so a fall by more than the margin of {100 * margin:.3g} points could not show"


def _rates(counted: Sequence[ServedRound]) -> tuple[Measurement, Measurement]:
    return _rate(counted, "every round"), _rate(counted[-1:], f"round {counted[-1].round} alone", group="last")


def _rate(rounds: Sequence[ServedRound], what: str, group: str = "all") -> Measurement:
    known = [one.refused for found in rounds for one in found.asked if one.kind == "rotating" and one.refused is not None]
    if not known:
        return Measurement.missing(RATE, "the judge could grade no answer", group=group)
    limits = wilson(sum(known), len(known))
    return Measurement.of(
        RATE, sum(known) / len(known), n=len(known), low=limits.low, high=limits.high, method=limits.method, note=what, group=group
    )


def _differences(found: ServedRound, kind: str, baseline: Mapping[str, float] | float) -> list[float]:
    return [
        (baseline if isinstance(baseline, float) else baseline[one.prompt]) - float(one.refused)
        for one in found.asked
        if one.kind == kind and one.refused is not None and (isinstance(baseline, float) or one.prompt in baseline)
    ]


def _mean(values: Sequence[float]) -> list[float]:
    return [sum(values) / len(values)] if values else []
