"""Repairs that change how a model answers, and none of its weights. `OutputEnsemble` loads transformers when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.mitigate.decoding.cost import Cost, measure_cost
from holdfast.mitigate.decoding.serving import ChatServer, read_address
from holdfast.models.ensemble import Ensemble, ensemble_file, open_ensemble

if TYPE_CHECKING:
    from holdfast.mitigate.decoding.processor import OutputEnsemble

__all__ = ["ChatServer", "Cost", "Ensemble", "OutputEnsemble", "ensemble_file", "measure_cost", "open_ensemble", "read_address"]


def __getattr__(name: str) -> Any:
    if name == "OutputEnsemble":
        from holdfast.mitigate.decoding.processor import OutputEnsemble

        return OutputEnsemble
    raise AttributeError(f"module 'holdfast.mitigate.decoding' has no attribute {name!r}")
