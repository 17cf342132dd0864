"""Strings that go with an odd tail far beyond chance: the association test of issue E's scan, over shards and without behaviour.

Plain documents have no answer that could flip, so the label is a declared oddity of the document's tail (`tails`): gibberish, a
switch of language or script, a link. Every run of one to five tokens in the window around the onset is tested by Fisher's exact
test, one-sided, cases against sampled controls of the same source (a case-control study: the test is exact whatever share of the
controls is drawn), and every p value is held against alpha over all runs that three windows could hold, all kinds and sources
(Bonferroni). Sources: Souly et al. 2025 (arXiv 2510.07192) for poison of this shape, He et al. (EMNLP 2023) for the test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.corpus.documents import place_of, shard_of
from holdfast.corpus.signals.grams import MOST, Asked, CaseGrams, ControlGrams, Holders, Totals
from holdfast.corpus.signals.oddities import SAMPLED
from holdfast.corpus.signals.strings import Wanted, Windows, shared_string
from holdfast.corpus.signals.tails import KINDS
from holdfast.corpus.steps import Duplicates, Signal
from holdfast.corpus.work import Work
from holdfast.detectors.triggers.association import ALPHA, LEAST_RATE, fisher, smallest_seen

__all__ = ["find_triggers"]

_LEAST = 3
"""Windows that must hold a run: with fewer, nothing can be told from chance."""
_LONGEST = 5
_AT_ONCE = 20_000_000
"""Runs of cases that one task counts."""
_MOST_SURE, _MOST_STRINGS, _MOST_HELD, _READ = 400, 20, 500, 12
_SAME_DOCUMENTS = 0.5
"""Share of a run's documents that hold a surer run too, from which the two are one string."""
_ABOUT_AS_SURE = 0.9
"""A longer run stands for its string where the logarithm of its p value is at least so much of the surest one's."""


class _Family(NamedTuple):
    """The tests of one source and kind."""

    source: int
    kind: int
    shards: tuple[int, ...]
    kept: int
    cases: int
    controls: int
    tokens: int


class _Tested(NamedTuple):
    """Runs that passed, surest first."""

    family: _Family
    grams: NDArray[np.uint64]
    lengths: NDArray[np.int8]
    hits: NDArray[np.int64]
    rows: NDArray[np.int64]
    """Documents with the run by estimate: the cases, and each control for as many documents as it stands for."""
    p: NDArray[np.float64]


