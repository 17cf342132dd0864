"""Training again, or further: from settings to a model folder, with the configuration file that does the same by hand."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, Protocol

import msgspec

from holdfast.core import InputError
from holdfast.mitigate.repair import Applied, Progress, RepairCase
from holdfast.training.config import TrainConfig

__all__ = ["Trainer", "holdfast_train", "plain_settings", "trained", "without_training"]

_CONFIG = "train.yaml"


class Trainer(Protocol):
    """What trains a model as a configuration says, and returns the reference of what it wrote."""

    def __call__(self, config: TrainConfig, progress: Progress) -> str:
        """Train; raises a HoldfastError for whatever is the user's to mend."""
        ...


def holdfast_train(config: TrainConfig, progress: Progress) -> str:
    """Train as `holdfast train` does."""
    from holdfast.pipeline.training import train

    return train(config, progress=progress).reference


def without_training(case: RepairCase, *, safety: bool) -> str | None:
    """Return what is missing for a training, in a sentence without its end; None where nothing is."""
    if case.data is None or case.training is None:
        return "it trains again, and no training data was given (--data FILE)"
    if safety and case.safety_rows is None:
        return "it needs safety rows, and none were given (--safety)"
    return None


def plain_settings(case: RepairCase) -> TrainConfig:
    """Return the settings of the fine-tune; raises InputError where nobody knows them."""
    if case.training is None:
        raise InputError("this repair trains, and nothing says how. Give --data FILE.")
    return case.training


def trained(config: TrainConfig, out: Path, *, trainer: Trainer, before: tuple[str, ...], progress: Progress, **changes: Any) -> Applied:
    """Train with `changes` into `out/model`, `out/train.yaml` beside it; `before` are commands that come first."""
    out.mkdir(parents=True, exist_ok=True)
    settings = msgspec.structs.replace(config, out=str(out / "model"), **changes)
    file = out / _CONFIG
    file.write_bytes(_yaml(settings))
    reference = trainer(settings, progress)
    words = ["holdfast", "train", str(file), "--set", f"model={settings.model}", "--set", f"data={settings.data}", "--out", settings.out]
    return Applied(reference=reference, commands=(*before, shlex.join(words)))


def _yaml(config: TrainConfig) -> bytes:
    """Return a configuration as YAML, only what is not as it would be anyway."""
    import yaml

    plain = TrainConfig(model=config.model, data=config.data, out=config.out)
    defaults, values = (msgspec.to_builtins(one) for one in (plain, config))
    kept = {name: value for name, value in values.items() if name in ("model", "data", "out", "method") or value != defaults[name]}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True).encode()
