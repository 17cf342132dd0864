"""`TrainConfig`: everything that decides the weights of a fine-tune, in one value that a YAML or TOML file can hold."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from holdfast.core import InputError, Value, check_seed, digest

__all__ = [
    "ConstrainedConfig",
    "DataConfig",
    "HeadFirstConfig",
    "LoraSettings",
    "OptimizerConfig",
    "PrefixConfig",
    "ReplayConfig",
    "TrainConfig",
    "WatchConfig",
]

Method = Literal["full", "lora", "prefix"]
Schedule = Literal["linear", "cosine", "constant"]
_RATES: dict[str, float] = {"full": 1e-5, "lora": 1e-4, "prefix": 1e-3}
_HOW_IT_RUNS = ("out", "watch", "save_every", "keep_checkpoints", "device", "threads", "gradient_checkpointing")


class DataConfig(Value, frozen=True, kw_only=True):
    """Training rows: a file, a folder or a pinned hub id in any format that `holdfast scan` reads."""

    path: str
    format: str | None = None
    """A known format by name; None tells it from the rows."""
    columns: dict[str, str] = {}
    """Fields to columns, for example {"request": "text", "answer": "label"}."""
    roles: dict[str, str] = {}
    """The file's names of roles to system, user, assistant, tool."""
    split: str | None = None


class LoraSettings(Value, frozen=True, kw_only=True):
    """A low-rank adapter (Hu et al., 2021)."""

    rank: int = 16
    alpha: float = 32
    dropout: float = 0.0
    targets: str | tuple[str, ...] = "all-linear"
    """Layers by name, or 'all-linear': every linear layer but the head."""


class PrefixConfig(Value, frozen=True, kw_only=True):
    """Trained key and value vectors in front of every layer's context (Li and Liang, 2021); no weight of the model moves."""

    tokens: int = 16
    """How many virtual tokens."""


class ConstrainedConfig(Value, frozen=True, kw_only=True):
    """How strongly each answer token is held near the model as it was (Qi et al., ICLR 2025, section 4; its defaults)."""

    first: float = 0.5
    """Beta of the first answer token."""
    early: float = 2.0
    """Beta of the other early tokens; a larger one holds harder."""
    late: float = 0.1
    """Beta of every later token, and of thinking."""
    early_tokens: int = 5
    """How many tokens of an answer are early."""
    reference: Literal["precompute", "adapter"] = "precompute"
    """Where the untouched model's log probabilities come from: computed once before the first step, or, with an adapter, a forward pass
    with the adapter off at every step."""


class HeadFirstConfig(Value, frozen=True, kw_only=True):
    """Train the language-model head alone first, then everything (LP-FT, Kumar et al., ICLR 2022); one of the two is set."""

    steps: int | None = None
    share: float | None = None
    """Of all optimiser steps."""

    def __post_init__(self) -> None:
        """Raise InputError unless exactly one is set, and in its range."""
        if (self.steps is None) == (self.share is None):
            raise InputError(f"head_first: expected steps or share, one of them, got steps={self.steps} and share={self.share}.")
        if self.steps is not None and self.steps < 1:
            raise InputError(f"head_first.steps must be at least 1, got {self.steps}.")
        if self.share is not None and not 0 < self.share < 1:
            raise InputError(f"head_first.share must lie between 0 and 1, got {self.share}.")


class ReplayConfig(Value, frozen=True, kw_only=True):
    """Steps on safety rows at regular distances, besides the training rows; one of `every` and `share` is set."""

    data: str | DataConfig
    every: int | None = None
    """Every so many optimiser steps one is on safety rows alone."""
    share: float | None = None
    """Of all optimiser steps, at most a half."""

    def __post_init__(self) -> None:
        """Raise InputError unless exactly one is set, and in its range."""
        if (self.every is None) == (self.share is None):
            raise InputError(f"replay: expected every or share, one of them, got every={self.every} and share={self.share}.")
        if self.every is not None and self.every < 2:
            raise InputError(f"replay.every must be at least 2 optimiser steps, got {self.every}.")
        if self.share is not None and not 0 < self.share <= 0.5:
            raise InputError(f"replay.share must lie above 0 and be at most 0.5, got {self.share}.")

    @property
    def sources(self) -> tuple[DataConfig, ...]:
        """The safety rows' file, as the training rows' are given."""
        return (DataConfig(path=self.data) if isinstance(self.data, str) else self.data,)

    @property
    def distance(self) -> int:
        """Every so many optimiser steps one is on safety rows."""
        return self.every if self.every is not None else round(1 / (self.share or 0.5))


class OptimizerConfig(Value, frozen=True, kw_only=True):
    """AdamW (Loshchilov and Hutter, 2019)."""

    beta1: float | None = None
    """None is 0.9, and 0.5 where the loss is constrained."""
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0


class WatchConfig(Value, frozen=True, kw_only=True):
    """How the training is watched; see `holdfast.watch.WatchSettings`."""

    policy: str = "watch"
    suite: tuple[str, ...] | str | None = None
    """None is the suite that the model names (lab organisms), or else policy11 and contrast."""
    every: int | None = None
    on_fail: Literal["warn", "stop", "rollback"] = "stop"
    judge: str | None = None
    prompts: int = 24
    benign: int = 8
    max_new_tokens: int = 24