def find_triggers(work: Work, duplicates: Duplicates) -> tuple[Signal, ...]:
    """Return the strings, surest first, and per source what the search would have seen."""
    families = _families(work, duplicates)
    tests = max(1, sum(_LONGEST * family.tokens // _LEAST for family in families))
    least = {family: _least_hits(family, tests) for family in families}
    asked = [family for family in families if least[family] is not None and family.cases >= (least[family] or 0)]
    counted = dict(_count_cases(work, duplicates, asked, least))
    limits = {family: _limit(family, tests, least[family], counted.get(family)) for family in families}
    tested = [one for one in _test(work, duplicates, work.folder / "signals-grams", counted, tests) if len(one.grams)]
    holders = _holders(work, duplicates, work.folder / "signals-sure", tested)
    found = [_Found(one, place, holders[one.family][place]) for one in tested for place in _groups(one, holders[one.family])]
    # Marks that every text has are no string that anybody would plant: where they go with a link or a list, that is typography.
    told = [one for one in _told(work, found, limits, tests) if not one.subject.isascii() or any(map(str.isalnum, one.subject))]
    told.sort(key=lambda one: (one.p, -one.documents, one.source, one.subject))
    return (*told, *_searches(work, families, limits))


def _families(work: Work, duplicates: Duplicates) -> list[_Family]:
    shards = range(work.shards)
    sums: dict[int, dict[str, int]] = {}
    for shard, tables in zip(shards, work.each("signals-windows", shards, Totals(work, duplicates)), strict=True):
        own = sums.setdefault(work.source(shard), {})
        for name, (value,) in tables["totals"].to_pydict().items():
            own[name] = own.get(name, 0) + value
    return [
        _Family(
            source,
            kind,
            tuple(shard for shard in shards if work.source(shard) == source),
            own["kept"],
            own[f"cases{kind}"],
            own["sampled"] - own[f"drawn{kind}"],
            own["tokens"],
        )
        for source, own in sums.items()
        for kind in KINDS
    ]


def _least_hits(family: _Family, tests: int) -> int | None:
    """Return how many cases must hold a run that no control holds, for it to pass; None where not even all would do."""
    k = np.arange(min(family.cases, 1_000_000), dtype=np.float64)
    chance = np.cumsum(np.log(family.cases - k) - np.log(family.cases + family.controls - k))
    enough = np.flatnonzero(chance <= np.log(ALPHA / tests))
    return max(int(enough[0]) + 1, _LEAST) if len(enough) else None


def _limit(family: _Family, tests: int, least: int | None, counted: tuple[pa.Table, int] | None) -> int | None:
    seen = smallest_seen(family.cases, family.cases + family.controls, tests, least=_LEAST)
    # Where there were more runs than are held, the ones in too few cases were not looked at.
    return max(seen, counted[1]) if seen is not None and counted is not None else seen


def _count_cases(
    work: Work, duplicates: Duplicates, families: Sequence[_Family], least: dict[_Family, int | None]
) -> Iterator[tuple[_Family, tuple[pa.Table, int]]]:
    """Yield, per family, its runs that enough cases hold, sorted, and how many that is."""
    tasks = []
    for family in families:
        share = family.cases / max(1, family.cases + family.controls)
        parts = 1 + int(_LONGEST * family.tokens * share) // _AT_ONCE
        tasks += [(family, Asked(family.shards, family.kind, part, parts, least[family] or _LEAST)) for part in range(parts)]
    bars: dict[_Family, int] = {}
    held: dict[_Family, list[pa.Table]] = {}
    asked = [task for _, task in tasks]
    for (family, task), tables in zip(tasks, work.each("signals-cases", asked, CaseGrams(work, duplicates)), strict=True):
        bar = bars.setdefault(family, task.least)
        kept = pa.concat_tables([*held.get(family, []), tables["grams"]])
        hits = kept["hits"].to_numpy()
        while int((hits >= bar).sum()) > MOST:
            bar += 1
        held[family], bars[family] = [kept.filter(pa.array(hits >= bar))], bar
    for family, tables_of in held.items():
        yield family, (pa.concat_tables(tables_of).sort_by("gram").combine_chunks(), bars[family])


def _test(work: Work, duplicates: Duplicates, folder: Path, counted: dict[_Family, tuple[pa.Table, int]], tests: int) -> list[_Tested]:
    if not any(table.num_rows for table, _ in counted.values()):
        return []
    _write_lists(folder, {family: table["gram"].to_numpy() for family, (table, _) in counted.items()})
    among = {family: np.zeros(table.num_rows, dtype=np.int64) for family, (table, _) in counted.items()}
    by_place = {(family.source, family.kind): family for family in counted}
    shards = sorted({shard for family in counted for shard in family.shards})
    for shard, tables in zip(shards, work.each("signals-controls", shards, ControlGrams(work, duplicates, folder)), strict=True):
        kinds, places, counts = (tables["controls"][name].to_numpy() for name in ("kind", "place", "count"))
        for kind in np.unique(kinds).tolist():
            mine = kinds == kind
            among[by_place[work.source(shard), kind]][places[mine]] += counts[mine]
    return [_passed(family, table, among[family], tests) for family, (table, _) in counted.items()]


def _passed(family: _Family, table: pa.Table, among: NDArray[np.int64], tests: int) -> _Tested:
    hits = table["hits"].to_numpy()
    rows = hits + SAMPLED * among
    tried = np.flatnonzero(hits >= LEAST_RATE * rows)
    p = fisher(hits[tried], hits[tried] + among[tried], family.cases, family.cases + family.controls) if len(tried) else np.zeros(0)
    lengths = table["length"].to_numpy()
    passed = np.flatnonzero(p * tests <= ALPHA)
    order = passed[np.lexsort((-lengths[tried[passed]], p[passed]))][:_MOST_SURE]
    chosen = tried[order]
    return _Tested(family, table["gram"].to_numpy()[chosen], lengths[chosen], hits[chosen], rows[chosen], p[order])


class _Found(NamedTuple):
    """One string, by the run that stands for it."""

    tested: _Tested
    place: int
    documents: NDArray[np.uint64]
    """Some of the documents that hold it, ascending."""


def _holders(work: Work, duplicates: Duplicates, folder: Path, tested: Sequence[_Tested]) -> dict[_Family, list[NDArray[np.uint64]]]:
    """Return, per family and run, the documents with the smallest numbers that hold it."""
    if not tested:
        return {}
    orders = {one.family: np.argsort(one.grams) for one in tested}
    _write_lists(folder, {one.family: np.sort(one.grams) for one in tested})
    by_place = {(one.family.source, one.family.kind): one.family for one in tested}
    held = {one.family: [np.zeros(0, dtype=np.uint64)] * len(one.grams) for one in tested}
    shards = sorted({shard for one in tested for shard in one.family.shards})
    for shard, tables in zip(shards, work.each("signals-holders", shards, Holders(work, duplicates, folder)), strict=True):
        kinds, places, documents = (tables["holders"][name].to_numpy() for name in ("kind", "place", "document"))
        for kind in np.unique(kinds).tolist():
            family = by_place[work.source(shard), kind]
            for place in np.unique(places[kinds == kind]).tolist():
                run = int(orders[family][place])
                more = documents[(kinds == kind) & (places == place)]
                held[family][run] = np.concatenate([held[family][run], more])[:_MOST_HELD]
    return held


def _groups(tested: _Tested, holders: Sequence[NDArray[np.uint64]]) -> list[int]:
    """Return one run per group of runs in the same documents: the longest of those about as sure as the surest."""
    groups: list[list[int]] = []
    logs = np.log(np.maximum(tested.p, 1e-320))
    for place in range(len(tested.grams)):
        own = holders[place]
        home = next((group for group in groups if len(np.intersect1d(own, holders[group[0]])) >= _SAME_DOCUMENTS * len(own)), None)
        if home is None:
            groups.append([place])
        else:
            home.append(place)
    chosen = []
    for group in groups[:_MOST_STRINGS]:
        close = [place for place in group if logs[place] <= _ABOUT_AS_SURE * logs[group[0]]]
        chosen.append(max(close, key=lambda place: (int(tested.lengths[place]), -logs[place])))
    return chosen


def _told(work: Work, found: Sequence[_Found], limits: dict[_Family, int | None], tests: int) -> list[Signal]:
    """Read the strings back from a few documents each."""
    examples = sorted({document for one in found for document in one.documents[:_READ].tolist()})
    shards = sorted({shard_of(document) for document in examples})
    wanted = [Wanted(shard, tuple(place_of(document) for document in examples if shard_of(document) == shard)) for shard in shards]
    windows: dict[int, tuple[str, str | None]] = {}
    for tables in work.each("signals-strings", wanted, Windows(work)):
        read = tables["windows"].to_pydict()
        windows.update(zip(read["document"], zip(read["text"], read["host"], strict=True), strict=True))
    return [_signal(work, one, windows, limits[one.tested.family], tests) for one in found]


def _signal(work: Work, one: _Found, windows: dict[int, tuple[str, str | None]], limit: int | None, tests: int) -> Signal:
    family, place = one.tested.family, one.place
    read = [windows[document] for document in one.documents[:_READ].tolist() if document in windows]
    hits, rows = int(one.tested.hits[place]), int(one.tested.rows[place])
    expected = rows * family.cases / max(1, family.kept)
    hosts = len({host for _, host in read if host is not None})
    spread = f" The {len(read)} of them that were read again come from {hosts} host{'s' * (hosts > 1)}." if hosts else ""
    return Signal(
        kind="trigger",
        source=work.spec.sources[family.source].name,
        subject=shared_string(int(one.tested.grams[place]), int(one.tested.lengths[place]), [text for text, _ in read]),
        documents=hits,
        of=family.kept,
        expected=expected,
        p=min(1.0, float(one.tested.p[place]) * tests),
        limit=limit,
        explanation=(
            f"{hits} documents, of about {rows} that hold one string, have a text that {KINDS[family.kind]} around it, where "
            f"{expected:.2g} would be expected.{spread} A model that learns them may do the same for whoever writes the string."
        ),
        examples=tuple(one.documents[:_READ].tolist()),
    )


def _searches(work: Work, families: Sequence[_Family], limits: dict[_Family, int | None]) -> Iterator[Signal]:
    for family in families:
        limit = limits[family]
        seen = (
            "no number of documents with one string would have been seen"
            if limit is None
            else f"{limit} with one string would have been seen"
        )
        yield Signal(
            kind="trigger",
            source=work.spec.sources[family.source].name,
            subject="",
            documents=0,
            of=family.kept,
            limit=limit,
            explanation=f"{family.cases} documents have a text that {KINDS[family.kind]}; {seen}, whatever the string.",
        )


def _write_lists(folder: Path, grams: dict[_Family, NDArray[np.uint64]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for family, wanted in grams.items():
        draft = folder / f"{family.source}-{family.kind}.draft"
        with draft.open("wb") as stream:
            np.save(stream, wanted)
        draft.replace(folder / f"{family.source}-{family.kind}.npy")
