"""What the page of a sample audit says, as strings that are ready to print. No text of a document is in it."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.corpus.sampling.estimating import DefectEstimate
from holdfast.corpus.sampling.facts import SampleAudit
from holdfast.corpus.sampling.sample import SampledSource
from holdfast.report.hostile import excerpt, line
from holdfast.report.page import Accent, Fact
from holdfast.report.wording import percent

__all__ = ["SampleView", "ShareLine", "build_sample_view", "share_text"]

_EVERY = ("filter: any", "detector: any")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLine:
    """One defect: name, share, interval, documents, hits, effective number."""

    name: str
    note: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleView:
    """Everything in the order in which it is read. The first names are those of `Page`, so that templates are shared."""

    title: str
    subject: str
    word: str
    accent: Accent
    sentence: str
    figures: tuple[Fact, ...]
    steps: tuple[str, ...]
    confidence: str
    labelled: tuple[ShareLine, ...]
    labelled_note: str
    found: tuple[ShareLine, ...]
    unseen: tuple[ShareLine, ...]
    sources: tuple[ShareLine, ...]
    by_source: tuple[tuple[str, tuple[ShareLine, ...]], ...]
    notes: tuple[str, ...]
    command: str
    settings: tuple[Fact, ...]


def build_sample_view(audit: SampleAudit) -> SampleView:
    """Return everything that the page says. Takes estimates as they are."""
    overall = [one for one in audit.estimates if one.source == "all"]
    found = sorted((one for one in overall if one.hits), key=lambda one: (one.defect not in _EVERY, -one.share, one.defect))
    return SampleView(
        title=f"Sample audit: {line(audit.title, limit=160)}",
        subject="",
        word="ESTIMATE",
        accent="none",
        sentence=f"ESTIMATE. {_sentence(audit, overall)}",
        figures=_figures(audit, overall),
        steps=(
            "Read rows of sample.jsonl, fill in their labels, and bring them back: holdfast corpus sample ... --labels FILE.",
            "Leave out what should not be trained on: holdfast corpus run CONFIG keeps each measure, so thresholds can be tried later.",
            "Draw more rows (--n) where an interval is too wide to decide on.",
        ),
        confidence=percent(audit.confidence),
        labelled=tuple(_line(one) for one in audit.labelled if one.source == "all"),
        labelled_note=_labelled(audit),
        found=tuple(_line(one) for one in found),
        unseen=tuple(_line(one) for one in sorted(overall, key=lambda one: one.defect) if not one.hits),
        sources=tuple(_source(source) for source in audit.sources),
        by_source=_by_source(audit),
        notes=tuple(line(note, limit=400) for note in audit.notes),
        command=excerpt(audit.command, head=2_000),
        settings=(Fact(name="Holdfast", text=line(audit.version)), Fact(name="Seed", text=str(audit.seed))),
    )


def share_text(one: DefectEstimate) -> tuple[str, str]:
    """Return a share and its interval as text."""
    return percent(one.share), f"{percent(one.low)} to {percent(one.high)}"


def _sentence(audit: SampleAudit, overall: list[DefectEstimate]) -> str:
    about = "" if audit.exact else "about "
    parts = [f"{audit.n:,} of {about}{audit.documents:,.0f} documents were drawn."]
    named = {one.defect: one for one in overall}
    for defect, words in (("filter: any", "would be left out by at least one filter"), ("detector: any", "hold what a detector finds")):
        if defect in named:
            share, interval = share_text(named[defect])
            parts.append(f"{share} ({interval}) {words}.")
    return " ".join(parts)


def _figures(audit: SampleAudit, overall: list[DefectEstimate]) -> tuple[Fact, ...]:
    facts = [
        Fact(name="Documents", text=f"{audit.documents:,.0f}", note="counted" if audit.exact else "estimated"),
        Fact(name="In the sample", text=f"{audit.n:,}", note=f"from {len(audit.sources)} source{'s' if len(audit.sources) > 1 else ''}"),
    ]
    for name in ("detector: secret", "detector: personal-data"):
        one = next((one for one in overall if one.defect == name), None)
        if one is not None:
            share, interval = share_text(one)
            facts.append(Fact(name=name.removeprefix("detector: ").replace("-", " ").capitalize(), text=share, note=interval))
    return tuple(facts)


def _line(one: DefectEstimate) -> ShareLine:
    share, interval = share_text(one)
    between = f"{one.documents_low:,.0f} to {one.documents_high:,.0f}"
    return ShareLine(
        name=line(one.defect, limit=120),
        note="",
        cells=(share, interval, f"{one.documents:,.0f}", between, f"{one.hits:,} of {one.n:,}", f"{one.effective_n:,.0f}"),
    )


def _labelled(audit: SampleAudit) -> str:
    if not audit.labelled_rows:
        return ""
    if audit.labelled_rows < audit.n:
        return (
            f"{audit.labelled_rows:,} of {audit.n:,} rows were labelled. The estimates hold where these were taken from the top of the "
            "file, whose order is random."
        )
    return f"All {audit.n:,} rows were labelled."


def _source(source: SampledSource) -> ShareLine:
    how = (
        "one pass over every document"
        if source.design == "one pass"
        else f"{source.draws:,} draws of {source.shards:,} shards by size, then rows"
    )
    about = "" if source.design == "one pass" else "about "
    size = f"{source.bytes / 1e6:,.1f} MB"
    cells = (size, f"{about}{source.documents:,.0f}", f"{source.rows:,}", f"{source.unreadable:,}")
    return ShareLine(name=line(source.name, limit=80), note=how, cells=cells)


def _by_source(audit: SampleAudit) -> tuple[tuple[str, tuple[ShareLine, ...]], ...]:
    if len(audit.sources) < 2:
        return ()
    found = []
    for source in audit.sources:
        own = [one for one in audit.estimates if one.source == source.name and one.hits]
        lines = tuple(_line(one) for one in sorted(own, key=lambda one: (one.defect not in _EVERY, -one.share, one.defect)))
        found.append((line(source.name, limit=80), lines))
    return tuple(found)
