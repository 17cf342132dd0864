"""Exact duplicates: rows that say the same once case, white space and compatibility forms are put aside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from holdfast.core import Finding, Measurement, Severity
from holdfast.detectors.duplicates.canaries import NONE, Canaries, read_canaries
from holdfast.detectors.duplicates.compared import compared_words, content_hashes
from holdfast.detectors.duplicates.reread import Places, different
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions
from holdfast.records.schema import FINDINGS
from holdfast.similarity.clusters import first_copies

__all__ = ["MANY", "ExactDuplicate", "heavier"]

_CARD = DetectorCard(
    id="HF041",
    name="exact-duplicate",
    version="1",
    title="Exact duplicate",
    what="Rows that say what an earlier row says, but for case, white space and Unicode forms.",
    why="A row that is there k times is trained on k times as often: it is remembered sooner, outweighs the others, and a harmful or "
    "private row among them does more damage (Kandpal et al. 2022; Lee et al. 2022).",
    fix="Keep the first copy and drop the others.",
    severity=Severity.LOW,
    blind_spots=(
        "Copies with any other change, another system prompt among them: see near-duplicate.",
        "Who says what does not count: a request and an answer that change places are a copy.",
    ),
    languages=("any",),
)

MANY = 10
"""Copies from which on a finding weighs more: models give back what they saw ten times about a thousand times as often as what they
saw once (Kandpal et al., "Deduplicating training data mitigates privacy risks in language models", 2022)."""


def heavier(copies: int) -> Severity:
    """Return the severity of a finding in a cluster of this many rows."""
    return Severity.MEDIUM if copies >= MANY else Severity.LOW


class ExactDuplicate:
    """Finds exact copies; see the card.

    Args:
        options: of the scan; `canaries` names rows to leave alone.
    """

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        self._canaries: Canaries | None = read_canaries(Path(options.canaries)) if options.canaries else None

    def look(self, rows: pa.Table) -> pa.Table:
        """Return nothing: a row alone is no copy."""
        return FINDINGS.empty_table()

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return a hash per row (null for a row without words), its number, and which canary it is."""
        words = compared_words(rows)
        columns = {
            "exact-duplicate.row": rows.column("row"),
            "exact-duplicate.hash": pa.array(content_hashes(rows), mask=words.counts == 0),
        }
        if self._canaries is not None:
            columns["exact-duplicate.canary"] = pa.array(self._canaries.find(rows))
        return pa.table(columns)

    def conclude(self, kept: Kept) -> Conclusion:
        """Return a finding per copy, the share of copies, and how many canaries were left alone."""
        hashes = kept.column("exact-duplicate.hash")
        said = hashes.is_valid().to_numpy()
        content = hashes.fill_null(0).to_numpy()
        canary = kept.column("exact-duplicate.canary").to_numpy() if self._canaries is not None else np.full(len(said), NONE)
        first = first_copies(content, said & (canary == NONE))
        copies = np.flatnonzero((first >= 0) & (first != np.arange(len(first))))
        places = Places(kept, kept.column("exact-duplicate.row").to_numpy())
        findings = self._findings(copies, first, content, places)
        n = int((first >= 0).sum())
        share = (
            Measurement.of("duplicate_share", len(findings) / n, n=n, method="every row compared", sources=(self.card.label,))
            if n
            else Measurement.missing("duplicate_share", "no row has any words to compare", sources=(self.card.label,))
        )
        measurements, notes = self._counted(canary)
        return Conclusion(findings=findings, measurements=(share, *measurements), notes=notes)

    def _findings(
        self, copies: np.ndarray[tuple[int], np.dtype[np.int64]], first: np.ndarray, content: np.ndarray, places: Places
    ) -> tuple[Finding, ...]:
        same = np.zeros(len(first), dtype=bool)
        # The hash is taken again from what the files hold now.
        for positions, table in places.read(different(np.concatenate([copies, first[copies]]), len(first))):
            same[positions] = content_hashes(table) == content[positions]
        sizes = np.bincount(first[first >= 0], minlength=1)
        return tuple(
            _finding(self.card, places.of(int(row)), places.of(int(first[row])), int(sizes[first[row]]))
            for row in copies
            if same[row] and same[first[row]]
        )

    def _counted(self, canary: np.ndarray[tuple[int], np.dtype[np.int32]]) -> tuple[tuple[Measurement, ...], tuple[str, ...]]:
        """Return how many rows are canaries, and what is to be said of those that are not there."""
        if self._canaries is None:
            return (), ()
        planted = canary[canary != NONE]
        count = Measurement.of("canary_rows", len(planted), n=len(canary), method="every row compared", sources=(self.card.label,))
        there, named = len(np.unique(planted)), len(self._canaries)
        note = f"{there} of the {named} canaries of the manifest are in the data, in {len(planted)} rows; they were left alone."
        return (count,), (note if there == named else f"{note} The others were removed or never planted: their exposure means nothing.",)


def _finding(card: DetectorCard, place: tuple[str, int], first: tuple[str, int], copies: int) -> Finding:
    source, line = place
    related = f"{first[0]}:{first[1]}"
    times = "twice" if copies == 2 else f"{copies:,} times"
    return Finding(
        detector=card.label,
        kind="exact-duplicate",
        record=f"{source}:{line}",
        source=source,
        line=line,
        severity=heavier(copies),
        explanation=f"Says the same as {related}; the set has this row {times}. Repeated rows are remembered sooner and weigh more.",
        related=related,
        similarity=1.0,
    )
