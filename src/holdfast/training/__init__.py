"""Fine-tuning with care: what `holdfast train` is made of. Nothing here loads torch before a model is trained.

The whole assembly, with the watch, is `holdfast.pipeline.training.train`.
"""

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
from holdfast.training.planning import TrainPlan, plan_training
from holdfast.training.rows import Rows, read_rows
from holdfast.training.saving import Parent, TrainCard, read_card
from holdfast.training.settings import read_config, to_config

__all__ = [
    "ConstrainedConfig",
    "DataConfig",
    "HeadFirstConfig",
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
    "plan_training",
    "read_card",
    "read_config",
    "read_rows",
    "to_config",
]
