"""Training the language-model head alone first: a callback for any transformers or TRL trainer. Importing this loads transformers."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from holdfast.core import InputError
from holdfast.training.head import is_tied

__all__ = ["HeadFirstCallback"]


class HeadFirstCallback(TrainerCallback):  # type: ignore[misc]
    """Trains the head alone for the first steps, then everything that was to be trained (LP-FT, Kumar et al., ICLR 2022).

    ```python
    trainer.add_callback(HeadFirstCallback(steps=50))
    ```

    Meant for a new head on old features; whether it keeps safety in a fine-tune of a language model, whose head is old too, is to be
    measured. Frozen weights get no gradient, so AdamW neither moves nor counts them. Put it after a `SafetyCallback`, which takes what
    is trained at the start for all there is. Raises InputError when training begins for a model whose head shares its weights with the
    embedding, or whose head is not to be trained at all.
    """

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self._frozen: list[Any] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Freeze everything but the head, unless a resumed training is past that already."""
        if is_tied(model):
            raise InputError(
                "HeadFirstCallback: the head of this model shares its weights with the embedding, so it cannot be trained alone. "
                "Untie it first (holdfast.training.head.untie), and the saved model keeps a head of its own."
            )
        head = {id(parameter) for parameter in model.get_output_embeddings().parameters()}
        if not any(parameter.requires_grad for parameter in model.parameters() if id(parameter) in head):
            raise InputError("HeadFirstCallback: the head of this model is not trained; an adapter leaves it as it is. Train every weight.")
        if state.global_step < self.steps:
            self._frozen = [parameter for parameter in model.parameters() if parameter.requires_grad and id(parameter) not in head]
            for parameter in self._frozen:
                parameter.requires_grad_(False)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Set everything free after the last step on the head."""
        if state.global_step >= self.steps:
            self._free()

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Set everything free where training ended early."""
        self._free()

    def _free(self) -> None:
        for parameter in self._frozen:
            parameter.requires_grad_(True)
        self._frozen = []
