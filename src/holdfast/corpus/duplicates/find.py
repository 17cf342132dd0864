"""What repeats what in a whole corpus: exact copies, near ones, lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.documents import REMOVED, document_id
from holdfast.corpus.duplicates.bands import Bands
from holdfast.corpus.duplicates.candidates import find_candidates
from holdfast.corpus.duplicates.exact import Copies, find_copies
from holdfast.corpus.duplicates.groups import Groups, group_shards, within
from holdfast.corpus.duplicates.lines import Lines
from holdfast.corpus.duplicates.repeated_lines import Repeated, find_repeated_lines
from holdfast.corpus.duplicates.settled import Settled, settle_edges
from holdfast.corpus.duplicates.shelved_sets import keep_sets
from holdfast.corpus.duplicates.templates import without_templates
from holdfast.corpus.duplicates.verify import verified_edges
from holdfast.corpus.spec import CorpusSpec
from holdfast.corpus.steps import CUTS
from holdfast.corpus.work import Collector, Work

__all__ = ["Found", "collectors", "find_duplicates"]

_RULES = pa.array(["exact", "near"])


@dataclass(frozen=True, eq=False)
class Found:
    """What was found, as `steps.Duplicates` asks for it."""

    groups: Groups
    copies: Copies | None
    near: Settled | None
    lines: Repeated | None
    counts: Mapping[str, int]

    def removed(self, shard: int) -> pa.Table:
        """Return REMOVED of a shard, sorted by row.

        An exact copy of a document that goes itself names the one that stays instead of it, with their similarity.
        """
        first, last = document_id(shard, 0), document_id(shard + 1, 0)
        near = self.near.between(first, last) if self.near is not None else None
        documents, kept, similarity = [], [], []
        if self.copies is not None:
            rows = self.copies.of_group(int(self.groups.of(np.array([first], dtype=np.uint64))[0]))
            rows = rows[slice(*np.searchsorted(rows["document"], np.array([first, last], dtype=np.uint64)))]
            stays, alike = self._last(rows["kept"])
            documents, kept, similarity = [rows["document"]], [stays], [alike]
        exact = len(documents[0]) if documents else 0
        if near is not None:
            documents.append(near["document"])
            kept.append(near["kept"])
            similarity.append(near["similarity"])
        if not documents:
            return REMOVED.empty_table()
        which = np.concatenate(documents)
        order = np.argsort(which)
        rule = pa.DictionaryArray.from_arrays(pa.array((order >= exact).astype(np.int8)), _RULES)
        place = (which[order] - np.uint64(first)).astype(np.int32)
        return pa.table([place, rule, np.concatenate(kept)[order], np.concatenate(similarity)[order].astype(np.float32)], schema=REMOVED)

    def cuts(self, shard: int) -> pa.Table:
        """Return CUTS of a shard."""
        return self.lines.cuts(shard, self.removed(shard)) if self.lines is not None else CUTS.empty_table()

    def _last(self, kept: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
        """Return (the document that stays, the similarity to it) where the first copy may be a near duplicate itself."""
        gone = self.near.rows() if self.near is not None else None
        similarity = np.ones(len(kept), dtype=np.float32)
        if gone is None or not len(gone):
            return kept, similarity
        moved = np.flatnonzero(within(kept, gone["document"]))
        place = np.searchsorted(gone["document"], kept[moved])
        stays = kept.copy()
        stays[moved], similarity[moved] = gone["kept"][place], gone["similarity"][place]
        return stays, similarity


def collectors(spec: CorpusSpec) -> tuple[Collector, ...]:
    """Return what the measuring pass must collect for the duplicates that a run asks for."""
    asked = spec.duplicates
    bands: tuple[Collector, ...] = (Bands(asked),) if asked.exact or asked.near is not None else ()
    return (*bands, Lines(asked)) if asked.lines is not None else bands


def find_duplicates(work: Work) -> Found:
    """Find what the run's settings ask for, among the documents that passed the filters.

    The driver holds the verified near-duplicate edges and nothing else that grows with the corpus: about 250 bytes per edge at the
    peak, so that 10^8 edges (some 10^9 documents of a crawl) take 25 GB and are about what one driver should be given.
    """
    asked = work.spec.duplicates
    groups = group_shards(work)
    counts: dict[str, int] = {}
    copies = find_copies(work, groups) if asked.exact else None
    if copies is not None:
        counts["exact"] = copies.count
    near = None
    if asked.near is not None:
        candidates = find_candidates(work, groups, copies)
        files = keep_sets(work, groups, candidates)
        edges = verified_edges(work, candidates, files, asked.near)
        verified = len(edges.left)
        if asked.keep_templates:
            edges, counts["left alone as templates"] = without_templates(work, edges, files, asked.near)
        near = settle_edges(edges, files, asked.near, work.folder / "near.rows")
        counts |= {
            "near": near.count,
            "candidate pairs": candidates.count,
            "verified pairs": verified,
            "clusters": near.clusters,
            "largest cluster": near.largest,
            "unsettled": near.unsettled,
        }
    found = Found(groups, copies, near, None, counts)
    if asked.lines is None:
        return found
    lines = find_repeated_lines(work, groups, found.removed)
    return Found(groups, copies, near, lines, counts | {"repeated lines": lines.count, "lines cut": lines.cut})
