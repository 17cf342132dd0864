"""Training configurations of TRL, Axolotl, LLaMA-Factory and our own, read as one set of settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from holdfast.core import InputError, Value
from holdfast.training.config import TrainConfig
from holdfast.training.settings import read_mapping, to_config

__all__ = ["ForeignSettings", "Trainer", "own_settings", "read_foreign", "tell_trainer"]

Trainer = Literal["holdfast", "trl", "axolotl", "llama-factory"]

_TELLS: dict[Trainer, frozenset[str]] = {
    "axolotl": frozenset({"base_model", "micro_batch_size", "sequence_len", "num_epochs", "sample_packing", "val_set_size"}),
    "llama-factory": frozenset({"finetuning_type", "stage", "template", "cutoff_len", "lora_rank", "dataset_dir", "lora_target"}),
    "trl": frozenset({"use_peft", "dataset_name", "lora_target_modules", "completion_only_loss", "assistant_only_loss", "max_length"}),
    "holdfast": frozenset({"model", "out", "data", "method"}),
}
"""Keys that one trainer has and the others have not, or seldom have."""


class ForeignSettings(Value, frozen=True, kw_only=True):
    """What a configuration says about a fine-tune, in one vocabulary. None is what it does not say, so that the trainer's default holds."""

    trainer: Trainer
    model: str | None = None
    data: tuple[str, ...] = ()
    """Files, hub ids or registered names, as they stand there."""
    out: str | None = None
    stage: str = "sft"
    """'sft', 'dpo' or whatever the trainer calls another kind of training."""
    method: Literal["full", "lora", "prefix", "freeze", "other"] = "full"
    quantized: bool = False
    """The adapter is trained on a base whose weights are quantized (QLoRA)."""
    learning_rate: float | None = None
    epochs: float | None = None
    steps: int | None = None
    """Optimiser steps; where they are given, epochs do not count."""
    batch: int | None = None
    """Rows of one forward pass on one device."""
    accumulation: int | None = None
    warmup: float | None = None
    """Below 1 a share of all steps, else steps."""
    schedule: str | None = None
    rank: int | None = None
    alpha: float | None = None
    dropout: float | None = None
    targets: tuple[str, ...] = ()
    """Names of adapted layers; 'all-linear' is every linear one but the head."""
    saved_modules: tuple[str, ...] = ()
    """Layers that are trained whole beside an adapter."""
    packing: bool | None = None
    max_length: int | None = None
    template: str | None = None
    answers_only: bool | None = None
    """Learn the assistant's words only."""
    beta: float | None = None
    """Of a preference training."""
    optimizer: dict[str, float] = {}
    """AdamW's numbers by our names: beta1, beta2, epsilon, weight_decay, max_grad_norm; those that it says."""
    seed: int | None = None
    ema: float | None = None
    watched: bool | None = None
    """The safety watch is on; None where the configuration cannot tell."""
    replay: bool = False
    constrained: bool = False
    unread: tuple[str, ...] = ()
    """Its keys that stand for nothing here, in its order."""
    names: dict[str, str] = {}
    """Our name of a setting to the key under which the configuration has it, for messages."""

    @property
    def rows_per_step(self) -> int | None:
        """Rows of one optimiser step on one device; None where the configuration does not say."""
        return None if self.batch is None else self.batch * (self.accumulation or 1)


def tell_trainer(values: Mapping[str, Any]) -> Trainer | None:
    """Return whose configuration a mapping is, by its keys; None where nothing tells."""
    if {"model", "data", "out"} <= values.keys():
        return "holdfast"
    scores = {trainer: len(tells & values.keys()) for trainer, tells in _TELLS.items() if trainer != "holdfast"}
    best = max(scores, key=lambda trainer: scores[trainer])
    if scores[best]:
        return best
    return "trl" if "model_name_or_path" in values and "learning_rate" in values else None


def read_foreign(path: Path, trainer: Trainer | None = None) -> ForeignSettings:
    """Return the settings of a configuration file; `trainer` says whose it is where its keys do not tell.

    Raises InputError for a file that cannot be read, that is of no known trainer, or that has something else where a number belongs.
    """
    values = read_mapping(path)
    known = trainer or tell_trainer(values)
    if known is None:
        raise InputError(
            f"{path}: its keys are those of no known trainer (TRL, Axolotl, LLaMA-Factory, holdfast train). Say whose it is with --trainer."
        )
    reader = _Reader(values, path)
    found = _READERS[known](reader)
    return found if known == "holdfast" else replace(found, unread=tuple(reader.unread()))


