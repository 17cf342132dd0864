"""What differs inside two models that run here: refusal directions, first tokens, weights. Neither model is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from holdfast.core import ModelError
from holdfast.models.adapters import side
from holdfast.plugins import InsideFacts, InsideRequest, LayerDrift
from holdfast.probes import UpdateMeter, answer_logits, compare_directions, kl_per_token, last_states, undisturbed

if TYPE_CHECKING:
    from holdfast.models.engine import TransformersEngine

__all__ = ["look_inside"]

_FIRST_TOKENS = 10
_KL_PROMPTS = 16


def look_inside(
    base: TransformersEngine,
    tuned: TransformersEngine,
    refuse: Sequence[InsideRequest],
    benign: Sequence[InsideRequest],
    *,
    randoms: int,
    splits: int,
    seed: int,
) -> InsideFacts:
    """Return what `InsideFacts` says; at least four requests of each kind. Raises ModelError where the shapes of the models differ."""
    prompts = base.token_ids([one.request for one in (*refuse, *benign)])
    states = []
    for engine in (base, tuned):
        with _as_itself(engine) as model:
            states.append(last_states(model, prompts))
    if states[0].shape != states[1].shape:
        shapes = [f"{one.shape[1]} layers of width {one.shape[2]}" for one in states]
        raise ModelError(f"{base.reference} has {shapes[0]} and {tuned.reference} has {shapes[1]}; give a model and a fine-tune of it")
    found = compare_directions(*states, refuse=len(refuse), splits=splits, randoms=randoms, seed=seed)
    updates, reason = _updates(base, tuned)
    return InsideFacts(
        layers=tuple(LayerDrift(layer=number, **one._asdict()) for number, one in enumerate(found, 1)),
        kl_refuse=_kl(base, tuned, refuse),
        kl_benign=_kl(base, tuned, benign),
        updates=updates,
        updates_reason=reason,
    )


@contextmanager
def _as_itself(engine: TransformersEngine) -> Iterator[Any]:
    with undisturbed(engine.model), side(engine.model, engine.adapter):
        yield engine.model


def _kl(base: TransformersEngine, tuned: TransformersEngine, asked: Sequence[InsideRequest]) -> tuple[float, ...]:
    """Return KL at the first tokens of the base's own answers, cut to the shortest, so that each place is a mean over the same prompts."""
    some = asked[:: max(1, len(asked) // _KL_PROMPTS)][:_KL_PROMPTS]
    answers = [base.answer_ids(one.request, one.answer)[:_FIRST_TOKENS] for one in some]
    kept = [(one, answer) for one, answer in zip(some, answers, strict=True) if answer]
    size = min((len(answer) for _, answer in kept), default=0)
    if not size:
        return ()
    prompts = base.token_ids([one.request for one, _ in kept])
    read: list[torch.Tensor] = []
    for engine in (tuned, base):
        with _as_itself(engine) as model:
            read.append(answer_logits(model, prompts, [answer[:size] for _, answer in kept]))
    return tuple(kl_per_token(*read).tolist())


def _updates(base: TransformersEngine, tuned: TransformersEngine) -> tuple[dict[str, float], str]:
    if tuned.adapter is not None:
        if base.adapter is not None or base.model is not tuned.model:
            return {}, "the adapter stands on other weights than those of the base"
        with _as_itself(tuned) as model:
            return _from_one(UpdateMeter(model).measure(model)), ""
    if base.adapter is not None:
        return {}, "the base has an adapter and the tuned model has none"
    trainable = [(parameter, parameter.requires_grad) for parameter in base.model.parameters()]
    try:
        # The meter takes what is trained; between two finished models that may be every weight.
        for parameter, _ in trainable:
            parameter.requires_grad_(True)
        meter = UpdateMeter(base.model)
    finally:
        for parameter, wanted in trainable:
            parameter.requires_grad_(wanted)
    return _from_one(meter.measure(tuned.model)), ""


def _from_one(updates: dict[str, float]) -> dict[str, float]:
    """Return the parts with layers counted from 1, as the directions after them are."""
    numbered = {part: part.partition("-")[2] for part in updates}
    return {f"layer-{int(number) + 1}" if number else part: updates[part] for part, number in numbered.items()}
