"""A pipeline file to begin with: from answers, or from a training configuration that is there already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from msgspec import ValidationError, convert

from holdfast.core import InputError
from holdfast.pipeline.running.settings import PipelineConfig
from holdfast.plugins import model_kind
from holdfast.records import open_dataset
from holdfast.training.foreign import ForeignSettings, read_foreign
from holdfast.training.settings import read_mapping, to_config

__all__ = ["Begun", "begin"]

_HEAD = """# holdfast run {name}: from the rows to a verdict in one folder, runs/{name}.
# Every field is in docs/reference/pipeline.md; what is left out has its default.
"""
_LAB = "lab:"
_METHODS = ("full", "lora", "prefix")
_SCHEDULES = ("linear", "cosine", "constant")
_EVERY_LAYER = "all-linear"
_OF_THE_RUN = ("model", "data", "out")
"""Settings of a training that the run gives it."""


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
    elif foreign is not None and config is not None and foreign.trainer != "holdfast":
        settings, left_out = _settings(foreign)
        asked["train"] = {"settings": settings}
        notes += _said_of(config, left_out)
        notes.append(
            "The settings were taken over from another trainer, whose defaults differ: holdfast mitigate lint shows what is risky."
        )
    elif config is not None:
        own = read_mapping(config)
        asked["train"] = {"settings": {key: value for key, value in own.items() if key not in _OF_THE_RUN}}
        sources = own["data"] if isinstance(own["data"], list) else [own["data"]]
        notes += _said_of(config, [f"data.{key}" for one in sources if isinstance(one, dict) for key in one if key != "path"])
    else:
        asked["train"] = {"settings": _by_default(base)}
    asked["scan"] = {"policy": "data", "on_fail": "stop"}
    asked["compare"] = {"policy": "compare", **({"max_new_tokens": 32} if base.startswith(_LAB) else {})}
    asked["mitigate"] = {"budget": "30m"}
    _check(asked)
    notes.append("mitigate looks for a repair where the gate does not pass; set it to false to stop there.")
    return Begun(_HEAD.format(name=name) + yaml.safe_dump(asked, sort_keys=False, allow_unicode=True), tuple(notes))


def _said_of(config: Path, left_out: list[str]) -> list[str]:
    if not left_out:
        return []
    names = ", ".join(left_out)
    return [
        f"{config}: not taken over, because the pipeline file has no counterpart: {names}. Where one of these matters, keep your trainer "
        "with train.command."
    ]


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


def _check(asked: dict[str, Any]) -> None:
    """Refuse a file that `holdfast run` would refuse; raises InputError."""
    try:
        convert(asked, PipelineConfig)
    except ValidationError as error:
        raise InputError(str(error.__cause__ or error)) from error
    settings = asked["train"].get("settings")
    if settings is not None:
        to_config({"model": asked["base"], "data": asked["data"], "out": "model", **settings}, "train.settings")


def _settings(foreign: ForeignSettings) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of a configuration in our words, and those of its keys that have none."""
    if foreign.stage != "sft":
        raise InputError(
            f"the configuration is for {foreign.stage!r} training, and holdfast train does SFT. Keep your trainer: train.command."
        )
    lora = {"rank": foreign.rank, "alpha": foreign.alpha, "dropout": foreign.dropout, "targets": _targets(foreign)}
    lora = {key: value for key, value in lora.items() if value is not None}
    # A trainer that is given both counts steps.
    epochs = max(1, int(foreign.epochs)) if foreign.epochs is not None and foreign.steps is None else None
    found: dict[str, Any] = {
        "method": foreign.method if foreign.method in _METHODS else None,
        "learning_rate": foreign.learning_rate,
        "epochs": epochs,
        "steps": foreign.steps,
        "batch": foreign.batch,
        "accumulation": foreign.accumulation,
        "warmup": foreign.warmup,
        "packing": foreign.packing,
        "max_length": foreign.max_length,
        "completion_only": foreign.answers_only,
        "ema": foreign.ema,
        "seed": foreign.seed,
        "schedule": foreign.schedule if foreign.schedule in _SCHEDULES else None,
        "optimizer": foreign.optimizer or None,
        "lora": lora if foreign.method == "lora" and lora else None,
    }
    left_out = {foreign.names[name]: None for name in _not_taken(foreign, found) if name in foreign.names}
    return {key: value for key, value in found.items() if value is not None}, [*left_out, *foreign.unread]


def _targets(foreign: ForeignSettings) -> str | list[str] | None:
    """Return the adapted layers as `holdfast train` takes them: 'all-linear' is a word there and no layer's name."""
    return _EVERY_LAYER if foreign.targets == (_EVERY_LAYER,) else list(foreign.targets) or None


def _not_taken(foreign: ForeignSettings, found: dict[str, Any]) -> Iterator[str]:
    """Return our names of what the configuration says, and a training here does not do or not so."""
    if foreign.method not in _METHODS or foreign.quantized:
        yield "method"
    if foreign.epochs is not None and foreign.epochs != found["epochs"]:
        yield "epochs"
    if foreign.schedule is not None and found["schedule"] is None:
        yield "schedule"
    if foreign.method != "lora":
        yield from ("rank", "alpha", "dropout", "targets")
    yield from ("out", "template", "beta", "saved_modules")
