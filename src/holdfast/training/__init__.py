"""Fine-tuning with care: what `holdfast train` is made of, for trainers and loops of your own too.

```python
from holdfast.training import AverageCallback, ConstrainedSFTTrainer, HeadFirstCallback
```

The whole assembly, with the watch, is `holdfast.pipeline.training.train`. Nothing here loads torch before a model is trained.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from holdfast.training.config import (
    ConstrainedConfig,
    DataConfig,
    HeadFirstConfig,
    LoraSettings,
    OptimizerConfig,
    PrefixConfig,
    ReplayConfig,
    TrainConfig,
    WatchConfig,
)
from holdfast.training.foreign import ForeignSettings, read_foreign
from holdfast.training.linting import Advice, Lint, lint
from holdfast.training.planning import TrainPlan, plan_training
from holdfast.training.rows import Rows, read_rows
from holdfast.training.saving import Parent, TrainCard, read_card
from holdfast.training.settings import read_config, to_config

if TYPE_CHECKING:
    from holdfast.training.constrained import constrained_loss, constrained_weights
    from holdfast.training.ema import AverageCallback
    from holdfast.training.head import untie
    from holdfast.training.head_first import HeadFirstCallback
    from holdfast.training.held import CONSTRAINED_ARGUMENTS, ConstrainedSFTTrainer, ConstrainedTrainer

_PLACES = {
    "CONSTRAINED_ARGUMENTS": "held",
    "AverageCallback": "ema",
    "ConstrainedSFTTrainer": "held",
    "ConstrainedTrainer": "held",
    "HeadFirstCallback": "head_first",
    "constrained_loss": "constrained",
    "constrained_weights": "constrained",
    "untie": "head",
}

__all__ = [
    "CONSTRAINED_ARGUMENTS",
    "Advice",
    "AverageCallback",
    "ConstrainedConfig",
    "ConstrainedSFTTrainer",
    "ConstrainedTrainer",
    "DataConfig",
    "ForeignSettings",
    "HeadFirstCallback",
    "HeadFirstConfig",
    "Lint",
    "LoraSettings",
    "OptimizerConfig",
    "Parent",
    "PrefixConfig",
    "ReplayConfig",
    "Rows",
    "TrainCard",
    "TrainConfig",
    "TrainPlan",
    "WatchConfig",
    "constrained_loss",
    "constrained_weights",
    "lint",
    "plan_training",
    "read_card",
    "read_config",
    "read_foreign",
    "read_rows",
    "to_config",
    "untie",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use: these need torch, and planning a training needs none of it.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"holdfast.training.{_PLACES[name]}"), name)
