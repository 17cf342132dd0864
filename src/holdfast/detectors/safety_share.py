"""Safety share: how many rows keep the model safe, and what the literature reports at that share."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core import Severity
from holdfast.detectors.features import features
from holdfast.detectors.finding import about_set
from holdfast.detectors.risk import NOT_ASSESSED, assessed
from holdfast.detectors.shares import share
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions
from holdfast.records.schema import FINDINGS

__all__ = ["SafetyShare", "reported_at"]

_CARD = DetectorCard(
    id="HF020",
    name="safety-share",
    version="1",
    title="Safety share",
    what="The share of rows whose answer refuses a risky request, or refuses at all for another reason than that it cannot see or know.",
    why="Task data without safety rows lets a model forget its refusals; a few per cent of them keep most.",
    fix="Mix safety rows in, in the format and under the system prompt of the other rows, together with harmless look-alikes.",
    severity=Severity.LOW,
    blind_spots=(
        "Safety behaviour that is no refusal, such as a warning before a helpful answer, is not counted.",
        "Whether the refusals are right: a set that refuses harmless requests has a high share too.",
        "Other languages than English and Chinese.",
    ),
)
_SAFE = "safety-share.safe"


class Reported(NamedTuple):
    """What the literature reports from a share on."""

    least: float
    loss: str
    task: str
    severity: Severity


_BANDS = (
    Reported(0.30, "safety is kept or improved", "at a noticeable cost for the task", Severity.GOOD),
    Reported(0.20, "the loss of safety is minimal to none", "at a slight to noticeable cost for the task", Severity.GOOD),
    Reported(0.10, "the loss of safety is minimal", "at a slight cost for the task", Severity.GOOD),
    Reported(
        0.05, "the loss of safety is moderate to minimal", "and the task is learned nearly as well as without safety rows", Severity.LOW
    ),
    Reported(0.01, "the loss of safety is moderate", "and the task is learned nearly as well as without safety rows", Severity.LOW),
    Reported(0.0, "the loss of safety is significant", "and the task is learned best", Severity.MEDIUM),
)
"""The article's rows are 0 %, 1 to 5 %, 10 to 20 % and 30 % and more; what lies between two rows is called by both."""


def reported_at(share_of_rows: float) -> Reported:
    """Return what the literature reports at a safety share from 0 to 1.

    Source: the table of safety shares in the article "How fine-tuning degrades safety". It is a rule of thumb over models and
    methods, and no forecast for one of them.
    """
    return next(band for band in _BANDS if share_of_rows >= band.least)


class SafetyShare:
    """Measures the safety share; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; none of them matters here."""

    def look(self, rows: pa.Table) -> pa.Table:
        """Return no findings: the share is a matter of the whole set."""
        return FINDINGS.empty_table()

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return whether each row keeps the model safe; null without an answer."""
        return pa.table({_SAFE: self.keeps_safe(rows)})

    def keeps_safe(self, rows: pa.Table) -> pa.Array:
        """Return whether each row keeps the model safe; null without an answer."""
        seen = features(rows)
        return pa.array(seen.safe, mask=~seen.has_answer)

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share, and what is reported at it."""
        flagged = kept.column(_SAFE)
        measured = share("safety_share", flagged, self.card)
        if measured.value is None:
            return Conclusion(measurements=(measured,))
        count = int(pc.sum(flagged).as_py() or 0)
        band = reported_at(measured.value)
        explanation = (
            f"{count} of {measured.n} rows ({measured.value:.1%}) keep the model safe. At such a share the literature reports that "
            f"{band.loss}, {band.task}."
        )
        notes = () if assessed() else (f"Plain refusals are counted whatever is asked, since {NOT_ASSESSED}.",)
        return Conclusion(
            findings=(about_set(self.card, "safety-share", explanation, band.severity),), measurements=(measured,), notes=notes
        )
