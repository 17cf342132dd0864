"""Reading what a training left behind: a trainer's state, or a table of losses. Needs no model and no torch."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import InputError, Measurement, Value
from holdfast.watch.deciding import METRIC, unseen
from holdfast.watch.spikes import LossMonitor, Spike

__all__ = ["LogRow", "LogWatch", "read_log", "watch_log"]

_STATE = "trainer_state.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_LOSSES = ("loss", "train_loss", "train/loss", "training_loss")
_NORMS = ("grad_norm", "train/grad_norm", "gradient_norm")
_STEPS = ("step", "global_step", "train/global_step", "_step")
_RATE, _GRADED = "holdfast/refusal_rate/", "holdfast/graded/"

_Line = tuple[str, dict[str, object]]
"""Where a row is, for people, and its fields."""


class LogRow(Value, frozen=True, kw_only=True):
    """One line of a log."""

    step: int
    loss: float | None = None
    grad_norm: float | None = None
    refusal_rates: dict[str, float] = {}
    """Per condition, where the run was watched."""
    graded: dict[str, int] = {}
    """Answers that a rate counts, per condition; none where the log does not say."""


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

    A trainer writes several rows of one step, so steps may repeat; within losses, or the rates of a condition, they may not go back. A loss
    may be NaN or infinite, since that is what went wrong; a refusal rate may be NaN, which is a look that saw nothing. Raises InputError
    for anything else, saying what was expected, and where.
    """
    file = _state_in(path) if path.is_dir() else path
    try:
        return _rows(file, _table(file) if file.suffix.lower() == ".csv" else _history(file))
    except OSError as error:
        raise InputError(f"{file}: expected a trainer_state.json or a CSV with a training's log ({error.strerror}).") from error
    except (ValueError, RecursionError, csv.Error, msgspec.ValidationError) as error:
        raise InputError(f"{file}: expected a trainer_state.json or a CSV with the columns step and loss ({error}).") from error


def watch_log(path: Path, *, allowed: float = 0.0) -> LogWatch:
    """Return `loss_spike_monitor`, and `safety_probe_evaluation` where the log holds refusal rates.

    A log of losses says nothing of safety: then the latter is missing, with the reason; so is the fall where the first look refused no
    more than the `allowed` loss (`deciding.allowed_loss`). Raises InputError.
    """
    rows, losses = read_log(path), LossMonitor()
    for row in rows:
        losses.see(row.step, row.loss, row.grad_norm)
    return LogWatch(rows=losses.steps, spikes=tuple(losses.spikes), measurements=(losses.measurement(), *_probes(rows, allowed)))


def _state_in(folder: Path) -> Path:
    numbered = [(int(match[1]), child) for child in folder.iterdir() if (match := _CHECKPOINT.fullmatch(child.name))]
    places = [folder, *(child for _, child in sorted(numbered, key=lambda one: -one[0]))]
    found = next((place / _STATE for place in places if (place / _STATE).is_file()), None)
    if found is None:
        raise InputError(
            f"{folder}: holds no {_STATE}, and no checkpoint-N that does. Give the trainer's output folder, or a CSV of losses."
        )
    return found


def _table(file: Path) -> list[_Line]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        lines = [(f"{file}:{reader.line_num}", line) for line in reader]
    if reader.fieldnames and not lines:
        raise InputError(f"{file}: holds a header and no row. Give a log with the losses of a training's steps.")
    for place, line in lines:
        if None in line:
            raise InputError(f"{place}: has more cells than the header. Give each row one cell per column.")
    return lines


def _history(file: Path) -> list[_Line]:
    # Trainers write NaN and Infinity, which strict JSON does not know.
    state = msgspec.convert(json.loads(file.read_bytes()), type=_State)
    return [(f"{file}: log_history[{index}]", line) for index, line in enumerate(state.log_history)]