class _Reader:
    """Reads keys of a mapping as what they must be, and remembers under which name each was found."""

    def __init__(self, values: Mapping[str, Any], path: Path) -> None:
        self.values, self.path = values, path
        self.names: dict[str, str] = {}
        self._seen: set[str] = set()

    def unread(self) -> Iterator[str]:
        """Return the keys that say something and that nobody asked for, with those of data sets."""
        for name, value in self.values.items():
            if name == "datasets" and isinstance(value, list):
                parts = dict.fromkeys(key for one in value if isinstance(one, dict) for key in one if key != "path")
                yield from (f"datasets.{key}" for key in parts)
            elif name not in self._seen and value is not None:
                yield name

    def number(self, ours: str, *theirs: str) -> float | None:
        value = self._find(ours, theirs)
        if value == "auto":
            self._seen.discard(self.names[ours])
        if value is None or value == "auto":
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            raise InputError(f"{self.path}: {self.names[ours]} must be a number, got {value!r}.") from None

    def whole(self, ours: str, *theirs: str) -> int | None:
        value = self.number(ours, *theirs)
        return None if value is None else int(value)

    def text(self, ours: str, *theirs: str) -> str | None:
        value = self._find(ours, theirs)
        return None if value is None else str(value)

    def truth(self, ours: str, *theirs: str) -> bool | None:
        value = self._find(ours, theirs)
        return None if value is None else value is True or str(value).lower() in ("true", "1", "yes")

    def names_of(self, ours: str, *theirs: str) -> tuple[str, ...]:
        value = self._find(ours, theirs)
        parts = value.replace(" ", ",").split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        return tuple(str(part) for part in parts if part)

    def _find(self, ours: str, theirs: tuple[str, ...]) -> Any:
        for name in theirs:
            if self.values.get(name) is not None:
                self.names[ours] = name
                self._seen.add(name)
                return self.values[name]
        return None


_OPTIMIZER = {
    "beta1": "adam_beta1",
    "beta2": "adam_beta2",
    "epsilon": "adam_epsilon",
    "weight_decay": "weight_decay",
    "max_grad_norm": "max_grad_norm",
}
"""Our names of AdamW's numbers to those that the trainers share."""


def _optimizer(read: _Reader) -> dict[str, float]:
    found = {ours: read.number(ours, theirs) for ours, theirs in _OPTIMIZER.items()}
    return {ours: value for ours, value in found.items() if value is not None}


def _steps(read: _Reader) -> int | None:
    """Return the optimiser steps, which count in place of the epochs where both are there; -1 and 0 stand for none."""
    steps = read.whole("steps", "max_steps")
    return steps if steps is not None and steps > 0 else None


def _warmup(read: _Reader) -> float | None:
    """Return the warm-up, of which a number of steps counts in place of a share where both are there."""
    steps = read.number("warmup", "warmup_steps")
    if steps:
        return steps
    share = read.number("warmup", "warmup_ratio")
    return steps if share is None else share


def _trainer_arguments(read: _Reader) -> dict[str, Any]:
    """Return what TRL and LLaMA-Factory share: the arguments of the transformers Trainer."""
    return {
        "model": read.text("model", "model_name_or_path"),
        "out": read.text("out", "output_dir"),
        "learning_rate": read.number("learning_rate", "learning_rate"),
        "epochs": read.number("epochs", "num_train_epochs"),
        "steps": _steps(read),
        "batch": read.whole("batch", "per_device_train_batch_size"),
        "accumulation": read.whole("accumulation", "gradient_accumulation_steps"),
        "warmup": _warmup(read),
        "schedule": read.text("schedule", "lr_scheduler_type"),
        "dropout": read.number("dropout", "lora_dropout"),
        "alpha": read.number("alpha", "lora_alpha"),
        "packing": read.truth("packing", "packing"),
        "optimizer": _optimizer(read),
        "seed": read.whole("seed", "seed"),
    }


def _trl(read: _Reader) -> ForeignSettings:
    common = _trainer_arguments(read)
    answers = read.truth("answers_only", "assistant_only_loss", "completion_only_loss")
    beta = read.number("beta", "beta")
    return ForeignSettings(
        trainer="trl",
        **common,
        data=read.names_of("data", "dataset_name") or _paths(read.values.get("datasets")),
        stage="dpo" if beta is not None or "loss_type" in read.values else "sft",
        method="lora" if read.truth("method", "use_peft") else "full",
        rank=read.whole("rank", "lora_r"),
        targets=read.names_of("targets", "lora_target_modules"),
        saved_modules=read.names_of("saved_modules", "lora_modules_to_save"),
        max_length=read.whole("max_length", "max_length", "max_seq_length"),
        template=read.text("template", "chat_template_path"),
        answers_only=answers,
        beta=beta,
        names=read.names,
    )


