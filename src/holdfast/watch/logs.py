"""Reading what a training left behind: a trainer's state, or a table of losses. Needs no model and no torch."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from holdfast.core import InputError, Measurement, Value
from holdfast.watch.deciding import METRIC
from holdfast.watch.spikes import LossMonitor, Spike

__all__ = ["LogRow", "LogWatch", "read_log", "watch_log"]

_STATE = "trainer_state.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_LOSSES = ("loss", "train_loss", "train/loss", "training_loss")
_NORMS = ("grad_norm", "train/grad_norm", "gradient_norm")
_STEPS = ("step", "global_step", "train/global_step", "_step")
_RATE = "holdfast/refusal_rate/"


class LogRow(Value, frozen=True, kw_only=True):
    """One line of a log."""

    step: int
    loss: float | None = None
    grad_norm: float | None = None
    refusal_rates: dict[str, float] = {}
    """Per condition, where the run was watched."""


class LogWatch(Value, frozen=True, kw_only=True):
    """What a log shows."""

    rows: int
    """Lines with a loss."""
    spikes: tuple[Spike, ...]
    measurements: tuple[Measurement, ...]


class _State(msgspec.Struct):
    log_history: list[dict[str, object]]


def read_log(path: Path) -> list[LogRow]:
    """Return the rows of a `trainer_state.json`, of a folder that holds one (the latest checkpoint's), or of a CSV with a loss.

    Raises InputError for anything else, saying what was expected.
    """
    file = _state_in(path) if path.is_dir() else path
    try:
        if file.suffix.lower() == ".csv":
            with file.open(encoding="utf-8-sig", newline="") as stream:
                return _rows(file, list(csv.DictReader(stream)))
        return _rows(file, msgspec.json.decode(file.read_bytes(), type=_State).log_history)
    except (OSError, UnicodeDecodeError, csv.Error, msgspec.DecodeError) as error:
        raise InputError(f"{file}: expected a trainer_state.json or a CSV with the columns step and loss ({error}).") from error


def watch_log(path: Path) -> LogWatch:
    """Return `loss_spike_monitor`, and `safety_probe_evaluation` where the log holds refusal rates.

    A log of losses says nothing of safety: then the latter is missing, with the reason. Raises InputError.
    """
    rows, losses = read_log(path), LossMonitor()
    for row in rows:
        losses.see(row.step, row.loss, row.grad_norm)
    return LogWatch(rows=losses.steps, spikes=tuple(losses.spikes), measurements=(losses.measurement(), *_probes(rows)))


def _state_in(folder: Path) -> Path:
    numbered = [(int(match[1]), child) for child in folder.iterdir() if (match := _CHECKPOINT.fullmatch(child.name))]
    places = [folder, *(child for _, child in sorted(numbered, key=lambda one: -one[0]))]
    found = next((place / _STATE for place in places if (place / _STATE).is_file()), None)
    if found is None:
        raise InputError(
            f"{folder}: holds no {_STATE}, and no checkpoint-N that does. Give the trainer's output folder, or a CSV of losses."
        )
    return found


def _rows(file: Path, lines: Sequence[dict[str, object]]) -> list[LogRow]:
    known = {name for line in lines for name in line}
    loss, norm, step = (next((name for name in names if name in known), None) for names in (_LOSSES, _NORMS, _STEPS))
    if loss is None:
        raise InputError(
            f"{file}: expected a column {', '.join(_LOSSES[:-1])} or {_LOSSES[-1]}, found {', '.join(sorted(map(str, known))) or 'none'}."
        )
    out = []
    for number, line in enumerate(lines, 1):
        rates = {name.removeprefix(_RATE): value for name in line if name.startswith(_RATE) and (value := _number(line[name])) is not None}
        at = _number(line.get(step)) if step else None
        value = _number(line.get(loss))
        if value is not None or rates:
            gradient = _number(line.get(norm)) if norm else None
            out.append(LogRow(step=int(at) if at is not None else number, loss=value, grad_norm=gradient, refusal_rates=rates))
    return out


def _number(value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _probes(rows: Iterable[LogRow]) -> list[Measurement]:
    watched = [row for row in rows if row.refusal_rates]
    if not watched:
        reason = "the log holds losses only; refusals are seen by SafetyCallback while training, or by `holdfast compare` afterwards"
        return [Measurement.missing(METRIC, reason)]
    out = []
    for condition in dict.fromkeys(name for row in watched for name in row.refusal_rates):
        looks = [(row.step, row.refusal_rates[condition]) for row in watched if condition in row.refusal_rates]
        (first_step, first), (step, lowest) = looks[0], min(looks, key=lambda look: look[1])
        shared = {"condition": condition, "method": "read from a log, which does not say n"}
        out.append(Measurement.of(METRIC, lowest, n=0, note=f"lowest of {len(looks)} looks, at step {step}", **shared))
        out.append(Measurement.of(METRIC, first - lowest, n=0, side="drop", note=f"from step {first_step} to step {step}", **shared))
    return out
