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
from holdfast.core import Measurement, RunFolderError, Value, Verdict, digest_file
from holdfast.pipeline.comparing import report_input
from holdfast.plugins import ModelFingerprint
from holdfast.report import write_html
from holdfast.runs import Manifest, read_measurements

__all__ = ["PublishedRun", "read_for_publishing"]

_PAPERS = ("verdict.json", "measurements.json", "verdict.intoto.json", "mlbom.cdx.json")
_WITH_ANSWERS = ("run.json", "comparison.json", "evidence/responses.jsonl", "evidence/grades.jsonl")
_LONGEST_VALUE = 250
_LONGEST_NAME = 200
_DROP_LINE = 0.10
"""Drawn in charts of drops, as in a report without a policy at hand."""


class PublishedRun(Value, frozen=True, kw_only=True):
    """A run in the words of a tracker. Names hold letters, digits and ' _-./' only, values are short."""

    id: str
    """Digest of what was asked: the same run published twice is one run there."""
    name: str
    params: dict[str, str]
    metrics: dict[str, float]
    """'metric/side/condition/group' to its value; overall ones have '/low' and '/high' beside them. Only finite numbers."""
    tags: dict[str, str]
    """Verdict, policy and fingerprint, and 'holdfast.unmeasured.METRIC' to the reason of every number that is missing."""
    files: tuple[tuple[str, Path], ...]
    """Name there, and where it lies."""


def read_for_publishing(folder: Path, scratch: Path, *, responses: bool = False) -> PublishedRun:
    """Read a judged run; a page without answers is drawn into `scratch`.

    With `responses` the page as it is, with flipped answers folded in it, and the stored answers and grades go along.
    Raises RunFolderError where the folder holds no judged run.
    """
    manifest = _decoded(folder / "run.json", Manifest)
    verdict = _decoded(folder / "verdict.json", Verdict).checked(folder / "verdict.json")
    measured = read_measurements(folder)
    return PublishedRun(
        id=digest_file(folder / "run.json"),
        name=folder.resolve().name,
        params=dict(_flat({**manifest.asked, "stage": manifest.stage, "version": manifest.holdfast, "seed": manifest.seed})),
        metrics=dict(_numbers(measured)),
        tags=_tags(manifest, verdict, measured),
        files=tuple(_files(folder, scratch, verdict, responses=responses)),
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


def _tags(manifest: Manifest, verdict: Verdict, measured: tuple[Measurement, ...]) -> dict[str, str]:
    tags = {
        "holdfast.stage": manifest.stage,
        "holdfast.version": manifest.holdfast,
        "holdfast.verdict": verdict.decision.value,
        "holdfast.policy": verdict.policy,
        "holdfast.policy_digest": verdict.policy_digest,
        "holdfast.blocking": ", ".join(gate.gate for gate in verdict.blocking),
        "holdfast.warnings": ", ".join(gate.gate for gate in verdict.warnings),
    }
    for side, name in (("tuned", "holdfast.fingerprint"), ("base", "holdfast.base_fingerprint")):
        said = manifest.asked.get(side)
        if isinstance(said, dict) and said.get("fingerprint"):
            tags[name] = msgspec.convert(said["fingerprint"], ModelFingerprint).digest
    for one in measured:
        if one.value is None and one.group == "all":
            tags.setdefault(_named(f"holdfast.unmeasured.{one.metric}"), one.reason or "no reason was given")
    return {name: _short(value) for name, value in tags.items() if value}


def _files(folder: Path, scratch: Path, verdict: Verdict, *, responses: bool) -> Iterator[tuple[str, Path]]:
    for name in (*_PAPERS, *(_WITH_ANSWERS if responses else ())):
        if (folder / name).is_file():
            yield name, folder / name
    page, stored = folder / "report.html", folder / "comparison.json"
    if responses and page.is_file():
        yield "report.html", page
    elif stored.is_file():
        found = _decoded(stored, Comparison)
        # Flips quote whole answers, openings their first words.
        patterns = tuple(replace(one, openings=()) for one in found.patterns)
        shown = report_input(replace(found, flips=(), patterns=patterns), verdict, _DROP_LINE)
        write_html(shown, scratch / "report.html")
        yield "report.html", scratch / "report.html"


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
