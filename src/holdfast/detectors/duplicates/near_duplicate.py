"""Near duplicates: rows that repeat an earlier one with small changes. Every pair is verified before it counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import Finding, InputError, Measurement, Severity
from holdfast.detectors.duplicates.canaries import NONE, Canaries, read_canaries
from holdfast.detectors.duplicates.compared import compared_words, content_hashes
from holdfast.detectors.duplicates.exact_duplicate import heavier
from holdfast.detectors.duplicates.reread import Places, Reread
from holdfast.detectors.duplicates.templates import Template
from holdfast.detectors.duplicates.verify import Signed, verified_pairs
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions
from holdfast.records.schema import FINDINGS
from holdfast.similarity.clusters import Removed, components, effective_number, first_copies, settle
from holdfast.similarity.minhash import BANDS, ROWS_PER_BAND, band_keys
from holdfast.similarity.shingles import LONG, PAIRS, RUNS
from holdfast.similarity.words import U64

__all__ = ["NearDuplicate", "detectable"]

_CARD = DetectorCard(
    id="HF040",
    name="near-duplicate",
    version="1",
    title="Near duplicate",
    what=f"Rows that share most of their shingles with an earlier row (the system prompt aside): pairs of words below {LONG} words, runs "
    "of five from there on; exact Jaccard similarity of every pair that MinHash proposes.",
    why="Small edits hide copies from exact matching. Copies are remembered sooner, outweigh other rows, and make a set look larger and "
    "more varied than it is.",
    fix="Keep the row that each finding names and drop the one found; look first where the rows are answers to different questions.",
    severity=Severity.LOW,
    blind_spots=(
        "Paraphrase and translation: the words must be the same.",
        "Pairs just above the threshold: about 8 in 100 at a similarity of 0.8 are missed, 1 in 2,000 at 0.9.",
        "Rows of a few words: one changed word already leaves less than 0.8.",
        f"Five or more rows that fill one template are left alone, {RUNS - 1} or fewer are not.",
        "Rows that ask something else or answer something else are no copies, however much of a long passage they share.",
    ),
    languages=("any",),
)
_BANDS = tuple(f"near-duplicate.band{band:02d}" for band in range(BANDS))
_LOWEST = 0.5
_NOTED = 0.9


def detectable(similarity: float) -> float:
    """Return the probability that a pair of this similarity is proposed by some band, 0 to 1."""
    return 1.0 - float((1.0 - similarity**ROWS_PER_BAND) ** BANDS)


class NearDuplicate:
    """Finds near copies; see the card.

    Args:
        options: of the scan; `near_duplicate` is the similarity from which on rows repeat each other, `canaries` names rows to
            leave alone.
    """

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        if not _LOWEST <= options.near_duplicate <= 1.0:
            raise InputError(f"near_duplicate must be between {_LOWEST} and 1, got {options.near_duplicate}.")
        self._threshold = options.near_duplicate
        self._canaries: Canaries | None = read_canaries(Path(options.canaries)) if options.canaries else None

    def look(self, rows: pa.Table) -> pa.Table:
        """Return nothing: a row alone is no copy."""
        return FINDINGS.empty_table()

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return number, words (0 for a canary), a hash and 14 band keys of each row."""
        words = compared_words(rows)
        counts = words.counts
        if self._canaries is not None:
            counts = np.where(self._canaries.find(rows) == NONE, counts, 0)
        keys = band_keys(words)
        columns = {
            "near-duplicate.row": rows.column("row"),
            "near-duplicate.words": pa.array(np.minimum(counts, np.iinfo(np.uint32).max).astype(np.uint32)),
            "near-duplicate.hash": pa.array(content_hashes(rows)),
            **{name: pa.array(np.ascontiguousarray(keys[:, band])) for band, name in enumerate(_BANDS)},
        }
        return pa.table(columns)

    def conclude(self, kept: Kept) -> Conclusion:
        """Return a finding per near copy with the row it repeats, the share of such rows, and the diversity of the set."""
        signed, first = _signed(kept)
        if not len(signed.distinct):
            why = "no row has any words to compare"
            metrics = ("near_duplicate_share", "data_diversity_check")
            return Conclusion(measurements=tuple(Measurement.missing(name, why, sources=(self.card.label,)) for name in metrics))
        places, reread = _readers(kept, signed)
        verified = verified_pairs(_bands(kept), signed, reread, self._threshold)
        removed = settle(verified.edges, verified.similarity, self._threshold, reread.similarities)
        heads = np.array([template.first for template in verified.templates], dtype=np.int64)
        places.ensure(np.concatenate([removed.rows, removed.kept, heads]))
        sizes = _cluster_sizes(first, removed)
        return Conclusion(
            findings=self._findings(removed, sizes, signed.words, places),
            measurements=self._measurements(len(removed.rows), sizes),
            notes=self._notes(removed, verified.templates, places),
        )

    def clusters(self, kept: Kept) -> tuple[tuple[int, ...], ...]:
        """Return the row numbers of each set of rows that hang together, exact copies left out; each set and all sets in order."""
        signed, _ = _signed(kept)
        edges = verified_pairs(_bands(kept), signed, _readers(kept, signed)[1], self._threshold).edges
        rows, labels = components(edges)
        numbers = kept.column("near-duplicate.row").to_numpy()
        together: dict[int, list[int]] = {}
        for row, label in zip(numbers[rows].tolist(), labels.tolist(), strict=True):
            together.setdefault(label, []).append(row)
        return tuple(sorted(tuple(sorted(members)) for members in together.values()))

    def _measurements(self, removed: int, sizes: NDArray[np.int64]) -> tuple[Measurement, ...]:
        n = int(sizes.sum())
        diversity = effective_number(sizes[sizes > 0]) / n
        method = f"Jaccard similarity >= {self._threshold:g}, measured exactly for every pair proposed"
        return (
            Measurement.of("near_duplicate_share", removed / n, n=n, method=method, sources=(self.card.label,)),
            Measurement.of("data_diversity_check", diversity, n=n, method="exp of the cluster entropy", sources=(self.card.label,)),
        )

    def _findings(self, removed: Removed, sizes: NDArray[np.int64], words: NDArray[np.int64], places: Places) -> tuple[Finding, ...]:
        made = []
        for row, kept, similarity in zip(removed.rows.tolist(), removed.kept.tolist(), removed.similarity.tolist(), strict=True):
            (source, line), related = places.of(row), "{}:{}".format(*places.of(kept))
            size = PAIRS if min(words[row], words[kept]) < LONG else RUNS
            what = "pairs of words" if size == PAIRS else f"runs of {RUNS} words"
            changed = "but for their order or its system prompt" if similarity == 1.0 else "with small changes"
            made.append(
                Finding(
                    detector=self.card.label,
                    kind="near-duplicate",
                    record=f"{source}:{line}",
                    source=source,
                    line=line,
                    severity=heavier(int(sizes[kept])),
                    explanation=f"Repeats {related} {changed}: of the {what} in either, a share of {similarity:.3f} is in both. "
                    "Copies are remembered sooner and weigh more.",
                    related=related,
                    similarity=similarity,
                )
            )
        return tuple(made)

    def _notes(self, removed: Removed, templates: list[Template], places: Places) -> tuple[str, ...]:
        notes = [
            f"{template.rows:,} rows fill one template (the first is {'{}:{}'.format(*places.of(template.first))}); they were left alone, "
            "unless they resemble each other outside its frame too."
            for template in sorted(templates, key=lambda template: -template.rows)[:10]
        ]
        if len(templates) > len(notes):
            notes.append(f"{len(templates) - len(notes):,} more templates were found.")
        if removed.unsettled:
            notes.append(f"{removed.unsettled:,} rows stay in clusters of too many unlike rows.")
        found = detectable(self._threshold)
        if found < _NOTED:
            notes.append(f"Signatures are made for a similarity of 0.8; at {self._threshold:g} they propose {found:.0%} of the pairs.")
        return tuple(notes)


def _signed(kept: Kept) -> tuple[Signed, NDArray[np.int64]]:
    """Return what was kept, and the first exact copy of each row."""
    words = kept.column("near-duplicate.words").to_numpy().astype(np.int64)
    content = kept.column("near-duplicate.hash").to_numpy()
    first = first_copies(content, words > 0)
    return Signed(words, content, np.flatnonzero(first == np.arange(len(first)))), first


def _bands(kept: Kept) -> Iterator[U64]:
    return (kept.column(name).to_numpy() for name in _BANDS)


def _readers(kept: Kept, signed: Signed) -> tuple[Places, Reread]:
    places = Places(kept, kept.column("near-duplicate.row").to_numpy())
    return places, Reread(places, signed.words)


def _cluster_sizes(first: NDArray[np.int64], removed: Removed) -> NDArray[np.int64]:
    """Return, at the row that stays of each cluster, how many rows the cluster has; 0 at all other rows."""
    stays = np.arange(len(first))
    stays[removed.rows] = removed.kept
    return np.bincount(stays[first[first >= 0]], minlength=len(first))
