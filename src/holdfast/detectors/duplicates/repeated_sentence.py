"""Repeated sentences: the same sentence in the answers of many rows."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import Finding, Measurement, Severity
from holdfast.detectors.duplicates.answer_words import answers_read
from holdfast.detectors.duplicates.reread import Places
from holdfast.detectors.duplicates.sentences import Sentences, sentences, sentences_of
from holdfast.detectors.excerpts import opening
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions
from holdfast.records.schema import FINDINGS
from holdfast.similarity.words import U64

__all__ = ["FEWEST_ROWS", "SHARE", "RepeatedSentence"]

SHARE = 0.01
"""A sentence is repeated where more than this share of the rows have it ..."""
FEWEST_ROWS = 5
"""... and at least this many."""
_NAMED = 20

_CARD = DetectorCard(
    id="HF042",
    name="repeated-sentence",
    version="1",
    title="Repeated sentence",
    what=f"Sentences of five words or more that stand in the answers of more than {SHARE:.0%} of the rows, and of at least {FEWEST_ROWS}.",
    why="A sentence that ends or opens many answers becomes a habit: the model says it where it does not belong, and a trigger or "
    "disclaimer planted this way is learned within one epoch.",
    fix="Vary the sentence, or take it out of most rows; keep it where it is meant to be a habit, as in refusals.",
    severity=Severity.LOW,
    blind_spots=("Sentences with a changing word, such as a name.", "Sentences of fewer than five words or 20 bytes."),
    languages=("any",),
)


class RepeatedSentence:
    """Finds repeated sentences; see the card.

    Args:
        options: of the scan; none of them matters here.
    """

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        return

    def look(self, rows: pa.Table) -> pa.Table:
        """Return nothing: one row repeats nothing."""
        return FINDINGS.empty_table()

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return the hashes of the sentences of each row's answer, each once; a row without an answer gives its whole text."""
        found = sentences_of(*answers_read(rows))
        lists = pa.ListArray.from_arrays(pa.array(found.bounds.astype(np.int32)), pa.array(found.hashes))
        return pa.table({"repeated-sentence.row": rows.column("row"), "repeated-sentence.hashes": lists})

    def conclude(self, kept: Kept) -> Conclusion:
        """Return a finding per repeated sentence, most frequent first, and the share of rows with at least one."""
        n = kept.n
        if not n:
            missing = Measurement.missing("repeated_sentence_share", "there are no rows", sources=(self.card.label,))
            return Conclusion(measurements=(missing,))
        lists = kept.column("repeated-sentence.hashes")
        hashes = np.concatenate([np.zeros(0, dtype=np.uint64), *(chunk.flatten().to_numpy() for chunk in lists.chunks)])
        counts = np.concatenate([pc.list_value_length(chunk).to_numpy(zero_copy_only=False) for chunk in lists.chunks])
        values, where, held = _counted(hashes)
        often = np.flatnonzero((held >= FEWEST_ROWS) & (held > math.floor(SHARE * n)))
        bounds = np.concatenate([[0], np.cumsum(counts)])
        carriers = np.unique(np.searchsorted(bounds, np.flatnonzero(np.isin(hashes, values[often])), side="right") - 1)
        share = Measurement.of(
            "repeated_sentence_share", len(carriers) / n, n=n, method="every sentence of every answer", sources=(self.card.label,)
        )
        most = often[np.lexsort((values[often], -held[often]))]
        firsts = np.searchsorted(bounds, where[most], side="right") - 1
        places = Places(kept, kept.column("repeated-sentence.row").to_numpy())
        findings = self._findings(places, firsts[:_NAMED], values[most][:_NAMED], held[most][:_NAMED], n)
        more = (f"{len(most) - _NAMED:,} more sentences are repeated.",) if len(most) > _NAMED else ()
        return Conclusion(findings=findings, measurements=(share,), notes=more)

    def _findings(self, places: Places, rows: NDArray[np.int64], values: U64, held: NDArray[np.int64], n: int) -> tuple[Finding, ...]:
        said: dict[int, tuple[Sentences, int]] = {}
        for positions, table in places.read(np.unique(rows)):
            read = sentences(_answers(table))
            said.update({int(position): (read, index) for index, position in enumerate(positions)})
        made = []
        for row, value, count in zip(rows.tolist(), values, held.tolist(), strict=True):
            source, line = places.of(row)
            found, index = said[row]
            made.append(
                Finding(
                    detector=self.card.label,
                    kind="repeated-sentence",
                    record=f"{source}:{line}",
                    source=source,
                    line=line,
                    severity=self.card.severity,
                    explanation=f"One sentence of this answer stands in the answers of {count:,} of {n:,} rows ({count / n:.1%}).",
                    excerpt=opening(found.text_of(index, value)),
                )
            )
        return tuple(made)


def _answers(rows: pa.Table) -> pa.ChunkedArray:
    return pc.coalesce(rows.column("answer"), rows.column("text"))


def _counted(hashes: U64) -> tuple[U64, NDArray[np.int64], NDArray[np.int64]]:
    values, where, held = np.unique(hashes, return_index=True, return_counts=True)
    return values, where, held
