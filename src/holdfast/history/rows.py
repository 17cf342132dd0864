"""Rows of the tables, to and from the values that they stand for."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from holdfast.core import Decision, InputError, Measurement, Verdict, canonical_json, digest
from holdfast.history.values import FinishedRun, ModelEntry, Release, RunModel, VerdictEntry, Waiver
from holdfast.history.waived import Waived
from holdfast.plugins import ModelFingerprint

__all__ = [
    "fingerprint_of",
    "is_believed",
    "measurement_row",
    "model_entry",
    "model_row",
    "release_of",
    "run_row",
    "side_row",
    "stamp",
    "verdict_entry",
    "verdict_row",
    "waiver_of",
]


_LOOKED_AT: dict[tuple[Any, ...], bool] = {}
_MOST_LOOKED_AT = 100_000


def stamp(when: datetime | None) -> str:
    """Return a time, by default now, as the tables keep it."""
    return (when or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")


def _plain(row: Row[Any]) -> dict[str, Any]:
    """Return a row by column; SQLAlchemy's names are a kind of string of their own."""
    return {str(name): value for name, value in row._mapping.items()}


def fingerprint_of(row: Row[Any]) -> ModelFingerprint:
    """Return what tells a model from every other."""
    return ModelFingerprint(weights=row.weights, adapter=row.adapter, tokenizer=row.tokenizer, template=row.template)


def waiver_of(row: Row[Any]) -> Waiver:
    """Return a waiver with what it was given for, which one of before that was kept lacks."""
    found = _plain(row)
    seen = msgspec.json.decode(found["seen"], type=Waived) if found["seen"] is not None else None
    return msgspec.convert({**found, "seen": seen}, Waiver)


def model_entry(row: Row[Any]) -> ModelEntry:
    """Return a model."""
    seen = datetime.fromisoformat(row.first_seen)
    return ModelEntry(id=row.id, reference=row.reference, fingerprint=fingerprint_of(row), first_seen=seen)


def verdict_entry(row: Row[Any]) -> VerdictEntry | None:
    """Return a verdict; None where the row is not what was recorded, or says something else than its own gates."""
    try:
        said = msgspec.json.decode(row.body)
        verdict = msgspec.convert(said, Verdict).checked("the history")
    except (msgspec.DecodeError, msgspec.ValidationError, InputError):
        return None
    if (digest({"run": row.run, "verdict": said}), verdict.policy, verdict.decision) != (row.id, row.policy, row.decision):
        return None
    return VerdictEntry(policy=row.policy, decision=Decision(row.decision), recorded=datetime.fromisoformat(row.recorded), verdict=verdict)


def is_believed(row: Row[Any]) -> bool:
    """Tell whether a verdict is what was recorded, as `verdict_entry` does, at the price of a hash for one that was looked at before."""
    key = (row.id, row.run, row.policy, row.decision, hashlib.sha256(row.body.encode()).digest())
    if key not in _LOOKED_AT:
        if len(_LOOKED_AT) >= _MOST_LOOKED_AT:
            _LOOKED_AT.clear()
        _LOOKED_AT[key] = verdict_entry(row) is not None
    return _LOOKED_AT[key]


def release_of(row: Row[Any]) -> Release:
    """Return a release."""
    return msgspec.convert({name: value for name, value in _plain(row).items() if name != "id"}, Release)


def model_row(model: RunModel, when: str) -> dict[str, Any]:
    """Return a model as a row of its table."""
    return {"id": model.id, "reference": model.place, "first_seen": when, **msgspec.to_builtins(model.fingerprint)}


def run_row(run: FinishedRun, when: str) -> dict[str, Any]:
    """Return a run as a row of its table."""
    plain = {name: getattr(run, name) for name in ("id", "stage", "folder", "command", "holdfast", "seed")}
    return {**plain, "asked": canonical_json(run.asked).decode(), "recorded": when}


def side_row(run: str, model: RunModel) -> dict[str, Any]:
    """Return a model as one side of a run."""
    return {"run": run, "side": model.side, "model": model.id, "reference": model.reference, "place": model.place}


def measurement_row(run: str, one: Measurement) -> dict[str, Any]:
    """Return a measurement as a row of its table."""
    keys = {"metric": one.metric, "side": one.side, "condition": one.condition, "category": one.group}
    return {"run": run, **keys, "value": one.value, "n": one.n, "body": canonical_json(one).decode()}


def verdict_row(run: str, verdict: Verdict, when: str) -> dict[str, Any]:
    """Return a verdict as a row of its table; its id is a digest of all that it says, by which `verdict_entry` tells a changed one."""
    facts = {"run": run, "policy": verdict.policy, "decision": verdict.decision.value}
    return {"id": digest({"run": run, "verdict": verdict}), **facts, "recorded": when, "body": canonical_json(verdict).decode()}
