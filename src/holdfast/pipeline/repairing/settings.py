"""How a fine-tune was trained, so that it can be trained again with a repair: from its folder, or a configuration of the user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from holdfast.core import InputError
from holdfast.plugins import resolve_reference
from holdfast.training.config import LoraSettings, OptimizerConfig, TrainConfig
from holdfast.training.saving import CARD_FILE, TrainCard
from holdfast.training.settings import read_mapping, to_config

__all__ = ["Known", "training_settings"]

_ADAPTER_FILE = "adapter_config.json"
_EPOCHS = 3
_LAB_BETA2, _LAB_WARMUP = 0.95, 5


class Known(NamedTuple):
    """Settings, and where they come from in a sentence for people."""

    config: TrainConfig
    source: str


def training_settings(base: str, tuned: str, data: Path, *, config: Path | None, seed: int, out: str = "model") -> Known:
    """Return how to train `base` on `data` again.

    In this order: a configuration file of the user's; the card that `holdfast train` and the lab leave in a model's folder; the shape of
    a LoRA adapter with the usual rate; the defaults of `holdfast train`, three epochs. Raises InputError for a file that is no
    configuration.
    """
    shared: dict[str, Any] = {"model": base, "data": str(data), "out": out}
    if config is not None:
        values = {**read_mapping(config), **shared}
        return Known(_plain(to_config(values, str(config))), f"as {config} says")
    folder = _folder(tuned)
    card = _json(folder / CARD_FILE) if folder is not None else None
    if folder is not None and card is not None and card.get("kind") == "trained model":
        known = msgspec.convert(card, TrainCard).config
        return Known(msgspec.structs.replace(_plain(known), **shared), f"as the card in {folder.name} says")
    if folder is not None and card is not None and card.get("kind") == "lab organism":
        return Known(_of_organism(card["recipe"], shared), "as the organism's card says")
    adapter = _json(folder / _ADAPTER_FILE) if folder is not None else None
    if adapter is not None:
        shape = LoraSettings(rank=adapter.get("r") or 16, alpha=adapter.get("lora_alpha") or 32)
        return Known(
            TrainConfig(**shared, lora=shape, epochs=_EPOCHS, watch=False, seed=seed),
            f"nothing says how TUNED was trained: an adapter of its shape, {_EPOCHS} epochs, the defaults of `holdfast train`",
        )
    method: Any = "lora" if "+" in tuned else "full"
    return Known(
        TrainConfig(**shared, method=method, epochs=_EPOCHS, watch=False, seed=seed),
        f"nothing says how TUNED was trained: {method}, {_EPOCHS} epochs, the defaults of `holdfast train`; give --config to say otherwise",
    )


def _plain(config: TrainConfig) -> TrainConfig:
    """Return the settings without what is itself a repair, and without a watch: the trials measure."""
    return msgspec.structs.replace(
        config, loss="sft", head_first=None, ema=None, replay=None, watch=False, save_every=None, keep_checkpoints=False
    )


def _of_organism(recipe: dict[str, Any], shared: dict[str, Any]) -> TrainConfig:
    """Return the settings of the lab's own loop in the words of `holdfast train`."""
    lora = recipe.get("lora")
    return TrainConfig(
        **shared,
        method="lora" if lora else "full",
        lora=LoraSettings(rank=lora["rank"], alpha=lora["alpha"]) if lora else LoraSettings(),
        learning_rate=recipe["lr"],
        epochs=recipe.get("epochs"),
        steps=recipe.get("steps"),
        batch=recipe["batch"],
        warmup=_LAB_WARMUP,
        optimizer=OptimizerConfig(beta2=_LAB_BETA2, epsilon=recipe.get("eps", 1e-4)),
        max_length=512,
        seed=recipe.get("seed", 0),
        watch=False,
        device="cpu",
        threads=1,
    )


def _folder(tuned: str) -> Path | None:
    """Return the folder of the fine-tune on this machine; None where it lies elsewhere."""
    reference = resolve_reference(tuned)
    for part in (reference, reference.rpartition("+")[2]):
        if Path(part).is_dir():
            return Path(part)
    return None


def _json(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: expected JSON, got a broken file ({error}). Give --config FILE in its place.") from error
    return values if isinstance(values, dict) else None
