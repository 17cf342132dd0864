"""The constrained loss as a trainer: `ConstrainedSFTTrainer` for TRL, `ConstrainedTrainer` for transformers. Importing this loads both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from transformers import Trainer
from trl import SFTTrainer

from holdfast.core import InputError, UnsupportedSetupError
from holdfast.training.answer_tokens import AnswerTokens
from holdfast.training.collating import BETAS, REFERENCE, PerToken
from holdfast.training.config import ConstrainedConfig
from holdfast.training.constrained import constrained_loss, constrained_weights, token_log_probs

__all__ = ["CONSTRAINED_ARGUMENTS", "ConstrainedSFTTrainer", "ConstrainedTrainer", "HoldsAnswers"]

CONSTRAINED_ARGUMENTS: dict[str, Any] = {"adam_beta1": 0.5, "warmup_steps": 10}
"""What Qi et al. trained with, for `SFTConfig` or `TrainingArguments`; besides, no dropout."""


class HoldsAnswers:
    """Mix this into a Trainer: its loss is the constrained one on training rows, and as before on anything else.

    Before the first step the reference's log probabilities of all answers are computed once, with the model as it is then; so neither a
    second model nor a second forward pass is needed while training. Rows need `input_ids` and `labels`; they may be packed
    (`seq_lengths`), and collators may pad on either side.
    """

    def __init__(self, *args: Any, constrained: ConstrainedConfig | None = None, **kwargs: Any) -> None:
        self.constrained = constrained or ConstrainedConfig()
        self._held = False
        super().__init__(*args, **kwargs)

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """Prepare betas and reference of all rows, where that was not done yet, and train."""
        self.hold()
        return super().train(*args, **kwargs)  # type: ignore[misc]

    def hold(self) -> None:
        """Give every training row its betas and its reference, the model as it is now. Doing it twice changes nothing."""
        if self._held:
            return
        me: Any = self
        rows = me.train_dataset
        if not hasattr(rows, "add_column") or "labels" not in rows.column_names:
            raise InputError("the constrained loss needs a data set with a length and the columns input_ids and labels.")
        if getattr(me, "aux_loss_enabled", False):
            raise UnsupportedSetupError(
                "the constrained loss was not tested with a mixture of experts, whose balancing loss it would leave out. Use loss: sft."
            )
        places = AnswerTokens(me.processing_class, self.constrained)
        lengths = rows["seq_lengths"] if "seq_lengths" in rows.column_names else [None] * len(rows)
        betas = [places.betas(*row) for row in zip(rows["input_ids"], rows["labels"], lengths, strict=True)]
        me.train_dataset = rows.add_column(BETAS, betas)
        me.data_collator = PerToken(me.data_collator)
        if self.constrained.reference == "precompute":
            me.train_dataset = me.train_dataset.add_column(REFERENCE, self._reference())
        elif not hasattr(me.model, "disable_adapter"):
            raise InputError("constrained.reference: adapter needs a model with an adapter to switch off; write precompute.")
        self._held = True

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        """Return the mean constrained loss of the tokens that are learned; rows without betas (of an evaluation) get the usual loss."""
        betas, reference = inputs.pop(BETAS, None), inputs.pop(REFERENCE, None)
        if betas is None or return_outputs:
            kwargs = {"return_outputs": return_outputs, "num_items_in_batch": num_items_in_batch}
            return super().compute_loss(model, inputs, **kwargs)  # type: ignore[misc]
        me: Any = self
        if reference is None:
            unwrapped = me.accelerator.unwrap_model(model)
            with _as_reference(unwrapped), unwrapped.disable_adapter():
                reference = torch.nn.functional.pad(self._log_probs(model, inputs), (1, 0))
        log_probs = self._log_probs(model, inputs)
        learned = inputs["labels"][:, 1:] != -100
        held = (log_probs, reference[:, 1:].to(log_probs.dtype), betas[:, 1:].to(log_probs.dtype))
        losses = constrained_loss(*held).masked_fill(~learned, 0.0)
        tokens = learned.sum() if num_items_in_batch is None else torch.as_tensor(num_items_in_batch)
        loss = losses.sum() / tokens.clamp(min=1).to(losses.device)
        if num_items_in_batch is not None and me.args.average_tokens_across_devices:
            loss = loss * me.accelerator.num_processes
        self._note(-log_probs.detach()[learned], constrained_weights(*held).detach()[learned])
        return loss

    def _set_signature_columns_if_needed(self) -> None:
        super()._set_signature_columns_if_needed()  # type: ignore[misc]
        me: Any = self
        me._signature_columns = list(dict.fromkeys([*me._signature_columns, "seq_lengths", BETAS, REFERENCE]))

    def _log_probs(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        labels = inputs["labels"]
        return token_log_probs(model(**{key: value for key, value in inputs.items() if key != "labels"}, use_cache=False).logits, labels)

    def _note(self, cross_entropy: torch.Tensor, weights: torch.Tensor) -> None:
        """Keep what the loss itself does not show, for the trainer's log."""

    def _reference(self) -> list[list[float]]:
        me: Any = self
        found: list[list[float]] = []
        rows, size = me.train_dataset, me.args.train_batch_size
        wanted = ("input_ids", "labels", "attention_mask", "seq_lengths", BETAS)
        with _as_reference(me.model), self._reference_side():
            for start in range(0, len(rows), size):
                some = range(start, min(start + size, len(rows)))
                examples = [{key: value for key, value in rows[at].items() if key in wanted} for at in some]
                batch = me._prepare_inputs(me.data_collator(examples))
                batch.pop(BETAS)
                with me.compute_loss_context_manager():
                    log_probs = torch.nn.functional.pad(self._log_probs(me.model, batch), (1, 0))
                found += me.data_collator.take_apart(log_probs, batch["input_ids"], examples)
        return found

    def _reference_side(self) -> Any:
        # A fresh prefix already changes the model, unlike a fresh low-rank adapter: there the reference is the model without it.
        me: Any = self
        active = getattr(me.model, "active_peft_config", None)
        return me.model.disable_adapter() if active is not None and active.is_prompt_learning else nullcontext()


@contextmanager
def _as_reference(model: Any) -> Iterator[None]:
    """Run the block without gradients and without dropout, and put every module's mode back."""
    modes: Sequence[tuple[Any, bool]] = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


class ConstrainedTrainer(HoldsAnswers, Trainer):  # type: ignore[misc]
    """A transformers Trainer with the constrained loss.

    Rows bring `input_ids` and `labels` (-100 on all but the assistant's words), the collator pads both, and `processing_class` is the
    tokenizer. `constrained=ConstrainedConfig(...)` sets the betas; `CONSTRAINED_ARGUMENTS` are the arguments of the paper.
    """


class ConstrainedSFTTrainer(HoldsAnswers, SFTTrainer):  # type: ignore[misc]
    """TRL's SFTTrainer with the constrained loss; packing, chat templates and PEFT as there.

    Rows must mark what is learned: prompt and completion, or `assistant_only_loss=True`. `constrained=ConstrainedConfig(...)` sets the
    betas; `SFTConfig(..., **CONSTRAINED_ARGUMENTS)` are the paper's arguments.
    """

    def _log_probs(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        found: torch.Tensor = model(**inputs, use_cache=False, fused_lm_head=True).log_probs
        return found

    def _note(self, cross_entropy: torch.Tensor, weights: torch.Tensor) -> None:
        if cross_entropy.numel():
            me: Any = self
            me._metrics["train"]["cross_entropy"].append(float(cross_entropy.mean()))
            me._metrics["train"]["constrained_weight"].append(float(weights.mean()))
