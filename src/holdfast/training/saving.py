"""The folder of a trained model: weights or adapter, and the card that says what it was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import msgspec

from holdfast.core import ModelError, RunFolderError, Value
from holdfast.training.config import TrainConfig

__all__ = ["BEGUN_FILE", "CARD_FILE", "CHECKPOINTS", "RUN_FOLDER", "Parent", "TrainCard", "model_page", "read_card", "save_trained"]

CARD_FILE = "holdfast.json"
"""Written last: a folder that has it is a finished model."""
BEGUN_FILE = "training.json"
"""Written first: what is being made in this folder."""
CHECKPOINTS = "checkpoints"
RUN_FOLDER = "run"


class Parent(Value, frozen=True, kw_only=True):
    """What a model was trained from."""

    reference: str
    """As it was named."""
    fingerprint: str
    """SHA-256 over weights, adapter, tokenizer and template: what it was, wherever it lay."""
    weights: str
    adapter: str | None = None


class TrainCard(Value, frozen=True, kw_only=True):
    """What `holdfast.json` in a trained model's folder says."""

    kind: Literal["trained model"] = "trained model"
    suites: tuple[str, ...] = ()
    """Suites that the parent names as made for it."""
    parents: tuple[Parent, ...]
    method: str
    config: TrainConfig
    config_digest: str
    data: str
    """SHA-256 over the conversations that were trained on."""
    safety_data: str | None = None
    watch: str | None = None
    """SHA-256 over what the watch asks, with which judge, how often, and what it does then; None where nobody watches."""
    files: dict[str, str] = {}
    """SHA-256 of the files that the rows were read from, by path; with it `holdfast provenance trace` knows a shard of a corpus again."""
    saved: dict[str, str] = {}
    """SHA-256 of the files that were written and a model is loaded from, by name; the card itself is none of them."""
    rows: int
    steps: int
    """Optimiser steps that the weights have behind them."""
    stopped: str = ""
    """Why the watch stopped the training; '' where it did not."""
    restored: int | None = None
    """The step that the watch rolled back to; None where it did not."""
    watched: bool
    holdfast: str
    """Version that made it."""

    @property
    def identity(self) -> tuple[str | None, ...]:
        """What must be equal for two trainings to be the same one."""
        return (self.config_digest, self.data, self.safety_data, self.watch, self.parents[0].fingerprint)


def read_card(path: Path) -> TrainCard | None:
    """Return the card in a file; None where there is no such file. Raises RunFolderError for one that is not a training's."""
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=TrainCard)
    except (msgspec.DecodeError, OSError) as error:
        raise RunFolderError(f"{path} was not written by `holdfast train` ({error}). Choose another folder with --out.") from error


def model_page(card: TrainCard) -> str:
    """Return the model card for people, in the form that model hubs read: what it was made from, how, and what the watch said."""
    parent = card.parents[0]
    watched = "It was not watched while it was trained: nothing here says that it is safe."
    if card.watched:
        watched = f"The watch stopped the training: {card.stopped}" if card.stopped else "The watch did not stop it; see the run folder."
        watched += f" The weights are those of step {card.restored}, which passed." if card.restored is not None else ""
    lines = [
        "---",
        f"base_model: {json.dumps(parent.reference)}",
        f"tags: {json.dumps(['holdfast', card.method])}",
        "---",
        "",
        f"# A fine-tune of {parent.reference}",
        "",
        f"Trained by `holdfast train` {card.holdfast}, method {card.method}, {card.steps} optimiser steps on {card.rows} rows. {watched}",
        "",
        "| what | SHA-256 |",
        "| --- | --- |",
        f"| parent (weights, adapter, tokenizer, template) | `{parent.fingerprint}` |",
        f"| configuration | `{card.config_digest}` |",
        f"| training rows | `{card.data}` |",
        *([f"| safety rows | `{card.safety_data}` |"] if card.safety_data else []),
        "",
        "The whole configuration stands in `holdfast.json`. Measure it before it is used: `holdfast compare PARENT THIS`.",
        "",
    ]
    return "\n".join(lines)


def save_trained(model: Any, tokenizer: Any, folder: Path, *, base: Path) -> None:
    """Write weights and tokenizer, or the adapter alone, to a folder; the card is not written here."""
    try:
        if not hasattr(model, "peft_config"):
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            return
        for config in model.peft_config.values():
            config.base_model_name_or_path = str(base)
        model.save_pretrained(folder, save_embedding_layers=False)
    except OSError as error:
        raise ModelError(f"{folder}: the model cannot be written ({error.strerror or error}). Make room and run it again.") from error
    # PEFT keeps the names of the adapted layers in a set, whose order differs from process to process.
    settings = folder / "adapter_config.json"
    values = json.loads(settings.read_text(encoding="utf-8"))
    if isinstance(values.get("target_modules"), list):
        values["target_modules"] = sorted(values["target_modules"])
    settings.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
