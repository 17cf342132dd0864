"""Scaling back only some layers of a fine-tune: those that score highest."""

from __future__ import annotations

import math
from pathlib import Path

from holdfast.core import InputError, Value
from holdfast.mitigate.weights.adapter_scaling import check_same_base, scale_adapter
from holdfast.mitigate.weights.checkpoint import layer_of, locate, open_checkpoint
from holdfast.mitigate.weights.fitting import check_architecture, check_tokenizers
from holdfast.mitigate.weights.repaired import Repaired
from holdfast.mitigate.weights.scaling import Progress, check_alpha, check_pair, interpolate
from holdfast.mitigate.weights.scores import LayerScore, Score, score_layers
from holdfast.mitigate.weights.writing import check_out

__all__ = ["Gate", "Gated", "gate_layers"]


class Gate(Value, frozen=True, kw_only=True):
    """What happened to one layer."""

    layer: int
    score: float
    strength: float
    """How much of the fine-tune is kept, 0 to 1."""


class Gated(Value, frozen=True, kw_only=True):
    """A model some of whose layers were scaled back."""

    repaired: Repaired
    layers: tuple[Gate, ...]
    """Every layer, by number."""


def gate_layers(
    base: str,
    tuned: str,
    out: Path,
    *,
    score: Score = "size",
    count: int | None = None,
    strength: float = 0.0,
    unaligned: str | None = None,
    whole_digests: bool | None = None,
    progress: Progress | None = None,
) -> Gated:
    """Write the model whose `count` highest-scoring layers keep `strength` of the fine-tune, and whose other weights keep all of it.

    `count` defaults to a third of the layers, rounded up; `strength` 0 gives these layers back to the base. Embeddings, head and last
    norm stay as tuned. What this does is what `scale` does, to some layers; the score only chooses them (see `scores`). Equal scores are
    ordered by layer number. Raises InputError and ModelError as `scale` does, and for a count that the model does not have.
    """
    check_alpha(strength, extrapolate=False, name="strength")
    ours, theirs = locate(base), locate(tuned, base=base)
    check_pair(ours, theirs)
    check_out(out, ours.folder, theirs.folder)
    one, other = open_checkpoint(ours.folder), open_checkpoint(theirs.folder)
    before = open_checkpoint(locate(unaligned).folder) if unaligned else None
    for further in (other, before):
        if further is not None and further is not one:
            check_architecture(one, further)
            check_tokenizers(Path(one.folder), Path(further.folder))
    if theirs.adapter is not None:
        check_same_base(ours, theirs)
    scores = score_layers(one, theirs.adapter or other, kind=score, unaligned=before)
    wanted = math.ceil(len(scores) / 3) if count is None else count
    gates = _gates(scores, wanted, strength)
    strengths = {gate.layer: gate.strength for gate in gates}

    def keep(name: str) -> float:
        layer = layer_of(f"{name}.")
        return 1.0 if layer is None else strengths.get(layer, 1.0)

    parameters = {
        "score": score,
        "count": wanted,
        "strength": strength,
        "unaligned": unaligned,
        "scores": {str(gate.layer): gate.score for gate in gates},
        "strengths": {str(gate.layer): gate.strength for gate in gates},
    }
    if theirs.adapter is not None:
        made = scale_adapter(ours, theirs, keep, out, method="layers", parameters=parameters, whole_digests=whole_digests)
    else:
        made = interpolate(ours, theirs, keep, out, method="layers", parameters=parameters, whole_digests=whole_digests, progress=progress)
    return Gated(repaired=made, layers=tuple(gates))


def _gates(scores: list[LayerScore], wanted: int, strength: float) -> list[Gate]:
    if not 1 <= wanted <= len(scores):
        raise InputError(f"--count must be from 1 to {len(scores)}, the layers of this model, got {wanted}")
    ranked = sorted(scores, key=lambda one: (-one.score, one.layer))
    chosen = {one.layer for one in ranked[:wanted]}
    return [Gate(layer=one.layer, score=one.score, strength=strength if one.layer in chosen else 1.0) for one in scores]
