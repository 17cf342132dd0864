"""From what was seen inside two models to measurements that no policy may decide on."""

from __future__ import annotations

from holdfast.core import Measurement
from holdfast.plugins import InsideFacts, LayerDrift

__all__ = ["measure_inside", "missing_inside"]

_TRIAGE = "triage: drift along the refusal direction also comes with harmless fine-tunes, so no gate may rest on it"
_NAMES = ("refusal_direction_cosine", "refusal_direction_gap", "first_tokens_kl", "weight_update")


def measure_inside(facts: InsideFacts, *, refuse: int, benign: int) -> list[Measurement]:
    """Return cosine and gap per layer, KL per kind of request, and the update per part of the network; none may gate."""
    found = [one for layer in facts.layers for one in _layer(layer, refuse + benign)]
    for group, values in (("refuse", facts.kl_refuse), ("benign", facts.kl_benign)):
        if values:
            method = f"mean over the first {len(values)} tokens of the base's own answers"
            found.append(_of("first_tokens_kl", sum(values) / len(values), n=len(values), group=group, method=method))
        else:
            found.append(_missing("first_tokens_kl", "the base gave no answer to read", group=group))
    found += [_of("weight_update", value, n=1, group=part, method="relative Frobenius norm") for part, value in facts.updates.items()]
    if facts.updates_reason:
        found.append(_missing("weight_update", facts.updates_reason))
    return found


def missing_inside(reason: str) -> list[Measurement]:
    """Return the statement that nothing was measured, and why."""
    return [_missing(name, reason) for name in _NAMES]


def _layer(one: LayerDrift, n: int) -> list[Measurement]:
    group, where = f"layer-{one.layer}", "last token of the prompt"
    noise = f"noise floor {one.cosine_floor:.4f}: 5th percentile between halves of the prompts; random directions {one.cosine_random:.4f}"
    cosine = _of("refusal_direction_cosine", one.cosine, n=n, group=group, method=f"difference in means, {where}; {noise}")
    controls = (
        f"noise floor of a change {one.gap_floor:.3f}: 95th percentile between halves; along random directions {one.gap_random:.3f}, "
        f"p {one.random_p:.3f}"
    )
    gaps = [
        _of("refusal_direction_gap", value, n=n, side=side, group=group, method=f"d' on the other half of the prompts, {where}; {controls}")
        for side, value in (("base", one.gap_base), ("tuned", one.gap_tuned), ("drop", one.gap_base - one.gap_tuned))
    ]
    return [cosine, *gaps]


def _of(name: str, value: float, *, n: int, side: str = "run", group: str, method: str) -> Measurement:
    return Measurement.of(name, value, n=n, side=side, group=group, method=method, may_gate=False, note=_TRIAGE)


def _missing(name: str, reason: str, group: str = "all") -> Measurement:
    return Measurement.missing(name, reason, group=group, may_gate=False)
