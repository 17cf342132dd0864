"""A corpus run and its page."""

from __future__ import annotations

from pathlib import Path

from holdfast.canaries import manifest_digest, read_manifest
from holdfast.core import InputError
from holdfast.corpus.planting import manifest_path
from holdfast.corpus.result import CorpusResult
from holdfast.corpus.run import run_corpus
from holdfast.corpus.running import EngineSettings
from holdfast.corpus.spec import CorpusSpec
from holdfast.report.corpus_html import write_corpus_html

__all__ = ["run_corpus_and_show"]


def run_corpus_and_show(
    spec: CorpusSpec, out: Path, *, command: str, version: str, engine: EngineSettings, measures: Path | None = None
) -> CorpusResult:
    """Run, or go on with a run that was stopped, and write `report.html`; see `corpus.run.run_corpus`.

    Raises InputError, beside what that raises, where the corpus is written and the manifest of its canaries is gone.
    """
    result = run_corpus(spec, out, command=command, version=version, engine=engine, measures=measures)
    _check_manifest(spec, out, result)
    write_corpus_html(result, out / "report.html")
    return result


def _check_manifest(spec: CorpusSpec, out: Path, result: CorpusResult) -> None:
    if spec.canaries is None or result.version.canaries is None:
        return
    path = manifest_path(spec.canaries, out.absolute())
    if not path.exists():
        raise InputError(
            f"{path}: the private manifest of the canaries in {out} is missing. Put it back: without it nothing can be measured."
        )
    if manifest_digest(read_manifest(path)) != result.version.canaries:
        raise InputError(f"{path}: is not the manifest of the canaries in {out}. Put back the one that the run wrote.")
