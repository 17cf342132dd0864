"""From a plan, a model and token ids to a TRL trainer that follows them to the letter."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from holdfast.training.config import TrainConfig
from holdfast.training.encoding import Encoded
from holdfast.training.planning import TrainPlan

__all__ = ["build_trainer", "last_checkpoint", "packed", "quiet_trainer"]

_KEEP_LOGGED = 50
"""At least so many losses in the trainer's own log."""


def packed(rows: Encoded, max_length: int) -> dict[str, list[list[int]]]:
    """Return rows as few sequences of at most `max_length` tokens, with the length of each row in `seq_lengths`; no row is cut."""
    from datasets import Dataset
    from trl import pack_dataset

    columns = Dataset.from_dict({"input_ids": rows.input_ids, "labels": rows.labels})
    result: dict[str, list[list[int]]] = pack_dataset(columns, max_length, "bfd").to_dict()
    return result


def build_trainer(
    model: Any,
    tokenizer: Any,
    columns: dict[str, list[list[int]]],
    *,
    config: TrainConfig,
    plan: TrainPlan,
    folder: Path,
    callbacks: Sequence[Any] = (),
) -> Any:
    """Return a TRL SFTTrainer around rows that are encoded already: safety rows after training rows, as `plan.order` counts them.

    Checkpoints go to `folder`. Nothing is reported anywhere and nothing is fetched.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from datasets import Dataset
    from trl import SFTConfig

    from holdfast.training.trainer import ConstrainedOrderedTrainer, OrderedTrainer

    rolls_back = config.watch is not False and config.watch.on_fail == "rollback"
    cpu = next(model.parameters()).device.type == "cpu"
    arguments = SFTConfig(
        str(folder),
        per_device_train_batch_size=config.batch,
        gradient_accumulation_steps=config.accumulation,
        max_steps=plan.steps,
        learning_rate=plan.learning_rate,
        adam_beta1=config.first_moment,
        adam_beta2=config.optimizer.beta2,
        adam_epsilon=config.optimizer.epsilon,
        weight_decay=config.optimizer.weight_decay,
        max_grad_norm=config.optimizer.max_grad_norm,
        optim="adamw_torch",
        seed=config.seed,
        bf16=not cpu and config.dtype != "float32",
        use_cpu=cpu,
        packing=config.packing,
        max_length=config.max_length if config.packing else None,
        dataset_kwargs={"skip_prepare_dataset": True},
        activation_checkpointing=config.gradient_checkpointing,
        save_strategy="steps" if config.save_every else "no",
        save_steps=config.save_every or 500,
        # A rollback may go back to any checkpoint that passed, so none is thrown away before the end.
        save_total_limit=None if config.keep_checkpoints or rolls_back else 2,
        logging_steps=max(1, plan.steps // _KEEP_LOGGED),
        dataloader_pin_memory=not cpu,
        disable_tqdm=True,
        report_to=[],
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # the model is on one of them, and TRL refuses to spread it within one process
    given = {"train_dataset": Dataset.from_dict(columns), "processing_class": tokenizer, "callbacks": list(callbacks)}
    if config.loss == "constrained":
        return ConstrainedOrderedTrainer(model, arguments, plan=plan, constrained=config.constrained, **given)
    return OrderedTrainer(model, arguments, plan=plan, **given)


def last_checkpoint(folder: Path) -> str | None:
    """Return the latest whole checkpoint; None without one. One that a killed process left half written is removed."""
    import shutil

    from transformers.trainer_utils import get_last_checkpoint

    while folder.is_dir() and (found := get_last_checkpoint(str(folder))) is not None:
        if (Path(found) / "trainer_state.json").is_file():
            return str(found)
        shutil.rmtree(found)
    return None


@contextmanager
def quiet_trainer() -> Iterator[None]:
    """Keep progress bars and notices to developers of the libraries underneath off a user's terminal."""
    from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
    from transformers.utils import logging

    bars, verbosity, sets = logging.is_progress_bar_enabled(), logging.get_verbosity(), not are_progress_bars_disabled()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning)
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", category=UserWarning, module=r"(torch|peft|transformers|trl|accelerate|datasets)\b")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
        if sets:
            enable_progress_bars()
