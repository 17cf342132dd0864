"""Two models that answer as one: p = (1 - weight) * p_tuned + weight * p_base for the first tokens, or for all. No torch on import."""

from holdfast.models.ensemble.file import Ensemble, ensemble_file, read_ensemble
from holdfast.models.ensemble.kind import EnsembleKind, open_ensemble

__all__ = ["Ensemble", "EnsembleKind", "ensemble_file", "open_ensemble", "read_ensemble"]
