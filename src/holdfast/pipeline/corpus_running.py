"""A corpus run and its page."""

from __future__ import annotations

from pathlib import Path

from holdfast.corpus.result import CorpusResult
from holdfast.corpus.run import run_corpus
from holdfast.corpus.running import EngineSettings
from holdfast.corpus.spec import CorpusSpec
from holdfast.report.corpus_html import write_corpus_html

__all__ = ["run_corpus_and_show"]


def run_corpus_and_show(
    spec: CorpusSpec, out: Path, *, command: str, version: str, engine: EngineSettings, measures: Path | None = None
) -> CorpusResult:
    """Run, or go on with a run that was stopped, and write `report.html`; see `corpus.run.run_corpus`."""
    result = run_corpus(spec, out, command=command, version=version, engine=engine, measures=measures)
    write_corpus_html(result, out / "report.html")
    return result
