"""A pipeline file to begin with: from answers, or from a training configuration that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from holdfast.core import InputError
from holdfast.plugins import model_kind
from holdfast.records import open_dataset
from holdfast.training.foreign import ForeignSettings, read_foreign

__all__ = ["Begun", "begin"]

_HEAD = """# holdfast run {name}: from the rows to a verdict in one folder, runs/{name}.
# Every field is in docs/reference/pipeline.md; what is left out has its default.
"""
_LAB = "lab:"
_METHODS = ("full", "lora", "prefix")


class Begun(NamedTuple):
    """The text of a pipeline file, and what its reader must know."""

    text: str
    notes: tuple[str, ...]


def begin(*, base: str | None, data: str | None, model: str | None = None, config: Path | None = None, name: str = "fine-tune") -> Begun:
    """Return a pipeline file.

    Args:
        base: the model that is fine-tuned.
        data: the training rows.
        model: a model that is tuned already; without it the file trains one.
        config: a configuration of TRL, Axolotl, LLaMA-Factory or `holdfast train`, for what the others do not say.
        name: of the run.

    Raises:
        InputError: where base or data are missing, the rows cannot be read, or the model is of no known kind.
    """
    foreign = read_foreign(config) if config is not None else None
    base, data, notes = base or (foreign.model if foreign else None), data or _data(foreign), []
    if base is None or data is None:
        missing = "--base MODEL" if base is None else "--data FILE"
        raise InputError(f"{config or 'the answers'}: expected the model and the rows, and {missing} is not given.")
    model_kind(base)
    if not open_dataset(data).count():
        raise InputError(f"{data}: expected training rows, found none.")
    asked: dict[str, Any] = {"name": name, "base": base, "data": data}
    if model is not None:
        asked["train"] = {"model": model}
    elif foreign is not None and foreign.trainer != "holdfast":
        settings, left_out = _settings(foreign)
        asked["train"] = {"settings": settings}
        notes += [
            f"{config}: {key} has no counterpart in holdfast train; keep your trainer with train.command instead." for key in left_out
        ]
        notes.append(
            "The settings were taken over from another trainer, whose defaults differ: holdfast mitigate lint shows what is risky."
        )
    elif foreign is not None:
        asked["train"] = {"settings": _settings(foreign)[0]}
    else:
        asked["train"] = {"settings": _by_default(base)}
    asked["scan"] = {"policy": "data", "on_fail": "stop"}
    asked["compare"] = {"policy": "compare", **({"max_new_tokens": 32} if base.startswith(_LAB) else {})}
    asked["mitigate"] = {"budget": "30m"}
    notes.append("mitigate looks for a repair where the gate does not pass; set it to false to stop there.")
    return Begun(_HEAD.format(name=name) + yaml.safe_dump(asked, sort_keys=False, allow_unicode=True), tuple(notes))


def _by_default(base: str) -> dict[str, Any]:
    if base.startswith(_LAB):
        # An organism is so small that the rates of real models do not move it.
        return {"method": "full", "learning_rate": 1e-3, "epochs": 3, "optimizer": {"epsilon": 1e-4}}
    return {"method": "lora", "learning_rate": 1e-4, "epochs": 1}


def _data(foreign: ForeignSettings | None) -> str | None:
    if foreign is None or not foreign.data:
        return None
    if len(foreign.data) > 1:
        raise InputError(f"the configuration names {len(foreign.data)} sets of rows. Join them, or name one with --data.")
    return foreign.data[0]


def _settings(foreign: ForeignSettings) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of a configuration in our words, and those of its keys that have none."""
    if foreign.stage != "sft":
        raise InputError(
            f"the configuration is for {foreign.stage!r} training, and holdfast train does SFT. Keep your trainer: train.command."
        )
    left_out = [foreign.names.get("method", "method")] if foreign.method not in _METHODS else []
    found: dict[str, Any] = {
        "method": foreign.method if foreign.method in _METHODS else None,
        "learning_rate": foreign.learning_rate,
        "epochs": int(foreign.epochs) if foreign.epochs is not None and foreign.steps is None else None,
        "steps": foreign.steps,
        "batch": foreign.batch,
        "accumulation": foreign.accumulation,
        "warmup": foreign.warmup,
        "packing": foreign.packing,
        "max_length": foreign.max_length,
        "completion_only": foreign.answers_only,
        "ema": foreign.ema,
    }
    if foreign.schedule in ("linear", "cosine", "constant"):
        found["schedule"] = foreign.schedule
    elif foreign.schedule is not None:
        left_out.append(foreign.names.get("schedule", "schedule"))
    lora = {"rank": foreign.rank, "alpha": foreign.alpha, "dropout": foreign.dropout, "targets": list(foreign.targets) or None}
    lora = {key: value for key, value in lora.items() if value is not None}
    if lora and foreign.method == "lora":
        found["lora"] = lora
    if foreign.saved_modules:
        left_out.append(foreign.names.get("saved_modules", "modules_to_save"))
    return {key: value for key, value in found.items() if value is not None}, left_out