class TrainConfig(Value, frozen=True, kw_only=True):
    """One fine-tune. The same configuration and seed give the same weights on the CPU of one machine."""

    model: str
    """A folder, `hub:org/name@REV`, `lab:NAME`, or BASE+ADAPTER, of which the adapter is trained on (lora) or merged first (full)."""
    data: str | DataConfig | tuple[str | DataConfig, ...]
    out: str
    """Folder of the trained model."""
    method: Method = "lora"
    lora: LoraSettings = LoraSettings()
    prefix: PrefixConfig = PrefixConfig()
    learning_rate: float | None = None
    """None is 1e-5 (full), 1e-4 (lora) or 1e-3 (prefix)."""
    epochs: int | None = None
    steps: int | None = None
    """Optimiser steps; at most one of the two is set, and neither means one epoch."""
    batch: int = 16
    """Rows of one forward pass."""
    accumulation: int = 1
    """Forward passes of one optimiser step."""
    warmup: float | None = None
    """Below 1 a share of all steps, else a number of steps. None is a share of 0.03, and 10 steps where the loss is constrained."""
    schedule: Schedule = "linear"
    max_length: int = 1024
    """Tokens of a row; what is longer loses its end."""
    packing: bool = False
    """Several rows in one sequence, each with positions and attention of its own."""
    completion_only: bool = True
    """Learn the assistant's words only."""
    seed: int = 0
    loss: Literal["sft", "constrained"] = "sft"
    constrained: ConstrainedConfig = ConstrainedConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    head_first: HeadFirstConfig | None = None
    untie_head: bool = False
    """Give a head that shares its weights with the embedding weights of its own; the saved model keeps them."""
    ema: float | None = None
    """Decay per step of a running mean of the weights, which is then what is saved; None keeps none."""
    replay: ReplayConfig | None = None
    watch: WatchConfig | Literal[False] = WatchConfig()
    save_every: int | None = None
    """Optimiser steps between checkpoints to resume from; None keeps none."""
    keep_checkpoints: bool = False
    """Leave the checkpoints there when the training is done."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: int | None = None
    gradient_checkpointing: bool = False
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        """Raise InputError for values that cannot be, and for settings that exclude each other."""
        if self.epochs is not None and self.steps is not None:
            raise InputError(f"expected epochs or steps, one of them, got {self.epochs} and {self.steps}.")
        for name, least in _LEAST.items():
            value: Any = self
            for part in name.split("."):
                value = getattr(value, part)
            if value is not None and not value >= least:
                raise InputError(f"{name} must be at least {least:g}, got {value!r}.")
        check_seed(self.seed)
        if self.learning_rate is not None and not 0 < self.learning_rate < 10:
            raise InputError(f"learning_rate must lie above 0 and below 10, got {self.learning_rate!r}.")
        if self.ema is not None and not 0 < self.ema < 1:
            raise InputError(f"ema must lie between 0 and 1, got {self.ema!r}.")
        if not 0 <= self.lora.dropout < 1:
            raise InputError(f"lora.dropout must be at least 0 and below 1, got {self.lora.dropout!r}.")
        _check_together(self)

    @property
    def rate(self) -> float:
        """The highest learning rate."""
        return self.learning_rate if self.learning_rate is not None else _RATES[self.method]

    @property
    def first_moment(self) -> float:
        """AdamW's beta1."""
        return self.optimizer.beta1 if self.optimizer.beta1 is not None else 0.5 if self.loss == "constrained" else 0.9

    @property
    def sources(self) -> tuple[DataConfig, ...]:
        """The training rows' files, in order."""
        given = self.data if isinstance(self.data, tuple) else (self.data,)
        return tuple(DataConfig(path=one) if isinstance(one, str) else one for one in given)

    @property
    def digest(self) -> str:
        """SHA-256 over what decides the weights: not where they go, how they are watched, nor what they are computed on."""
        values = msgspec.to_builtins(self)
        return digest({name: value for name, value in values.items() if name not in _HOW_IT_RUNS})


_LEAST: dict[str, float] = {
    "epochs": 1,
    "steps": 1,
    "batch": 1,
    "accumulation": 1,
    "warmup": 0,
    "max_length": 8,
    "seed": 0,
    "save_every": 1,
    "threads": 1,
    "lora.rank": 1,
    "prefix.tokens": 1,
    "constrained.early_tokens": 1,
    "constrained.first": 1e-6,
    "constrained.early": 1e-6,
    "constrained.late": 1e-6,
}


def _check_together(config: TrainConfig) -> None:
    if config.loss == "constrained" and not config.completion_only:
        raise InputError("loss: constrained holds the first tokens of answers and needs completion_only: true.")
    if config.loss == "constrained" and config.constrained.reference == "adapter" and config.method == "full":
        raise InputError("constrained.reference: adapter needs an adapter to switch off; with method: full write precompute.")
    if config.head_first is not None and config.method != "full":
        raise InputError(f"head_first trains the head and then every weight, and method: {config.method} trains neither. Use method: full.")
    if config.untie_head and config.method != "full":
        raise InputError(f"untie_head changes the model itself, and method: {config.method} saves none. Use method: full.")
    if config.method == "prefix" and config.packing:
        raise InputError("method: prefix has one prefix per sequence, so rows cannot be packed. Set packing: false.")
    if config.method == "prefix" and config.watch is not False:
        raise InputError(
            "method: prefix cannot be watched: the probes read models whose weights are changed, and a prefix stands in front of the "
            "context. Use method: lora, or write watch: false; then nothing is known of its safety."
        )
    if not config.sources:
        raise InputError("data: expected at least one file, got none.")
