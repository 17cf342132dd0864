"""The page of a corpus run: counts as they are, hostile names made harmless, nothing of a document's text."""

from __future__ import annotations

import msgspec
import pytest

from holdfast.corpus.result import BrokenDocument, CorpusResult, HostFacts, ReasonFacts, SourceFacts
from holdfast.corpus.steps import Signal
from holdfast.provenance.versions import CorpusSource, CorpusStep, CorpusVersion
from holdfast.report.corpus_html import corpus_html
from holdfast.report.corpus_terminal import corpus_lines
from holdfast.report.corpus_view import build_corpus_view

EVIL = "<script>alert(1)</script>\u202e"


def result(**changes: object) -> CorpusResult:
    version = CorpusVersion(
        name="small",
        holdfast="0",
        sources=(CorpusSource(name="web", path="web.jsonl", files=1, bytes=9, documents=1000, kept=700, digest="ab"),),
        steps=(CorpusStep(name="gopher", version="1", settings={}, removed={"gopher: too few words": 280}, changed=0),),
        shards=(),
    )
    counts = {"documents": 1000, "text_bytes": 5000, "broken": 3, "kept": 700, "kept_bytes": 4000, "skipped_count": 0}
    facts = SourceFacts(name="web", path="web.jsonl", files=1, bytes=9, skipped=(), **counts)
    found = CorpusResult(
        title="small",
        version=version,
        measurements=(),
        sources=(facts,),
        reasons=(
            ReasonFacts(source="web", step="gopher", reason="gopher: too few words", first=280, all=400),
            ReasonFacts(source="web", step="duplicates", reason="duplicate: exact", first=20, all=20),
        ),
        hosts=(HostFacts(host=EVIL, source="web", documents=50, removed=40),),
        broken=(BrokenDocument(source="web", file="web.jsonl", line=7, reason="expected a JSON object"),),
        signals=(
            Signal(kind="host", source="web", subject=EVIL, documents=90, of=1000, p=0.001, explanation="many alike"),
            Signal(kind="trigger", source="web", subject="", documents=0, of=1000, limit=30, explanation="30 would have been seen"),
        ),
        examples=(("00000:4",), ()),
        duplicates={"exact": 20},
        planted=0,
        command="holdfast corpus run c.yaml",
        holdfast="0",
    )
    return msgspec.structs.replace(found, **changes)


def test_counts_are_shown_and_hostile_names_are_harmless() -> None:
    page = corpus_html(result())
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page
    shown = (
        "700 of 1,000 documents",
        "28\u00a0%",
        "holdfast provenance show CORPUS 00000:4",
        "web.jsonl:7",
        "30 would have been seen",
    )
    assert all(text in page for text in shown)
    assert page == corpus_html(result())


def test_a_search_that_found_nothing_is_no_sign() -> None:
    view = build_corpus_view(result())
    assert [(one.kind, one.documents) for one in view.signals] == [("One host behind many", "90 of 1,000")]
    assert [one.kind for one in view.quiet_signals] == ["Strings that go with odd endings"]
    assert "1 sign of poisoning" in view.sentence
    quiet = build_corpus_view(result(signals=result().signals[1:], examples=((),)))
    assert "no sign of poisoning was found above the limits" in quiet.sentence


def test_a_terminal_gets_no_control_characters() -> None:
    lines = list(corpus_lines(result()))
    assert any("280  gopher: too few words" in one for one in lines)
    assert all(one.isprintable() for one in lines)


@pytest.mark.parametrize(("first", "advised"), [(280, False), (600, True)])
def test_a_reason_that_takes_most_of_a_source_is_to_be_looked_at(first: int, advised: bool) -> None:
    reasons = (ReasonFacts(source="web", step="gopher", reason="gopher: too few words", first=first, all=first),)
    assert any("Read some of rejected/" in step for step in build_corpus_view(result(reasons=reasons)).steps) == advised


def test_a_corpus_without_documents_has_a_page() -> None:
    empty = msgspec.structs.replace(result().sources[0], documents=0, kept=0, kept_bytes=0, text_bytes=0)
    page = corpus_html(result(sources=(empty,), reasons=(), hosts=(), signals=(), examples=(), broken=()))
    assert "no document" in page
    assert "Nothing was left out" in page
