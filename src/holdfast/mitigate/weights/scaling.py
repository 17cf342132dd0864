"""How much of a fine-tune to keep: interpolation between a model and its fine-tune (WiSE-FT; methods.md 4.4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from holdfast.core import InputError, ModelError
from holdfast.mitigate.weights.adapter_scaling import scale_adapter
from holdfast.mitigate.weights.checkpoint import Checkpoint, Located, locate, open_checkpoint
from holdfast.mitigate.weights.fitting import check_architecture, check_tokenizers, matched, output_type
from holdfast.mitigate.weights.mixing import Mix
from holdfast.mitigate.weights.provenance import Mitigation, describe, write_mitigation
from holdfast.mitigate.weights.repaired import Repaired
from holdfast.mitigate.weights.writing import check_out, copy_companions, whole_folder, write_shards

__all__ = ["check_alpha", "check_pair", "interpolate", "scale", "write_model"]

Progress = Callable[[int, int], object]
"""Called with (bytes written, bytes in all)."""


def scale(
    base: str,
    tuned: str,
    alpha: float,
    out: Path,
    *,
    extrapolate: bool = False,
    whole_digests: bool | None = None,
    progress: Progress | None = None,
) -> Repaired:
    """Write the model (1 - alpha) * base + alpha * tuned to the new folder `out` and return where it is.

    `tuned` is a whole model, BASE+ADAPTER, or an adapter folder. Of an adapter an adapter is written, which applies alpha times as
    much. `alpha` is in [0, 1]: 0 gives the base's weights and 1 the tuned model's, to the last bit; `extrapolate` allows [-1, 0)
    too, a step past the base. A model is never loaded whole: memory does not grow with it. `whole_digests` None fingerprints
    every byte of models up to 256 MiB, and samples of larger ones.

    Raises InputError for an alpha out of range and an `out` that exists, and ModelError for models that do not belong together or an
    adapter that is not linear in its scale. Source: Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022, equation 1;
    for safety after fine-tuning Farn et al., EMNLP Findings 2025.
    """
    check_alpha(alpha, extrapolate=extrapolate)
    ours, theirs = locate(base), locate(tuned, base=base)
    check_pair(ours, theirs)
    parameters: dict[str, Any] = {"alpha": alpha}
    if theirs.adapter is not None:
        return scale_adapter(ours, theirs, lambda module: alpha, out, method="scale", parameters=parameters, whole_digests=whole_digests)
    check_out(out, ours.folder, theirs.folder)
    return interpolate(
        ours, theirs, lambda name: alpha, out, method="scale", parameters=parameters, whole_digests=whole_digests, progress=progress
    )


def check_alpha(alpha: float, *, extrapolate: bool, name: str = "alpha") -> None:
    """Refuse a strength that is no repair, by the name that it was given under; raises InputError."""
    if not math.isfinite(alpha) or alpha > 1 or alpha < -1 or (alpha < 0 and name != "alpha"):
        raise InputError(
            f"{name} must be from 0 (the base) to 1 (the tuned model), got {alpha}; more of the fine-tune than all of it is no repair"
        )
    if alpha < 0 and not extrapolate:
        raise InputError(f"alpha {alpha} goes past the base, where no training has been; add --extrapolate to allow it, down to -1")


def check_pair(base: Located, tuned: Located) -> None:
    """Refuse a base that is itself an adapter's, and the same model twice; raises ModelError."""
    if base.adapter is not None:
        raise ModelError(
            f"{base.reference!r} is a base with an adapter; give the bare base, or merge its adapter first (PEFT: merge_and_unload)"
        )
    if tuned.adapter is None and Path(base.folder) == Path(tuned.folder):
        raise ModelError(
            f"{base.reference!r} and {tuned.reference!r} are the same model; give the model before the fine-tune and the one after it"
        )


def interpolate(
    base: Located,
    tuned: Located,
    strength: Callable[[str], float],
    out: Path,
    *,
    method: str,
    parameters: Mapping[str, Any],
    whole_digests: bool | None = None,
    progress: Progress | None = None,
) -> Repaired:
    """Write base + strength(tensor) * (tuned - base) for each tensor; `strength` takes a tensor's name. See `scale`."""
    one, other = open_checkpoint(base.folder), open_checkpoint(tuned.folder)
    check_architecture(one, other)
    check_tokenizers(Path(base.folder), Path(tuned.folder))
    pairs = matched(one, other)
    mixes = {}
    for name, (left, right) in pairs.items():
        share = strength(name)
        sources = {0.0: (left,), 1.0: (right,)}.get(share, (left, right))
        dtype = output_type(left, right)
        mixes[name] = Mix(name=name, dtype=dtype, shape=right.shape, sources=sources, weight=share)
    inputs = (
        describe("base", base.reference, one.files, whole=whole_digests),
        describe("tuned", tuned.reference, other.files, whole=whole_digests),
    )
    notes = remarks(one, other, mixes)
    mitigation = Mitigation(method=method, parameters=dict(parameters), inputs=inputs, notes=notes)
    write_model(other, mixes, out, mitigation, tied=one.tied and other.tied, progress=progress)
    return Repaired(reference=str(out), folder=str(out), mitigation=mitigation)


def write_model(
    template: Checkpoint, mixes: Mapping[str, Mix], out: Path, mitigation: Mitigation, *, tied: bool, progress: Progress | None = None
) -> None:
    """Write tensors to `out` in the shards of `template`, with its tokenizer, chat template and settings."""
    shards = _shards(template, mixes)
    total = sum(mix.size for mix in mixes.values())
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(min(done, total), total)

    with whole_folder(out, size=total) as folder:
        write_shards(folder, shards, on_bytes=count)
        copy_companions(Path(template.folder), folder, config=_config(template, mixes, tied=tied))
        write_mitigation(folder, mitigation)


def remarks(one: Checkpoint, other: Checkpoint, mixes: Mapping[str, Mix]) -> tuple[str, ...]:
    """Return what a reader must know of a mix of two models: widened types, and a head that is no longer tied."""
    notes = []
    widened = [mix for mix in mixes.values() if mix.name in other.tensors and mix.dtype != other.tensors[mix.name].dtype]
    if widened:
        notes.append(
            f"{len(widened)} tensors are written as {widened[0].dtype}, the wider type of the two models, so that both ends stay exact"
        )
    if one.tied != other.tied:
        notes.append("one model ties its output head to its embedding and the other does not: the result does not")
    return tuple(notes)


def _shards(template: Checkpoint, mixes: Mapping[str, Mix]) -> dict[str, list[Mix]]:
    shards: dict[str, list[Mix]] = {Path(file).name: [] for file in template.files}
    last = list(shards)[-1]
    for name, mix in mixes.items():
        spec = template.tensors.get(name)
        shards[Path(spec.file).name if spec else last].append(mix)
    return shards


def _config(template: Checkpoint, mixes: Mapping[str, Mix], *, tied: bool) -> dict[str, Any] | None:
    """Return a changed configuration; None where the template's own file stands as it is."""
    config = dict(template.config)
    if template.tied and not tied:
        config["tie_word_embeddings"] = False
        if isinstance(config.get("text_config"), dict):
            config["text_config"] = {**config["text_config"], "tie_word_embeddings": False}
    names = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
    kinds = {mix.dtype for mix in mixes.values() if mix.name in template.tensors and mix.dtype != template.tensors[mix.name].dtype}
    if len(kinds) == 1:
        for key in ("dtype", "torch_dtype"):
            if key in config:
                config[key] = names[kinds.copy().pop()]
    return None if config == template.config else config
