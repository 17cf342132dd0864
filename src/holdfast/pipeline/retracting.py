"""`trace` and `retract` with the models that hold the rows: what a source that cannot be trusted means for what was trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.core import InputError, Value
from holdfast.history import History, history_url, record_corpus
from holdfast.pipeline.tracing import corpus_entry, models_holding
from holdfast.provenance import Retraction, Traced, read_version, retract, trace

if TYPE_CHECKING:
    from holdfast.provenance import CorpusVersion

__all__ = ["Asked", "retract_source", "trace_source"]

Progress = Callable[[str, int, int], None]


class Asked(Value, frozen=True, kw_only=True):
    """What to trace."""

    value: str
    """A source, a host, an author or a URL."""
    kind: str | None = None
    """Which of them; None tells it by the name."""
    below: bool = True
    """For a host: with every host below it."""


def trace_source(
    folder: Path,
    asked: Asked,
    *,
    history: str | None = None,
    models: Sequence[Path] = (),
    workers: int | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Traced:
    """Return which shards and which trained models hold rows of what is asked.

    Args:
        folder: the corpus.
        asked: what to trace.
        history: URL of the database; None means the usual one.
        models: folders to look through for trained models besides.
        workers: processes for making the index.
        progress: called with (what, done, total).

    Raises InputError where the corpus holds nothing of it.
    """
    holding = trace(folder, asked.value, asked.kind, below=asked.below, workers=workers, progress=progress)
    url = history_url(history)
    searched = tuple(str(path) for path in models)
    if url is None:
        return Traced(holding=holding, models=models_holding(folder, holding, None, models=models), history=None, searched=searched)
    with History(url) as opened:
        found = models_holding(folder, holding, opened, models=models)
        return Traced(holding=holding, models=found, history=opened.place, searched=searched)


def retract_source(
    folder: Path,
    asked: Asked,
    out: Path | None,
    *,
    why: str = "",
    copy: bool = False,
    history: str | None = None,
    models: Sequence[Path] = (),
    workers: int | None = None,
    progress: Progress = lambda what, done, total: None,
    planned: Callable[[Retraction], None] = lambda plan: None,
) -> Retraction:
    """Trace, then write the version without the rows to `out`; None plans only. `planned` gets the plan before anything is written.

    The new version is recorded in the history as a child of the old one. Raises what `trace_source` and `provenance.retract` raise, and
    InputError for an `out` inside the corpus, whose readers would take it for a part of it.
    """
    if out is not None and folder.resolve() in out.resolve().parents:
        raise InputError(f"--out {out} lies inside the corpus {folder}. The new version needs a folder outside of it.")
    traced = trace_source(folder, asked, history=history, models=models, workers=workers, progress=progress)
    if not (traced.holding.rows or traced.holding.rejected_rows):
        raise InputError(f"{folder}: holds no row of {traced.holding.wanted.said}, so there is nothing to retract.")
    plan = Retraction(traced=traced, why=why, written=None)
    planned(plan)
    if out is None:
        return plan
    written = retract(folder, traced.holding, out, why=why, copy=copy, workers=workers, progress=progress)
    _record(history, [(folder, read_version(folder)), (out, read_version(out))])
    return Retraction(traced=traced, why=read_version(out).why, written=written)


def _record(history: str | None, versions: Sequence[tuple[Path, CorpusVersion]]) -> None:
    url = history_url(history)
    if url is None:
        return
    with History(url) as opened:
        for folder, version in versions:
            record_corpus(opened, corpus_entry(folder, version))