def _rows(file: Path, lines: Sequence[_Line]) -> list[LogRow]:
    known = {name for _, line in lines for name in line}
    loss, norm, step = (next((name for name in names if name in known), None) for names in (_LOSSES, _NORMS, _STEPS))
    if loss is None:
        raise InputError(
            f"{file}: expected a column {', '.join(_LOSSES[:-1])} or {_LOSSES[-1]}, found {', '.join(sorted(map(str, known))) or 'none'}."
        )
    out: list[LogRow] = []
    last: dict[str, int] = {}  # per series: a log may hold one after the other
    for number, (place, line) in enumerate(lines, 1):
        rates = {name.removeprefix(_RATE): rate for name in line if (rate := _rate(place, line, name)) is not None}
        value = _number(place, line, loss)
        if value is None and not rates:
            continue
        at = number if step is None else _step(place, line, step)
        for name in (*(["loss"] if value is not None else []), *rates):
            if at < last.setdefault(name, at):
                raise InputError(f"{place}: step {at} comes after step {last[name]}. Give the rows in the order of their steps.")
            last[name] = at
        graded = {name: _step(place, line, f"{_GRADED}{name}") for name in rates if _number(place, line, f"{_GRADED}{name}") is not None}
        out.append(LogRow(step=at, loss=value, grad_norm=_number(place, line, norm), refusal_rates=rates, graded=graded))
    return out


def _number(place: str, line: dict[str, object], name: str | None) -> float | None:
    value = line.get(name) if name else None
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{place}: expected a number for {name}, found {str(value)[:40]!r}.") from None


def _step(place: str, line: dict[str, object], name: str) -> int:
    value = _number(place, line, name)
    if value is None or not math.isfinite(value) or value < 0 or value != int(value):
        raise InputError(f"{place}: expected a whole number from 0 on for {name}, found {str(line.get(name) or '')[:40]!r}.")
    return int(value)


def _rate(place: str, line: dict[str, object], name: str) -> float | None:
    value = _number(place, line, name) if name.startswith(_RATE) else None
    if value is not None and not (math.isnan(value) or 0 <= value <= 1):
        raise InputError(f"{place}: expected a share from 0 to 1 for {name}, found {str(line[name])[:40]!r}.")
    return value


def _probes(rows: Iterable[LogRow], allowed: float) -> list[Measurement]:
    watched = [row for row in rows if row.refusal_rates]
    if not watched:
        reason = "the log holds losses only; refusals are seen by SafetyCallback while training, or by `holdfast compare` afterwards"
        return [Measurement.missing(METRIC, reason)]
    of = {
        condition: [(row.step, row.refusal_rates[condition]) for row in watched if condition in row.refusal_rates]
        for condition in dict.fromkeys(name for row in watched for name in row.refusal_rates)
    }
    blind = unseen({condition: looks[0][1] for condition, looks in of.items() if not math.isnan(looks[0][1])}, allowed)
    out = []
    for condition, looks in of.items():
        n = min(row.graded.get(condition, 0) for row in watched if condition in row.refusal_rates)
        lowest, drop = _looks(condition, looks, n)
        if condition in blind:
            group, reason = blind[condition]
            drop = Measurement.missing(METRIC, reason, n=n, side="drop", condition=condition, group=group, method=drop.method)
        out += [lowest, drop]
    return out


def _looks(condition: str, looks: Sequence[tuple[int, float]], n: int) -> list[Measurement]:
    """Return the lowest rate of a condition, and its fall since the first look: bounds of them where a look has no number."""
    shared: dict[str, Any] = {"condition": condition, "n": n, "method": "read from a log" + ("" if n else ", which does not say n")}
    known = [look for look in looks if not math.isnan(look[1])]
    (first_step, first), (step, lowest) = looks[0], min(known, key=lambda look: look[1], default=looks[0])
    fell = first - lowest
    blind = next((at for at, rate in looks if math.isnan(rate)), None)
    if blind is not None:
        reason = f"the refusal rate at step {blind} is not a number"
        # What was not seen can only make the lowest rate lower, and the fall larger.
        return [
            Measurement.missing(METRIC, reason, high=lowest if known else None, **shared),
            Measurement.missing(METRIC, reason, side="drop", low=None if math.isnan(fell) else fell, **shared),
        ]
    seen = Measurement.of(METRIC, lowest, note=f"lowest of {len(looks)} looks, at step {step}", **shared)
    if looks[-1][0] == first_step:
        reason = f"the log holds refusal rates of step {first_step} only, and a fall shows between two steps"
        return [seen, Measurement.missing(METRIC, reason, side="drop", **shared)]
    return [seen, Measurement.of(METRIC, fell, side="drop", note=f"from step {first_step} to step {step}", **shared)]