def _axolotl(read: _Reader) -> ForeignSettings:
    adapter = read.text("method", "adapter")
    whole_inputs = read.truth("answers_only", "train_on_inputs")
    targets = read.names_of("targets", "lora_target_modules")
    if read.truth("targets", "lora_target_linear"):
        targets = ("all-linear",)
    return ForeignSettings(
        trainer="axolotl",
        model=read.text("model", "base_model"),
        data=_paths(read.values.get("datasets")),
        out=read.text("out", "output_dir"),
        stage=read.text("stage", "rl") or "sft",
        method="full" if adapter is None else "lora" if adapter in ("lora", "qlora") else "other",
        quantized=adapter == "qlora",
        learning_rate=read.number("learning_rate", "learning_rate"),
        epochs=read.number("epochs", "num_epochs"),
        steps=_steps(read),
        batch=read.whole("batch", "micro_batch_size"),
        accumulation=read.whole("accumulation", "gradient_accumulation_steps"),
        warmup=_warmup(read),
        schedule=read.text("schedule", "lr_scheduler"),
        rank=read.whole("rank", "lora_r"),
        alpha=read.number("alpha", "lora_alpha"),
        dropout=read.number("dropout", "lora_dropout"),
        targets=targets,
        saved_modules=read.names_of("saved_modules", "lora_modules_to_save"),
        packing=read.truth("packing", "sample_packing"),
        max_length=read.whole("max_length", "sequence_len"),
        template=read.text("template", "chat_template"),
        answers_only=None if whole_inputs is None else not whole_inputs,
        optimizer=_optimizer(read),
        seed=read.whole("seed", "seed"),
        beta=read.number("beta", "rl_beta", "dpo_beta"),
        names=read.names,
    )


def _llama_factory(read: _Reader) -> ForeignSettings:
    kind = read.text("method", "finetuning_type") or "lora"
    method = {"full": "full", "lora": "lora", "freeze": "freeze"}.get(kind, "other")
    targets = read.names_of("targets", "lora_target")
    whole_inputs = read.truth("answers_only", "train_on_prompt")
    return ForeignSettings(
        trainer="llama-factory",
        **_trainer_arguments(read),
        data=read.names_of("data", "dataset"),
        stage=read.text("stage", "stage") or "sft",
        method=method,  # type: ignore[arg-type]
        rank=read.whole("rank", "lora_rank"),
        targets=("all-linear",) if targets == ("all",) or (not targets and method == "lora") else targets,
        saved_modules=read.names_of("saved_modules", "additional_target"),
        max_length=read.whole("max_length", "cutoff_len"),
        template=read.text("template", "template"),
        # It learns the assistant's words only, unless told otherwise.
        answers_only=not whole_inputs,
        beta=read.number("beta", "pref_beta"),
        names=read.names,
    )


_OWN_NAMES = {
    "answers_only": "completion_only",
    "rank": "lora.rank",
    "alpha": "lora.alpha",
    "targets": "lora.targets",
    "watched": "watch",
}


def _own(read: _Reader) -> ForeignSettings:
    return own_settings(to_config(read.values, str(read.path)))


def own_settings(config: TrainConfig) -> ForeignSettings:
    """Return a configuration of `holdfast train` in the vocabulary that it shares with others'."""
    targets = config.lora.targets if isinstance(config.lora.targets, tuple) else (config.lora.targets,)
    lora = config.method == "lora"
    return ForeignSettings(
        trainer="holdfast",
        model=config.model,
        data=tuple(source.path for source in config.sources),
        out=config.out,
        method=config.method,
        learning_rate=config.rate,
        epochs=config.epochs if config.steps is None else None,
        steps=config.steps,
        batch=config.batch,
        accumulation=config.accumulation,
        warmup=config.warmup,
        schedule=config.schedule,
        rank=config.lora.rank if lora else None,
        alpha=config.lora.alpha if lora else None,
        dropout=config.lora.dropout if lora else None,
        targets=targets if lora else (),
        packing=config.packing,
        max_length=config.max_length,
        answers_only=config.completion_only,
        ema=config.ema,
        watched=config.watch is not False,
        replay=config.replay is not None,
        constrained=config.loss == "constrained",
        names=_OWN_NAMES,
    )


def _paths(datasets: Any) -> tuple[str, ...]:
    if not isinstance(datasets, list):
        return ()
    return tuple(str(one["path"]) for one in datasets if isinstance(one, dict) and "path" in one)


_READERS: dict[Trainer, Callable[[_Reader], ForeignSettings]] = {
    "holdfast": _own,
    "trl": _trl,
    "axolotl": _axolotl,
    "llama-factory": _llama_factory,
}
