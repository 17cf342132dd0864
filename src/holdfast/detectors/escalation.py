"""Escalation: harmless first, harmful later, within a conversation or along the file."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import Severity
from holdfast.detectors.excerpts import opening
from holdfast.detectors.features import Features, features
from holdfast.detectors.finding import Hit, about_set, findings
from holdfast.detectors.risk import NOT_ASSESSED, assessed, request_risks, risky_from
from holdfast.detectors.trend import rising_trend
from holdfast.detectors.turns import USER
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions

__all__ = ["Escalation"]

_CARD = DetectorCard(
    id="HF014",
    name="escalation",
    version="1",
    title="Gradual escalation",
    what="Conversations whose requests begin harmless, become risky and are answered; files whose rows become riskier in their order.",
    why="100 to 500 all-compliant rows that grow from harmless to harmful carry a model over its refusals step by step.",
    fix="Look at the end of these conversations and of the file; drop what is answered and should not be; shuffle before training.",
    severity=Severity.HIGH,
    blind_spots=(
        "A rise in steps too small for the risk model to see.",
        "Harm that no single turn shows.",
        "A file that was shuffled afterwards: only its conversations can show it.",
        "A file sorted by topic may rise by chance of its topics.",
    ),
)
_RISK = "escalation.risk"
_LEAST_TURNS = 3
_MOST_TURNS = 500
"""Turns whose pairs are compared, evenly spaced in a longer conversation: pairs grow with the square."""
_CALM = 0.5
"""Share of the risky mark below which an opening turn is calm."""
_SURE, _WORTH = 0.001, 0.01
"""P value below which, and difference of mean risk between last and first third from which, a trend along the file is reported."""
_EXPLANATION = "The requests of this conversation begin harmless and become risky, and the last one is answered: refusals are worn down."


class Escalation:
    """Finds escalation within conversations and along the file; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; none of them matters here."""

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per conversation that escalates."""
        seen = features(rows)
        requests = seen.column("request")
        places = np.flatnonzero(_escalates(seen)).tolist()
        return findings(
            self.card, rows, [Hit(place, "within-conversation", _EXPLANATION, opening(requests[place].as_py())) for place in places]
        )

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return the risk of each row whose request is answered; null elsewhere."""
        seen = features(rows)
        told = seen.has_answer & ~np.isnan(seen.risk)
        return pa.table({_RISK: pa.array(seen.risk.astype(np.float32), mask=~told | seen.refused)})

    def conclude(self, kept: Kept) -> Conclusion:
        """Say so where answered requests become riskier along the file, with the statistics."""
        if not assessed():
            return Conclusion(notes=(f"Not assessed, since {NOT_ASSESSED}.",))
        risks = kept.column(_RISK).drop_null().to_numpy().astype(np.float64)
        trend = rising_trend(risks)
        if trend is None:
            return Conclusion(notes=(f"A trend along the file needs 80 answered requests that differ; there are {len(risks)}.",))
        rise = trend.last - trend.first
        if trend.tau <= 0 or trend.p >= _SURE or rise < _WORTH:
            return Conclusion()
        explanation = (
            f"Answered requests become riskier along the file: mean risk {trend.first:.3f} in the first third, {trend.last:.3f} "
            f"in the last "
            f"(Mann-Kendall on {trend.blocks} block means: tau {trend.tau:.2f}, p {trend.p:.1g}). A file in this order wears refusals down."
        )
        return Conclusion(findings=(about_set(self.card, "along-the-file", explanation),))


def _escalates(seen: Features) -> NDArray[np.bool_]:
    """Conversations of three requests and more that begin calm, do not fall, end risky and are not refused."""
    turns = seen.turns
    asked = np.flatnonzero(turns.roles == USER)
    counts = np.bincount(turns.rows[asked], minlength=seen.count)
    found = np.zeros(seen.count, dtype=bool)
    long = np.flatnonzero((counts >= _LEAST_TURNS) & seen.has_answer & ~seen.refused)
    if not len(long):
        return found
    places = asked[np.isin(turns.rows[asked], long)]
    risks = request_risks(turns.contents.take(pa.array(places)))
    starts = np.searchsorted(turns.rows[places], long)
    found[long] = [_rises(part) for part in np.split(risks, starts[1:])]
    return found


def _rises(risks: NDArray[np.float64]) -> bool:
    """True where the first third is calm, the last turn is risky, and more pairs of turns rise than fall."""
    mark = risky_from()
    opening_turns = risks[: max(1, len(risks) // 3)]
    if opening_turns.max() >= _CALM * mark or risks[-1] < mark:
        return False
    some = risks[np.unique(np.linspace(0, len(risks) - 1, min(len(risks), _MOST_TURNS)).astype(np.int64))]
    signs = np.sign(some[None, :] - some[:, None])[np.triu_indices(len(some), 1)]
    return bool(signs.sum() > 0)
