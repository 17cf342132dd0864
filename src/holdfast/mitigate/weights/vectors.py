"""A safety vector added to a fine-tune: what alignment changed, once more (RESTA; methods.md 4.6)."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec

from holdfast.core import InputError, ModelError
from holdfast.mitigate.weights.adapter_scaling import scale_adapter
from holdfast.mitigate.weights.checkpoint import Located, locate, open_checkpoint
from holdfast.mitigate.weights.concatenating import concatenate
from holdfast.mitigate.weights.fitting import check_architecture, check_tokenizers, matched, output_type
from holdfast.mitigate.weights.mixing import Mix
from holdfast.mitigate.weights.provenance import Mitigation, describe
from holdfast.mitigate.weights.repaired import Repaired
from holdfast.mitigate.weights.scaling import Progress, write_model
from holdfast.mitigate.weights.writing import check_out

__all__ = ["add_safety_adapter", "add_vector"]

_MOST = 4.0


def add_vector(
    tuned: str,
    aligned: str,
    unaligned: str,
    out: Path,
    *,
    gamma: float = 1.0,
    whole_digests: bool | None = None,
    progress: Progress | None = None,
) -> Repaired:
    """Write tuned + gamma * (aligned - unaligned), weight by weight, to the new folder `out`.

    All three are whole models of one architecture. Where `tuned` is BASE+ADAPTER the vector is added to its base, and the adapter
    goes on top of the new base. `gamma` is in [0, 4]; 0 gives the tuned model. With a public pair of base and instruct models the
    vector holds more than safety, so measure the task too. Raises InputError and ModelError as `scale` does. Source: Bhardwaj et
    al., "Language models are Homer Simpson!", ACL 2024 (gamma 1).
    """
    _check_gamma(gamma)
    places = [locate(reference) for reference in (tuned, aligned, unaligned)]
    ours, good, bad = places
    for place in (good, bad):
        if place.adapter is not None:
            raise ModelError(
                f"{place.reference!r} has an adapter; a safety vector is between whole models (merge it, or use --safety-adapter)"
            )
    if good.folder == bad.folder:
        raise ModelError(f"{aligned!r} and {unaligned!r} are the same model, so there is no safety vector between them")
    check_out(out, *(place.folder for place in places))
    target, plus, minus = (open_checkpoint(place.folder) for place in places)
    for other in (plus, minus):
        check_architecture(target, other)
        check_tokenizers(Path(target.folder), Path(other.folder))
    added, taken = matched(plus, target), matched(minus, target)
    differs = sorted(added.keys() ^ taken.keys())
    if differs:
        raise ModelError(f"{aligned!r} and {unaligned!r} do not store the same tensors (first {differs[0]}); save both alike")
    mixes = {}
    for name in added:
        own, vector = added[name][1], (added[name][0], taken[name][0])
        sources = (own, *vector) if gamma else (own,)
        mixes[name] = Mix(name=name, dtype=output_type(own, *vector), shape=own.shape, sources=sources, weight=gamma)
    roles = zip(("tuned", "aligned", "unaligned"), places, (target, plus, minus), strict=True)
    inputs = tuple(describe(role, place.reference, checkpoint.files, whole=whole_digests) for role, place, checkpoint in roles)
    notes = ("the vector was added to the base, and the adapter goes on top of it",) if ours.adapter else ()
    mitigation = Mitigation(method="vector", parameters={"gamma": gamma}, inputs=inputs, notes=notes)
    tied = target.tied and plus.tied and minus.tied
    write_model(target, mixes, out, mitigation, tied=tied, progress=progress)
    reference = f"{out}+{ours.adapter.path}" if ours.adapter else str(out)
    return Repaired(reference=reference, folder=str(out), mitigation=mitigation)


def add_safety_adapter(tuned: str, safety: str, out: Path, *, gamma: float = 1.0, whole_digests: bool | None = None) -> Repaired:
    """Write an adapter that does what the fine-tune does plus gamma times what a safety adapter does, to the new folder `out`.

    Where `tuned` is BASE+ADAPTER the two adapters are put side by side, their ranks added (what PEFT calls "cat"): the updates add
    up exactly. PEFT's "linear" adds the factors instead, and the product then has cross terms of the two. Where `tuned` is a
    whole model, the safety adapter goes on top of it, gamma times as strong. Both must be LoRA; see `check_linear`.
    """
    _check_gamma(gamma)
    ours = locate(tuned)
    bare = msgspec.structs.replace(ours, reference=ours.folder, adapter=None)
    on_top = locate(safety, base=ours.folder)
    if on_top.adapter is None:
        raise ModelError(
            f"{safety!r} is a whole model, expected a LoRA adapter that was trained on refusals; for whole models use --aligned"
        )
    if ours.adapter is not None:
        return concatenate(bare, ours, on_top, gamma, out, whole_digests=whole_digests)
    on_tuned = Located(reference=safety, folder=ours.folder, adapter=on_top.adapter)
    return scale_adapter(
        msgspec.structs.replace(bare, reference=tuned),
        on_tuned,
        lambda module: gamma,
        out,
        method="vector",
        parameters={"gamma": gamma},
        roles=("tuned", "safety"),
        whole_digests=whole_digests,
        whole_allowed=False,
    )


def _check_gamma(gamma: float) -> None:
    if not math.isfinite(gamma) or not 0 <= gamma <= _MOST:
        raise InputError(f"gamma must be from 0 to {_MOST:g}, got {gamma}; a safety vector is added and never taken away")
