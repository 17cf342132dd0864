"""Empty text: rows that ask nothing or answer nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import Severity
from holdfast.detectors.features import Features, features
from holdfast.detectors.finding import Hit, findings
from holdfast.detectors.shares import share
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions

__all__ = ["EmptyText"]

_CARD = DetectorCard(
    id="HF060",
    name="empty-text",
    version="1",
    title="Empty request or answer",
    what="Requests and answers without a letter, digit or symbol.",
    why="An empty answer teaches the model to say nothing; an empty request ties an answer to no question.",
    fix="Drop the row, or look for what got lost when the file was made.",
    severity=Severity.LOW,
    blind_spots=("Answers that say nothing in words.", "A turn in the middle of a conversation that is empty."),
    languages=("en", "zh", "und"),
)
_FLAGGED = "empty-text.flagged"
_EXPLANATIONS = {
    "empty-request": "The request is empty: the answer belongs to no question.",
    "empty-answer": "The answer is empty: the model learns to say nothing.",
}
_PLAIN = r"[A-Za-z0-9]"
"""What nearly every text has; only the others are asked for the large classes, which take long to compile and to run."""
_MEANINGFUL = r"[\p{L}\p{N}\p{So}\p{Sm}\p{Sc}]"


class EmptyText:
    """Finds empty requests and answers; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; none of them matters here."""

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per row and side."""
        seen = features(rows)
        sides = (("empty-request", _is_empty(seen, "request")), ("empty-answer", _is_empty(seen, "answer")))
        hits = [Hit(place, kind, _EXPLANATIONS[kind]) for kind, empty in sides for place in np.flatnonzero(empty).tolist()]
        return findings(self.card, rows, hits)

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return whether each row was flagged."""
        seen = features(rows)
        return pa.table({_FLAGGED: _is_empty(seen, "request") | _is_empty(seen, "answer")})

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share of rows with an empty side."""
        return Conclusion(measurements=(share("empty_share", kept.column(_FLAGGED), self.card),))


def _is_empty(seen: Features, side: str) -> NDArray[np.bool_]:
    """Rows whose side is there and says nothing; a missing answer is a matter of the template."""
    return seen.once(("empty-text", side), lambda: _empty(seen.column(side)))


def _empty(text: pa.Array) -> NDArray[np.bool_]:
    empty: NDArray[np.bool_] = pc.invert(pc.fill_null(pc.match_substring_regex(text, _PLAIN), True)).to_numpy(zero_copy_only=False)
    doubtful = np.flatnonzero(empty)
    if len(doubtful):
        empty = empty.copy()
        meant = pc.match_substring_regex(text.take(pa.array(doubtful)), _MEANINGFUL)
        empty[doubtful] = pc.invert(meant).to_numpy(zero_copy_only=False)
    return empty
