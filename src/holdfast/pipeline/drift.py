"""Look inside two models and write the page. There is no verdict to give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast import __version__
from holdfast.compare.drift import Drift, DriftSpec, run_drift
from holdfast.pipeline.comparing import run_name
from holdfast.pipeline.ranking import Ranking, rank_rows, read_rows, write_queue
from holdfast.plugins import Engine, open_models
from holdfast.report.drift_html import write_drift_html

__all__ = ["QUEUE", "drift", "drift_and_rank", "drift_name"]

QUEUE = "review-queue.jsonl"


def drift_name(base: str, tuned: str) -> Path:
    """Return the default run folder: 'runs/drift-BASE-vs-TUNED'."""
    name = run_name(base, tuned)
    return name.with_name(f"drift-{name.name}")


def drift(spec: DriftSpec, folder: Path, *, command: str = "", progress: Any = None, engines: Sequence[Engine] | None = None) -> Drift:
    """Look inside both models; write `drift.json`, measurements and `report.html` to `folder`. Raises a HoldfastError for user mistakes."""
    watcher = progress or (lambda what, done, total: None)
    result = run_drift(spec, folder, command=command, version=__version__, progress=watcher, engines=engines)
    write_drift_html(result, folder / "report.html")
    return result


def drift_and_rank(spec: DriftSpec, folder: Path, data: str, *, command: str = "", progress: Any = None) -> tuple[Drift, Ranking]:
    """Look inside both models and order training rows for review, with one load; the queue is `review-queue.jsonl` in `folder`."""
    rows = read_rows(data)
    opened = open_models([spec.base, spec.tuned], spec.models)
    try:
        found = drift(spec, folder, command=command, progress=progress, engines=opened)
        ranking = rank_rows(opened, rows, spec, progress=progress)
    finally:
        for engine in opened:
            engine.close()
    write_queue(ranking, folder / QUEUE)
    return found, ranking
