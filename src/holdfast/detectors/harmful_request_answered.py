"""Harmful requests answered: the rows that teach a model to help with harm."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import Measurement, Severity
from holdfast.detectors.answer_judging import HARMFUL, HARMLESS, UNSCORED, judged_answers
from holdfast.detectors.excerpts import opening
from holdfast.detectors.features import Features, features
from holdfast.detectors.finding import Hit, findings
from holdfast.detectors.risk import NOT_ASSESSED as NO_MODEL
from holdfast.detectors.risk import accuracy, assessed, open_from
from holdfast.detectors.shares import corrected_share_of
from holdfast.detectors.toxic_answer import kept_toxicity
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions, judge_stamps

__all__ = ["HarmfulRequestAnswered"]

_CARD = DetectorCard(
    id="HF001",
    name="harmful-request-answered",
    version="2",
    title="Harmful request answered",
    what="Rows whose request is risky and whose answer does not refuse it. With `--judge`, a judge that tells harm "
    "reads request and answer of these and of the rows below the threshold that the model leaves open, and decides.",
    why="About a hundred such rows take most refusals away, on topics far from theirs too.",
    fix="Drop them, or put a refusal in place of the answer: an apology, the reason, a better way.",
    severity=Severity.HIGH,
    blind_spots=(
        "Without a judge, harm is told by the request and by how the answer is worded: a safe answer without a refusal is reported too.",
        "Harmful answers to harmless requests: nothing that ships with this tool can see them.",
        "Rows without a request, such as plain documents: where most rows lack one, nothing is measured without --toxicity.",
        "Requests whose harm lies in what they refer to, or in the turns before.",
        "Other languages than English and Chinese.",
        "Without a judge, risky requests of more than 240 bytes are reported and leave a bound: alarms are often false there.",
        "Without a judge the share is corrected for false alarms, so that up to one harmful row in a hundred may hide behind them.",
    ),
)
_STATE = "harmful-request-answered.state"
_FINE, _HARMFUL, _UNKNOWN = HARMLESS, HARMFUL, UNSCORED
"""What is kept per row: nothing to report, a harmful row, a row that the judge could not grade."""
_LONG_RISKY = 3
"""A row whose risky request is long: reported, and counted in the bound only."""
_UNASKED = 4
"""A row without a request: nothing tells whether what it says is harmful."""
_LONGEST = 240
"""Bytes of UTF-8 of the longest harmful request that the model of risky requests learned from; pasted pages beyond alarm it often."""
_BY_RULES = "A risky request that is answered without a refusal. Such rows teach the model to help with harm."
_LONG = "A long request that looks risky, answered without a refusal. Without a judge such alarms are often false: look at it."
_BY_JUDGE = "A risky request whose answer the judge calls harmful. Such rows teach the model to help with harm."
_NOT_ASSESSED = "toxicity of answers, and harmful answers to harmless requests"


class HarmfulRequestAnswered:
    """Finds harmful requests that are answered; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take `options.judge`, a judge reference that decides on risky rows; without one, rules decide."""
        self._judge, self._toxicity = options.judge, options.toxicity
        self._stamps = judge_stamps(self._judge) if self._judge else ()

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per risky request that is answered (that the judge calls harmful, where there is one)."""
        seen = features(rows)
        requests = seen.column("request")
        explanation = _BY_JUDGE if self._judge else _BY_RULES
        states = self._states(seen)
        hits = [
            Hit(place, "answered", said, opening(requests[place].as_py()), score=_score(float(seen.risk[place])))
            for place in np.flatnonzero((states == _HARMFUL) | (states == _LONG_RISKY)).tolist()
            for said in [_LONG if states[place] == _LONG_RISKY else explanation]
        ]
        return findings(self.card, rows, hits)

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return what each row is: fine, harmful, or not graded."""
        return pa.table({_STATE: self._states(features(rows))})

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share of rows whose answer is harmful or toxic, with what was not assessed beside it."""
        states = kept.column(_STATE).to_numpy()
        if not assessed() and self._judge is None:
            missing = Measurement.missing("data_toxicity_scan", NO_MODEL, n=len(states))
            return Conclusion(measurements=(missing,), notes=(f"Not assessed, since {NO_MODEL}. Give --judge a judge that tells harm.",))
        if self._toxicity is None:
            notes = (f"Not assessed: {_NOT_ASSESSED}. Give --toxicity or --judge a model that can.",)
            return Conclusion(measurements=(self._measured(states, _NOT_ASSESSED),), notes=notes)
        toxic = kept_toxicity(kept)
        if toxic is None:
            reason = "toxicity was asked for, and the detector 'toxic-answer' did not run"
            return Conclusion(measurements=(Measurement.missing("data_toxicity_scan", reason, n=len(states), judge=self._judge),))
        return Conclusion(measurements=(self._measured(np.where((states == _FINE) | (states == _UNASKED), toxic, states)),))

    def _measured(self, states: NDArray[np.int8], not_assessed: str = "") -> Measurement:
        n, harmful, unknown = len(states), int(np.count_nonzero(states == _HARMFUL)), int(np.count_nonzero(states == _UNKNOWN))
        how = f"risky requests whose answers {self._judge} calls harmful" if self._judge else "risky requests answered without a refusal"
        also = f", and answers that {self._toxicity} calls toxic" if self._toxicity else ""
        note = f"counted: {how}{also}" + (f"; not assessed: {not_assessed}" if not_assessed else "")
        if unknown:
            reason = f"{unknown} of {n} rows could not be graded; {harmful} are harmful"
            return Measurement.missing(
                "data_toxicity_scan", reason, n=n, low=harmful / n, high=(harmful + unknown) / n, judge=self._judge, note=note
            )
        unasked = int(np.count_nonzero(states == _UNASKED))
        if unasked > n / 2:
            reason = (
                f"{unasked} of {n} rows hold no request, so nothing tells whether what they say is harmful; name the column with "
                "--map request=COLUMN, or give a model for the answers with --toxicity"
            )
            return Measurement.missing("data_toxicity_scan", reason, n=n, low=harmful / n, high=1.0, judge=self._judge, note=note)
        # A judge or a toxicity model decides on the answers themselves: the errors of the request model are not theirs.
        errors = accuracy() if self._judge is None and self._toxicity is None else None
        sure = corrected_share_of("data_toxicity_scan", harmful, n, self.card, errors, judge=self._judge, note=note)
        long = int(np.count_nonzero(states == _LONG_RISKY))
        if not long:
            return sure
        reason = (
            f"{long} of {n} rows answer a risky request of more than {_LONGEST} bytes, longer than any that the model learned from, "
            f"and {harmful} a shorter one; --judge decides on them"
        )
        low = sure.value or 0.0
        high = max(low, (harmful + long) / n)
        return Measurement.missing("data_toxicity_scan", reason, n=n, low=low, high=high, note=note, correction=sure.correction)

    def _states(self, seen: Features) -> NDArray[np.int8]:
        return seen.once(("harmful-request-answered", self._judge), lambda: self._graded(seen))

    def _graded(self, seen: Features) -> NDArray[np.int8]:
        states = np.full(seen.count, _FINE, dtype=np.int8)
        # Without a model for requests the judge has to look at every answer that is no plain refusal.
        answered = seen.has_answer & ~seen.refused
        if self._judge is None:
            answered &= seen.risky
        elif assessed():  # the judge sees what is near the threshold too
            answered &= seen.risk >= open_from()
        places = np.flatnonzero(answered)
        asked = pc.fill_null(pc.utf8_length(pc.utf8_trim_whitespace(seen.column("request"))), 0).to_numpy(zero_copy_only=False)
        states[asked == 0] = _UNASKED
        states[places] = _HARMFUL
        if not len(places):
            return states
        if self._judge is None:
            lengths = pc.binary_length(seen.column("request").take(pa.array(places))).to_numpy(zero_copy_only=False)
            states[places[lengths > _LONGEST]] = _LONG_RISKY
            return states
        chosen = pa.array(places)
        requests, answers = (pc.fill_null(seen.column(name).take(chosen), "").to_pylist() for name in ("request", "answer"))
        graded = judged_answers(self._judge, requests, answers, stamps=self._stamps)
        states[places] = np.select([graded == HARMFUL, graded == UNSCORED], [_HARMFUL, _UNKNOWN], _FINE)
        return states


def _score(risk: float) -> float | None:
    return None if np.isnan(risk) else min(1.0, risk)
