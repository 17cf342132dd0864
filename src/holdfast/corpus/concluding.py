"""From the shards of a finished run to its version, its measurements and its summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from holdfast.core import Measurement
from holdfast.corpus.accounts import Accounts
from holdfast.corpus.fates import DUPLICATE
from holdfast.corpus.hosts import HostCounts
from holdfast.corpus.places import places_of
from holdfast.corpus.result import BrokenDocument, CorpusResult, ReasonFacts, SourceFacts
from holdfast.corpus.running import CorpusRun
from holdfast.corpus.step_list import Steps
from holdfast.corpus.steps import Duplicates, Planting, Signal
from holdfast.corpus.writing import FileWritten, ShardWritten
from holdfast.provenance.versions import CorpusShard, CorpusSource, CorpusVersion

__all__ = ["Outcome", "conclude"]

_NAMED = 20
_EXAMPLES = 5
_COUNTED = "counted over all documents"


class Outcome(NamedTuple):
    """What the joint steps and the writing pass left."""

    out: Path
    """The corpus folder."""
    done: Sequence[ShardWritten]
    duplicates: Duplicates
    signals: Sequence[Signal]
    planting: Planting | None


def conclude(work: CorpusRun, accounts: Accounts, steps: Steps, outcome: Outcome, *, command: str, version: str) -> CorpusResult:
    """Add up a run."""
    reasons, hosts = _reasons(work)
    sources = _sources(work, accounts, outcome.done)
    shown = [signal.examples[:_EXAMPLES] for signal in outcome.signals]
    places = places_of(outcome.out, outcome.done, {document for some in shown for document in some})
    planting = outcome.planting
    return CorpusResult(
        title=work.spec.name,
        version=_version(work, accounts, steps, outcome, reasons, sources, version),
        measurements=_measurements(sources, reasons),
        sources=sources,
        reasons=reasons,
        hosts=hosts.worst([source.name for source in work.spec.sources]),
        broken=tuple(
            BrokenDocument(source=source.name, file=file, line=bad.line, reason=bad.reason)
            for source, one in zip(work.spec.sources, accounts.sources, strict=True)
            for file, bad in one.examples[:_NAMED]
        ),
        signals=tuple(outcome.signals),
        examples=tuple(tuple(places[document] for document in some if document in places) for some in shown),
        duplicates=dict(outcome.duplicates.counts),
        planted=planting.canaries if planting is not None else 0,
        notes=(*(note for one in accounts.sources for note in one.notes), *steps.notes),
        command=command,
        holdfast=version,
    )


def _reasons(work: CorpusRun) -> tuple[tuple[ReasonFacts, ...], HostCounts]:
    first: Counter[tuple[int, str]] = Counter()
    every: Counter[tuple[int, str]] = Counter()
    hosts = HostCounts()
    for shard in range(work.shards):
        source = work.source(shard)
        for row in work.kept("count", shard, "reasons").to_pylist():
            first[source, row["reason"]] += row["first"]
            every[source, row["reason"]] += row["all"]
        hosts.add([work.kept("count", shard, "hosts")])
    names = [source.name for source in work.spec.sources]
    found = tuple(
        ReasonFacts(
            source=names[source],
            step="duplicates" if reason.startswith(DUPLICATE) else reason.partition(":")[0],
            reason=reason,
            first=first[source, reason],
            all=count,
        )
        for (source, reason), count in sorted(every.items(), key=lambda item: (item[0][0], -first[item[0]], item[0][1]))
        if count
    )
    return found, hosts


def _sources(work: CorpusRun, accounts: Accounts, done: Sequence[ShardWritten]) -> tuple[SourceFacts, ...]:
    kept, size = Counter[int](), Counter[int]()
    for shard, written in enumerate(done):
        kept[work.source(shard)] += written.kept_documents
        size[work.source(shard)] += written.kept_bytes
    return tuple(
        SourceFacts(
            name=source.name,
            path=source.path,
            files=one.files,
            bytes=one.bytes,
            documents=one.documents,
            text_bytes=one.text_bytes,
            broken=one.broken,
            skipped=listing.skipped[:_NAMED],
            skipped_count=len(listing.skipped),
            kept=kept[index],
            kept_bytes=size[index],
        )
        for index, (source, one, listing) in enumerate(zip(work.spec.sources, accounts.sources, work.plan.listings, strict=True))
    )


def _version(
    work: CorpusRun,
    accounts: Accounts,
    steps: Steps,
    outcome: Outcome,
    reasons: Sequence[ReasonFacts],
    sources: Sequence[SourceFacts],
    version: str,
) -> CorpusVersion:
    done, planting = outcome.done, outcome.planting
    removed: dict[str, Counter[str]] = {}
    for reason in reasons:
        if reason.first:
            removed.setdefault(reason.step, Counter())[reason.reason] += reason.first
    changed = Counter[int]()
    for written in done:
        changed.update(dict(zip(steps.changing, written.changed, strict=True)))
    return CorpusVersion(
        name=work.spec.name,
        holdfast=version,
        sources=tuple(
            CorpusSource(
                name=source.name,
                path=source.path,
                licence=source.licence,
                crawled=source.crawled,
                files=one.files,
                bytes=one.bytes,
                documents=one.documents,
                kept=facts.kept,
                digest=one.digest,
            )
            for source, one, facts in zip(work.spec.sources, accounts.sources, sources, strict=True)
        ),
        steps=steps.listed(removed, changed),
        shards=_shards(one.kept for one in done),
        rejected=_shards(one.aside for one in done),
        canaries=planting.manifest_sha256 if planting is not None else None,
    )


def _shards(files: Iterable[FileWritten | None]) -> tuple[CorpusShard, ...]:
    return tuple(
        CorpusShard(
            name=one.name,
            rows=one.file.rows,
            bytes=one.file.bytes,
            sha256=one.file.sha256,
            provenance=one.provenance,
            provenance_sha256=one.origins.sha256,
        )
        for one in files
        if one is not None
    )


def _measurements(sources: Sequence[SourceFacts], reasons: Sequence[ReasonFacts]) -> tuple[Measurement, ...]:
    """Return shares of all documents; they are counted, not sampled, so there is no interval around them."""
    made: list[Measurement] = []
    documents, kept = sum(one.documents for one in sources), sum(one.kept for one in sources)
    for condition, n, stays in [("all", documents, kept), *((one.name, one.documents, one.kept) for one in sources)]:
        gone = Counter[str]()
        for reason in reasons:
            if condition in ("all", reason.source):
                gone[reason.reason] += reason.first
        if not n:
            made.append(Measurement.missing("corpus_kept_share", "the source has no document", condition=condition))
            continue
        made.append(Measurement.of("corpus_kept_share", stays / n, n=n, condition=condition, method=_COUNTED))
        for name, count in sorted(gone.items()):
            made.append(Measurement.of("corpus_removed_share", count / n, n=n, condition=condition, group=name, method=_COUNTED))
    for one in sources:
        n = one.documents + one.broken
        if n:
            made.append(Measurement.of("bad_row_share", one.broken / n, n=n, condition=one.name, method=_COUNTED))
    return tuple(made)
