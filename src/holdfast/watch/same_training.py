"""What makes a training this one and no other: the arguments that decide its weights, its rows, and the weights it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import RunFolderError, digest, short
from holdfast.watch.journal import Journal

__all__ = ["open_journal", "trainer_asked", "weights_mark"]

_ARGUMENTS = (
    "learning_rate",
    "lr_scheduler_type",
    "warmup_steps",
    "warmup_ratio",
    "weight_decay",
    "max_grad_norm",
    "optim",
    "seed",
    "data_seed",
    "beta",
)
_ROWS, _PARAMETERS, _VALUES = 16, 64, 4
"""How many rows, and how many values of how many parameters, stand for all: a sample, since a hash over everything takes minutes."""


def trainer_asked(trainer: Any, args: Any, model: Any, *, step: int) -> dict[str, Any]:
    """Return what a Hugging Face trainer is asked to do, as far as it decides the weights that come of it.

    The rows and the weights of the start are known by a sample of them. Those weights are gone where a training is resumed (`step` is not
    0), unless an adapter stands on them: then 'start' is left out. The same number of rows per step in other portions is the same training.
    """
    values = {name: value for name in _ARGUMENTS if (value := _plain(getattr(args, name, None))) is not None}
    steps = getattr(args, "max_steps", -1)
    length = {"steps": steps} if steps > 0 else {"epochs": float(args.num_train_epochs)}
    per_step = args.train_batch_size * args.gradient_accumulation_steps * max(1, getattr(args, "world_size", 1))
    rows = _rows_mark(getattr(trainer, "train_dataset", None))
    start = weights_mark(model, frozen=True) if hasattr(model, "peft_config") else None if step else weights_mark(model)
    return {**values, **length, "rows_per_step": per_step, **({"rows": rows} if rows else {}), **({"start": start} if start else {})}


def open_journal(run: Path | None, output: Path, asked: Mapping[str, Any], *, step: int, writes: bool) -> Journal:
    """Return the record of a training that begins, or is resumed at a step; `run` None chooses its folder in the trainer's output folder.

    A folder that was chosen takes the same training only, and raises RunFolderError for another one. Where none was chosen another
    training gets one of its own, unless it goes on from a checkpoint: then its start is in the first folder, and it must be the same.
    """
    if run is not None:
        return Journal(run if writes else None, _resumed(run, asked, step))
    first = output / f"holdfast-{short(digest({name: value for name, value in asked.items() if name != 'trainer'}))[:8]}"
    own = output / f"holdfast-{short(digest(asked))[:8]}"
    if not writes:
        return Journal(None, dict(asked))
    try:
        return Journal(first, _resumed(first, asked, step))
    except RunFolderError:
        if step or not (first / "run.json").is_file():
            raise
        return Journal(own, dict(asked))


def _resumed(run: Path, asked: Mapping[str, Any], step: int) -> dict[str, Any]:
    """Take the weights of the start from the record where they are gone from memory."""
    found = dict(asked)
    trainer = found.get("trainer")
    if not step or not isinstance(trainer, dict) or "start" in trainer:
        return found
    try:
        start = msgspec.json.decode((run / "run.json").read_bytes())["asked"]["trainer"]["start"]
    except (OSError, msgspec.DecodeError, KeyError, TypeError):
        return found
    return {**found, "trainer": {**trainer, "start": start}}


def weights_mark(model: Any, *, frozen: bool = False) -> str | None:
    """Return a digest over a few values of a spread of a model's parameters (of the frozen ones where so asked); None where none is there.

    Names and shapes count with them. Nothing is computed with the weights, and no random number is drawn.
    """
    named = [(name, one) for name, one in model.named_parameters() if one.device.type != "meta" and not (frozen and one.requires_grad)]
    if not named:
        return None
    shapes = [(name, tuple(one.shape)) for name, one in named]
    return digest([shapes, [_some_of(one) for _, one in _spread(named, _PARAMETERS)]])


def _some_of(parameter: Any) -> list[str]:
    try:
        flat = parameter.detach().reshape(-1)
        some = flat[:: max(1, flat.numel() // _VALUES)][:_VALUES].float().cpu().tolist()
    except Exception:  # packed or sharded weights that cannot be read so: their name and shape is what can be told
        return []
    # As text, since a weight may be NaN, which JSON does not know.
    return [str(value) for value in some]


def _rows_mark(rows: Any) -> str | None:
    """Return a digest over the number of rows and a spread of them; None for a stream, and for rows that are made anew at every reading."""
    if hasattr(rows, "with_format") and hasattr(rows, "column_names") and hasattr(rows, "__getitem__"):
        rows = rows.with_format(None)
    elif not isinstance(rows, (list, tuple)):
        return None
    try:
        return digest([len(rows), [rows[index] for index in _spread(range(len(rows)), _ROWS)]])
    except Exception:  # rows of tensors, images or anything else: their number is what can be told
        return digest([len(rows)])


def _spread(items: Sequence[Any], most: int) -> list[Any]:
    return [items[index * len(items) // most] for index in range(most)] if len(items) > most else list(items)


def _plain(value: Any) -> Any:
    """Return a number or a name as JSON has it; None where nothing was set."""
    value = getattr(value, "value", value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
