"""An adapter that does less: its scale times alpha, and what it stores whole mixed with the base.

The update of LoRA is scale * B A, so alpha times the scale is alpha times the update, exactly (Hu et al. 2021, section 4.1).
Copies of whole modules, biases and embeddings have no scale: they are interpolated with the base's own tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import ModelError
from holdfast.mitigate.weights.adapters import base_of, check_linear, factor_modules, pattern_value, sort_tensors
from holdfast.mitigate.weights.checkpoint import Checkpoint, Located, open_checkpoint
from holdfast.mitigate.weights.fitting import output_type
from holdfast.mitigate.weights.mixing import Mix
from holdfast.mitigate.weights.provenance import Mitigation, describe, weights_digest, write_mitigation
from holdfast.mitigate.weights.repaired import Repaired
from holdfast.mitigate.weights.writing import check_out, copy_companions, whole_folder, write_shards
from holdfast.models.tensorfile import read_header
from holdfast.models.weights import AdapterFolder, inspect_model

__all__ = ["check_same_base", "scale_adapter", "trained_elsewhere", "write_adapter"]

_WEIGHTS = "adapter_model.safetensors"


def scale_adapter(
    base: Located,
    tuned: Located,
    strength: Callable[[str], float],
    out: Path,
    *,
    method: str,
    parameters: dict[str, Any],
    whole_digests: bool | None = None,
    whole_allowed: bool = True,
    roles: tuple[str, str] = ("base", "tuned"),
) -> Repaired:
    """Write the adapter whose update of each module is `strength(module)` times as large. Raises ModelError as `check_linear` does.

    `whole_allowed` False refuses adapters that store tensors whole; `roles` are what the provenance calls the two.
    """
    adapter = tuned.adapter
    if adapter is None:
        raise ModelError(f"{tuned.reference!r} has no adapter to scale")
    check_linear(adapter)
    check_out(out, base.folder, adapter.path)
    checkpoint = open_checkpoint(base.folder)
    check_same_base(base, tuned)
    tensors = sort_tensors(adapter, read_header(Path(adapter.file)))
    stored = [tensor.name for tensor in tensors if tensor.kind == "whole"]
    if stored and not whole_allowed:
        raise ModelError(f"the adapter {adapter.path} stores {stored[0]} whole, which would take the place of the tuned model's own")
    mixes = []
    for tensor in tensors:
        spec = tensor.spec
        if tensor.kind == "factor":
            mixes.append(Mix(name=tensor.name, dtype=spec.dtype, shape=spec.shape, sources=(spec,)))
            continue
        own, share = base_of(adapter, tensor, checkpoint), strength(tensor.module)
        sources = {0.0: (own,), 1.0: (spec,)}.get(share, (own, spec))
        mixes.append(Mix(name=tensor.name, dtype=output_type(own, spec), shape=spec.shape, sources=sources, weight=share))
    inputs = (
        describe(roles[0], base.reference, checkpoint.files, whole=whole_digests),
        describe(roles[1], tuned.reference, (adapter.file,), whole=whole_digests),
    )
    mixed = (f"{len(stored)} tensors that the adapter stores whole were interpolated with the base's",) if stored else ()
    notes = (*mixed, *trained_elsewhere(adapter, checkpoint))
    mitigation = Mitigation(method=method, parameters=parameters, inputs=inputs, notes=notes)
    write_adapter(adapter, mixes, _scaled_config(adapter, factor_modules(tensors), strength), out, mitigation)
    return Repaired(reference=f"{base.folder}+{out}", folder=str(out), mitigation=mitigation)


def write_adapter(adapter: AdapterFolder, mixes: list[Mix], config: dict[str, Any], out: Path, mitigation: Mitigation) -> None:
    """Write an adapter folder with the tokenizer and template of `adapter`, where it brings its own."""
    with whole_folder(out, size=sum(mix.size for mix in mixes)) as folder:
        write_shards(folder, {_WEIGHTS: mixes})
        copy_companions(Path(adapter.path), folder)
        (folder / "adapter_config.json").write_bytes(msgspec.json.format(msgspec.json.encode(config), indent=2) + b"\n")
        write_mitigation(folder, mitigation)


def check_same_base(base: Located, tuned: Located) -> None:
    """Raise ModelError where an adapter stands on another model than the base that was given; its weights decide, not its path."""
    if Path(base.folder) == Path(tuned.folder):
        return
    one, other = open_checkpoint(base.folder), open_checkpoint(tuned.folder)
    if weights_digest(one.files, whole=False) != weights_digest(other.files, whole=False):
        raise ModelError(
            f"{tuned.reference!r} stands on {tuned.folder}, whose weights are not those of the base {base.folder}; give the same base twice"
        )


def trained_elsewhere(adapter: AdapterFolder, base: Checkpoint) -> tuple[str, ...]:
    """Return a note where the base that an adapter names lies on this machine with other weights; none where nothing tells them apart."""
    named = Path(adapter.base)
    if not adapter.base or not (named / "config.json").is_file() or named.resolve() == Path(base.folder).resolve():
        return ()
    try:
        files = inspect_model(named).files
    except ModelError:
        return ()
    if weights_digest(files, whole=False) == weights_digest(base.files, whole=False):
        return ()
    return (
        f"{adapter.path} says that it was trained on {named}, whose weights are not those of {base.folder}: what it does on this base "
        "nobody trained, so give the base that it names unless you meant this",
    )


def _scaled_config(adapter: AdapterFolder, modules: list[str], strength: Callable[[str], float]) -> dict[str, Any]:
    config = dict(adapter.config)
    shares = {module: strength(module) for module in modules}
    if len(set(shares.values())) == 1:
        share = next(iter(shares.values()))
        config["lora_alpha"] = _times(config["lora_alpha"], share)
        config["alpha_pattern"] = {pattern: _times(value, share) for pattern, value in (config.get("alpha_pattern") or {}).items()}
        return config
    default = float(config["lora_alpha"])
    alphas = {module: pattern_value(config.get("alpha_pattern"), module, default) for module in modules}
    config["alpha_pattern"] = {f"^{module.replace('.', chr(92) + '.')}": _times(alphas[module], share) for module, share in shares.items()}
    return config


def _times(alpha: float, share: float) -> float | int:
    product = alpha * share
    return int(product) if product == int(product) else product
