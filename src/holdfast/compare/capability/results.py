"""Scores that other tools measured: results and samples of lm-evaluation-harness, and Inspect logs.

| file                                        | what is read                                                         |
| ------------------------------------------- | -------------------------------------------------------------------- |
| lm-evaluation-harness `results_*.json`      | per task the first score between 0 and 1 for which more is better, with its standard error |
| lm-evaluation-harness `samples_*.jsonl`     | the same score per question, so that the two sides are paired          |
| Inspect `.eval`, and `.json` logs           | the first score per sample, so that the two sides are paired           |
"""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import InputError, Value
from holdfast.records.inspect_log import read_samples

__all__ = ["Scores", "read_scores"]

_WORDS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Inspect's letters: correct, incorrect, partially correct, no answer."""


class Scores(Value, frozen=True, kw_only=True):
    """What one side scored on one task, 0 to 1."""

    task: str
    metric: str
    by_item: dict[str, float] = {}
    """Question to score, where the file has them."""
    mean: float | None = None
    error: float | None = None
    """Standard error of the mean."""
    n: int = 0


def read_scores(path: Path) -> dict[str, Scores]:
    """Return the scores of a file by task; raises InputError for a file that is none of those above."""
    try:
        if zipfile.is_zipfile(path):
            return _inspect_samples(path, read_samples(path))
        data = path.read_bytes()
        if path.suffix.lower() == ".jsonl":
            return _harness_samples(path, [msgspec.json.decode(line) for line in data.splitlines() if line.strip()])
        found = msgspec.json.decode(data)
    except OSError as error:
        raise InputError(f"--task-results {path}: cannot be read ({error.strerror}).") from error
    except msgspec.DecodeError as error:
        raise InputError(
            f"{path}: cannot be read as results of lm-evaluation-harness (.json, samples .jsonl) or as an Inspect log ({error})."
        ) from error
    if isinstance(found, dict) and isinstance(found.get("eval"), dict):
        return _inspect_samples(path, read_samples(path))
    if isinstance(found, dict) and isinstance(found.get("results"), dict):
        return _harness_results(path, found)
    raise InputError(f"{path}: expected results of lm-evaluation-harness or an Inspect log, got another JSON.")


def _harness_results(path: Path, found: dict[str, Any]) -> dict[str, Scores]:
    scores: dict[str, Scores] = {}
    for task, values in found["results"].items():
        better = (found.get("higher_is_better") or {}).get(task) or {}
        for key, value in values.items():
            metric, _, kind = key.partition(",")
            if metric.endswith("_stderr") or better.get(metric) is False or not _is_score(value):
                continue
            error = values.get(f"{metric}_stderr,{kind}" if kind else f"{metric}_stderr")
            counted = ((found.get("n-samples") or {}).get(task) or {}).get("effective") or 0
            known = float(error) if isinstance(error, int | float) and not isinstance(error, bool) else None
            scores[task] = Scores(task=task, metric=key, mean=float(value), error=known, n=int(counted))
            break
    return _some(path, scores)


def _harness_samples(path: Path, rows: Iterable[Any]) -> dict[str, Scores]:
    task = path.stem.removeprefix("samples_").rsplit("_20", 1)[0]
    by_item: dict[str, float] = {}
    metric = chosen_filter = None
    for row in rows:
        if not isinstance(row, dict) or "doc_id" not in row:
            raise InputError(f"{path}: expected samples of lm-evaluation-harness, each with a doc_id.")
        if metric is None:
            names = row.get("metrics") or [key for key in row if key in ("acc", "exact_match", "acc_norm")]
            metric = next((name for name in names if _is_score(row.get(name))), None)
            chosen_filter = row.get("filter")
        # A sample stands there once per filter; the first filter's counts, so that no question is counted twice.
        if metric is not None and row.get("filter") == chosen_filter and _is_score(row.get(metric)):
            by_item[str(row["doc_id"])] = float(row[metric])
    return _some(path, {task: Scores(task=task, metric=metric, by_item=by_item, n=len(by_item))} if metric and by_item else {})


def _inspect_samples(path: Path, samples: Iterable[tuple[str, dict[str, Any], dict[str, Any]]]) -> dict[str, Scores]:
    values: defaultdict[str, list[float]] = defaultdict(list)
    task, scorer = path.stem, None
    for _, about, sample in samples:
        task = str(about.get("task") or task)
        found = sample.get("scores")
        if not isinstance(found, dict) or not found:
            continue
        scorer = scorer if scorer is not None else next(iter(found))
        graded = found.get(scorer)
        value = graded.get("value") if isinstance(graded, dict) else None
        value = _WORDS.get(value, value) if isinstance(value, str) else value
        if value is not None and _is_score(value):
            values[str(sample.get("id"))].append(float(value))
    by_item = {name: sum(several) / len(several) for name, several in values.items()}
    return _some(path, {task: Scores(task=task, metric=scorer or "", by_item=by_item, n=len(by_item))} if by_item else {})


def _is_score(value: Any) -> bool:
    return isinstance(value, int | float) and 0.0 <= value <= 1.0


def _some(path: Path, scores: dict[str, Scores]) -> dict[str, Scores]:
    if not scores:
        raise InputError(f"{path}: holds no score between 0 and 1 for which more is better.")
    return scores
