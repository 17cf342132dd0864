"""How far a training is, for whoever shows it. Importing this loads transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback

__all__ = ["ProgressCallback"]


class ProgressCallback(TrainerCallback):  # type: ignore[misc]
    """Calls a function with the number of optimiser steps that are done."""

    def __init__(self, show: Callable[[int], None]) -> None:
        self._show = show

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Show a step."""
        self._show(state.global_step)
