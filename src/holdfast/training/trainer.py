"""The TRL trainer that takes rows in an order of its own making. Importing this loads torch and TRL."""

from __future__ import annotations

from typing import Any

from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import Sampler
from transformers import PrinterCallback
from trl import SFTTrainer

from holdfast.training.held import ConstrainedSFTTrainer
from holdfast.training.planning import TrainPlan

__all__ = ["ConstrainedOrderedTrainer", "OrderedTrainer"]


class _Order(Sampler[int]):
    def __init__(self, plan: TrainPlan) -> None:
        self._order = plan.order

    def __iter__(self) -> Any:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)


class OrderedTrainer(SFTTrainer):  # type: ignore[misc]
    """TRL's SFTTrainer, whose one epoch is the whole training in the order and at the rates that were planned."""

    def __init__(self, *args: Any, plan: TrainPlan, **kwargs: Any) -> None:
        self._plan = plan
        super().__init__(*args, **kwargs)
        self.remove_callback(PrinterCallback)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return _Order(self._plan)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Follow the plan's rates; those of transformers waste the first step of a warm-up on a rate of 0."""
        if getattr(self, "lr_scheduler", None) is None:
            self.lr_scheduler: Any = LambdaLR(self.optimizer if optimizer is None else optimizer, self._plan.rate_share)
        return self.lr_scheduler


class ConstrainedOrderedTrainer(ConstrainedSFTTrainer, OrderedTrainer):
    """The same with the constrained loss."""
