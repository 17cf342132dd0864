"""What the page of a corpus run says, as strings that are ready to print. No text of a document is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from holdfast.corpus.result import CorpusResult, ReasonFacts
from holdfast.corpus.steps import Signal
from holdfast.provenance.versions import version_id
from holdfast.report.corpus_steps import next_steps
from holdfast.report.hostile import excerpt, line
from holdfast.report.page import Accent, Fact
from holdfast.report.scan_page import PartRow
from holdfast.report.scan_wording import share_text, size_text
from holdfast.report.wording import p_value

__all__ = ["CorpusView", "SignalLine", "SourceMix", "TableLine", "build_corpus_view"]

_KINDS = {
    "burst": "Bursts of near copies",
    "host": "One host behind many",
    "author": "One author behind many",
    "trigger": "Strings that go with odd endings",
    "dump-edit": "Edits just before a dump",
}
_REASONS = 12
"""Reasons of a source that have a line of their own; the rest share one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLine:
    """One line of a table."""

    name: str
    cells: tuple[str, ...]
    note: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMix:
    """What became of one source's documents."""

    anchor: str
    name: str
    lead: str
    parts: tuple[PartRow, ...]
    """Of the bar."""
    lines: tuple[TableLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLine:
    """One sign of poisoning, or what was looked for and not found."""

    kind: str
    subject: str
    source: str
    documents: str
    when: str
    p: str
    explanation: str
    examples: str
    """Where some of the documents stand; '' where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusView:
    """Everything in the order in which it is read. The first names are those of `Page`, so that templates are shared."""

    title: str
    subject: str
    word: str
    accent: Accent
    sentence: str
    figures: tuple[Fact, ...]
    steps: tuple[str, ...]
    sources: tuple[TableLine, ...]
    mixes: tuple[SourceMix, ...]
    reasons: tuple[TableLine, ...]
    hosts: tuple[TableLine, ...]
    signals: tuple[SignalLine, ...]
    quiet_signals: tuple[SignalLine, ...]
    duplicates: tuple[Fact, ...]
    broken: tuple[TableLine, ...]
    broken_count: int
    skipped: tuple[Fact, ...]
    done: tuple[TableLine, ...]
    notes: tuple[str, ...]
    command: str
    settings: tuple[Fact, ...]


def build_corpus_view(found: CorpusResult) -> CorpusView:
    """Return everything that the page says. Takes counts as they are."""
    documents, kept = sum(one.documents for one in found.sources), sum(one.kept for one in found.sources)
    told = [(one, _signal(one, found.examples[place] if found.examples else ())) for place, one in enumerate(found.signals)]
    loud = [said for one, said in told if one.documents]
    return CorpusView(
        title=f"Corpus: {line(found.title, limit=160)}",
        subject=f"{line(found.title)} {version_id(found.version)[:12]}",
        word="Written",
        accent="none",
        sentence=_sentence(documents, kept, len(loud)),
        figures=tuple(_figures(found, documents, kept, len(loud))),
        steps=next_steps(found),
        sources=tuple(_sources(found)),
        mixes=tuple(_mix(found, place) for place in range(len(found.sources))),
        reasons=tuple(_reasons(found.reasons)),
        hosts=tuple(
            TableLine(
                name=line(one.host),
                note=line(one.source),
                cells=(f"{one.documents:,}", f"{one.removed:,}", share_text(one.removed / one.documents)),
            )
            for one in found.hosts
        ),
        signals=tuple(loud),
        quiet_signals=tuple(said for one, said in told if not one.documents),
        duplicates=tuple(Fact(name=line(name[:1].upper() + name[1:]), text=f"{count:,}") for name, count in found.duplicates.items()),
        broken=tuple(
            TableLine(name=f"{line(one.file)}:{one.line}", note=line(one.source), cells=(line(one.reason),)) for one in found.broken
        ),
        broken_count=sum(one.broken for one in found.sources),
        skipped=tuple(
            Fact(name=line(one.name), text=f"{one.skipped_count:,}", note=line(", ".join(one.skipped), limit=300))
            for one in found.sources
            if one.skipped_count
        ),
        done=tuple(_done(found)),
        notes=tuple(line(note, limit=400) for note in found.notes),
        command=excerpt(found.command, head=2_000),
        settings=tuple(_settings(found)),
    )


def _sentence(documents: int, kept: int, signals: int) -> str:
    stays = f"{kept:,} of {documents:,} documents stay in the corpus"
    if not signals:
        return f"Written. {stays}; no sign of poisoning was found above the limits named below."
    return (
        f"Written. {stays}; {signals} {'sign' if signals == 1 else 'signs'} of poisoning should be looked at before anybody trains on it."
    )


def _figures(found: CorpusResult, documents: int, kept: int, signals: int) -> Iterator[Fact]:
    size = sum(one.kept_bytes for one in found.sources)
    yield Fact(name="Documents kept", text=f"{kept:,}", note=f"{share_text(kept / documents) if documents else 'none'} of {documents:,}")
    yield Fact(name="Text kept", text=size_text(size), note=f"of {size_text(sum(one.text_bytes for one in found.sources))}")
    twice = sum(one.first for one in found.reasons if one.step == "duplicates")
    yield Fact(name="Duplicates", text=f"{twice:,}", note="left out, exact and near")
    yield Fact(name="Signs of poisoning", text=f"{signals:,}", note="nothing is removed by them")
    if found.planted:
        yield Fact(name="Canary rows", text=f"{found.planted:,}", note="planted; the manifest is private")


def _sources(found: CorpusResult) -> Iterator[TableLine]:
    for one in found.sources:
        yield TableLine(
            name=line(one.name), note=line(one.path, limit=200), cells=_source_cells(one.files, one.documents, one.broken, one.kept)
        )
    if len(found.sources) > 1:
        sums = [sum(column) for column in zip(*((one.files, one.documents, one.broken, one.kept) for one in found.sources), strict=True)]
        yield TableLine(name="All sources", cells=_source_cells(*sums), whole=True)


def _source_cells(files: int, documents: int, broken: int, kept: int) -> tuple[str, ...]:
    share = share_text(kept / documents) if documents else "no document"
    return (f"{files:,}", f"{documents:,}", f"{broken:,}", f"{kept:,}", share)


def _mix(found: CorpusResult, place: int) -> SourceMix:
    one = found.sources[place]
    counts = Counter({reason.reason: reason.first for reason in found.reasons if reason.source == one.name and reason.first})
    rest = sum(count for _, count in counts.most_common()[_REASONS:])
    parts = [
        _part("Kept", one.kept, one.documents, "pass"),
        *(_part(name, count, one.documents, "none") for name, count in counts.most_common(_REASONS)),
    ]
    if rest:
        parts.append(_part("Other reasons", rest, one.documents, "none"))
    return SourceMix(
        anchor=f"source-{place + 1}",
        name=line(one.name),
        lead=f"{one.documents:,} documents, {size_text(one.text_bytes)} of text.",
        parts=tuple(parts),
        lines=tuple(TableLine(name=part.name, cells=(part.count, part.share)) for part in parts),
    )


def _part(name: str, count: int, whole: int, accent: Accent) -> PartRow:
    share = count / whole if whole else 0.0
    return PartRow(
        name=line(name[:1].upper() + name[1:]),
        count=f"{count:,}",
        share=share_text(share),
        interval="",
        note="",
        accent=accent,
        value=share,
    )


def _reasons(reasons: Sequence[ReasonFacts]) -> Iterator[TableLine]:
    first, every = Counter[str](), Counter[str]()
    for one in reasons:
        first[one.reason] += one.first
        every[one.reason] += one.all
    for reason in sorted(every, key=lambda name: (-first[name], -every[name], name)):
        yield TableLine(name=line(reason), cells=(f"{first[reason]:,}", f"{every[reason]:,}"))


def _signal(one: Signal, places: Sequence[str]) -> SignalLine:
    when = one.first or ""
    if one.last and one.last != one.first:
        when = f"{when} to {one.last}"
    return SignalLine(
        kind=_KINDS.get(one.kind, line(one.kind)),
        subject=line(one.subject, limit=80),
        source=line(one.source),
        documents=f"{one.documents:,} of {one.of:,}",
        when=when,
        p=p_value(one.p) if one.p is not None else "",
        explanation=line(one.explanation, limit=500),
        examples=", ".join(places),
    )


def _done(found: CorpusResult) -> Iterator[TableLine]:
    for number, step in enumerate(found.version.steps):
        yield TableLine(
            name=f"{number}. {line(step.name)}",
            note=f"version {line(step.version)}",
            cells=(f"{sum(step.removed.values()):,}", f"{step.changed:,}"),
        )


def _settings(found: CorpusResult) -> Iterator[Fact]:
    version = found.version
    yield Fact(name="Version of the corpus", text=version_id(version), is_digest=True)
    yield Fact(name="Holdfast", text=line(found.holdfast))
    for facts, source in zip(found.sources, version.sources, strict=True):
        yield Fact(
            name=f"Source {line(facts.name)}", text=source.digest, note=f"{facts.files:,} files, {facts.bytes:,} bytes", is_digest=True
        )
    if version.canaries is not None:
        yield Fact(name="Canary manifest", text=version.canaries, is_digest=True)
