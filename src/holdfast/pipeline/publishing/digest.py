"""What of a run folder is published, in the plain form that every tracker takes: params, metrics, tags and files.

No answer of a model and no system prompt is in it unless that was asked for: a tracker is read by more people than a run folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from holdfast.compare import Comparison
from holdfast.core import Measurement, RunFolderError, Value, Verdict
from holdfast.history import FinishedRun, read_run
from holdfast.mitigate.trials import Search
from holdfast.pipeline.comparing import report_input
from holdfast.report import write_html
from holdfast.report.repair_html import write_repair_html
from holdfast.report.story import Story
from holdfast.report.story_html import write_story_html
from holdfast.runs import Manifest, read_measurements

__all__ = ["FINGERPRINT", "PublishedRun", "read_for_publishing"]

FINGERPRINT = "holdfast.fingerprint"
"""Tag of the model that the verdict is about; a run of no tuned model has none."""
_PAGE = "report.html"

_PAPERS = ("verdict.json", "measurements.json", "verdict.intoto.json", "mlbom.cdx.json")
_WITH_ANSWERS = ("run.json", "comparison.json", "evidence/responses.jsonl", "evidence/grades.jsonl")
_LONGEST_VALUE = 250
_LONGEST_NAME = 200
_DROP_LINE = 0.10
"""Drawn in charts of drops, as in a report without a policy at hand."""


class PublishedRun(Value, frozen=True, kw_only=True):
    """A run in the words of a tracker. Names hold letters, digits and ' _-./' only, values are short."""

    id: str
    """Digest of what was asked and measured, as the history has it: the same run published twice is one run there, and one with other
    numbers is another, since a tracker keeps old numbers beside new ones."""
    name: str
    params: dict[str, str]
    metrics: dict[str, float]
    """'metric/side/condition/group' to its value; overall ones have '/low' and '/high' beside them. Only finite numbers."""
    tags: dict[str, str]
    """Verdict, policy and fingerprint, and 'holdfast.unmeasured.METRIC' to the reason of every number that is missing."""
    files: tuple[tuple[str, Path], ...]
    """Name there, and where it lies."""
    kept_back: str = ""
    """Why its page does not go along, in a sentence; '' where it does, or there is none."""


def read_for_publishing(folder: Path, scratch: Path, *, responses: bool = False) -> PublishedRun:
    """Read a judged run; a page without answers is drawn into `scratch`.

    With `responses` the page as it is, with flipped answers folded in it, and the stored answers and grades go along.
    Raises RunFolderError where the folder holds no judged run.
    """
    _decoded(folder / "run.json", Manifest)
    verdict = _decoded(folder / "verdict.json", Verdict).checked(folder / "verdict.json")
    measured = read_measurements(folder)
    run = read_run(folder)
    files = tuple(_files(folder, scratch, verdict, responses=responses))
    alone = (folder / _PAGE).is_file() and _PAGE not in dict(files)
    return PublishedRun(
        id=run.id,
        name=folder.resolve().name,
        params=dict(_flat({**run.asked, "stage": run.stage, "version": run.holdfast, "seed": run.seed})),
        metrics=dict(_numbers(measured)),
        tags=_tags(run, verdict, measured),
        files=files,
        kept_back=f"{_PAGE} stays here: that of {run.stage} may quote rows and answers. --responses sends it." if alone else "",
    )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "conditions" and isinstance(part, list):
                # Their names alone: the system prompts of training data are not everybody's to read.
                part = ", ".join(str(one.get("name", one)) if isinstance(one, dict) else str(one) for one in part)
            if part is not None:
                yield from _flat(part, f"{name}.{key}" if name else str(key))
        return
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    yield _named(name), _short(text)


def _numbers(measured: tuple[Measurement, ...]) -> Iterator[tuple[str, float]]:
    for one in measured:
        name = _named("/".join(one.key))
        parts = [("", one.value), *((("/low", one.low), ("/high", one.high)) if one.group == "all" else ())]
        for end, value in parts:
            if one.value is not None and value is not None and isfinite(value):
                yield name + end, float(value)


def _tags(run: FinishedRun, verdict: Verdict, measured: tuple[Measurement, ...]) -> dict[str, str]:
    tags = {
        "holdfast.stage": run.stage,
        "holdfast.version": run.holdfast,
        "holdfast.verdict": verdict.decision.value,
        "holdfast.policy": verdict.policy,
        "holdfast.policy_digest": verdict.policy_digest,
        "holdfast.blocking": ", ".join(gate.gate for gate in verdict.blocking),
        "holdfast.warnings": ", ".join(gate.gate for gate in verdict.warnings),
    }
    ids = {model.side: model.id for model in run.models}
    tags |= {FINGERPRINT: ids.get("tuned", ""), "holdfast.base_fingerprint": ids.get("base", "")}
    for one in measured:
        if one.value is None and one.group == "all":
            tags.setdefault(_named(f"holdfast.unmeasured.{one.metric}"), one.reason or "no reason was given")
    return {name: _short(value) for name, value in tags.items() if value}


def _files(folder: Path, scratch: Path, verdict: Verdict, *, responses: bool) -> Iterator[tuple[str, Path]]:
    for name in (*_PAPERS, *(_WITH_ANSWERS if responses else ())):
        if (folder / name).is_file():
            yield name, folder / name
    page = folder / _PAGE
    if responses and page.is_file():
        yield _PAGE, page
    elif _drawn(folder, scratch / _PAGE, verdict):
        yield _PAGE, scratch / _PAGE


def _drawn(folder: Path, page: Path, verdict: Verdict) -> bool:
    """Draw a run's page without answers and system prompts; False for a stage whose page would say nothing without them."""
    stored, search, story = (folder / f"{name}.json" for name in ("comparison", "search", "story"))
    if stored.is_file():
        found = _decoded(stored, Comparison)
        # Flips quote whole answers, openings their first words.
        patterns = tuple(replace(one, openings=()) for one in found.patterns)
        write_html(report_input(replace(found, flips=(), patterns=patterns), verdict, _DROP_LINE), page)
    elif search.is_file():
        tried = _decoded(search, Search)
        write_repair_html(replace(tried, conditions=tuple(replace(one, system=None) for one in tried.conditions)), page)
    elif story.is_file():
        told = _decoded(story, Story)
        # The pages of its steps stay here.
        write_story_html(replace(told, steps=tuple(replace(step, page=None) for step in told.steps)), page)
    else:
        return False
    return True


def _named(text: str) -> str:
    """Return a name as trackers take it."""
    return re.sub(r"[^A-Za-z0-9_\-. /]", "_", text)[:_LONGEST_NAME]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_VALUE else f"{flat[: _LONGEST_VALUE - 3]}..."


def _decoded(path: Path, kind: Any) -> Any:
    if not path.is_file():
        raise RunFolderError(f"{path.parent} holds no {path.name}. Give the folder of a finished run that was judged.")
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: expected what Holdfast writes there, got something else ({error}).") from error
