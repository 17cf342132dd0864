"""The model kind `ensemble`: `ensemble:FILE.json`, so that every command can measure what an ensemble would answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdfast.core import ModelError
from holdfast.models.ensemble.file import read_ensemble
from holdfast.plugins import Engine, ModelOptions, open_models

if TYPE_CHECKING:
    from holdfast.models.ensemble.engine import EnsembleEngine
    from holdfast.models.ensemble.file import Ensemble

__all__ = ["EnsembleKind", "open_ensemble"]


class EnsembleKind:
    """Opens `ensemble:FILE.json`. Implements the ModelKind protocol."""

    def resolve(self, reference: str) -> str:
        """Return the reference unchanged."""
        return reference

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        """Open ensembles; a base and an adapter on it share one load. Raises ModelError."""
        return [open_ensemble(read_ensemble(reference), options, reference=reference) for reference in references]


def open_ensemble(spec: Ensemble, options: ModelOptions, *, reference: str) -> EnsembleEngine:
    """Open the two models of an ensemble as one; raises ModelError where they do not run here or do not fit together."""
    from holdfast.models.engine import TransformersEngine
    from holdfast.models.ensemble.engine import EnsembleEngine

    base, tuned = open_models([spec.base, spec.tuned], options)
    if not isinstance(base, TransformersEngine) or not isinstance(tuned, TransformersEngine):
        for engine in (base, tuned):
            engine.close()
        raise ModelError(f"{reference}: an ensemble mixes probabilities of every token, so both models must run here, not behind an API")
    try:
        return EnsembleEngine(tuned, base, spec, reference=reference)
    except ModelError:
        tuned.close()
        base.close()
        raise
