"""What training rows do to a model that runs here: how hard each pulls it away from its own refusals. No weight is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from holdfast.core import Message
from holdfast.models.adapters import side
from holdfast.plugins import GenerationRequest, InsideRequest, RowPull, RowPulls
from holdfast.probes import answer_log_probs, nudged, towards_refusing, undisturbed

if TYPE_CHECKING:
    from holdfast.models.engine import TransformersEngine

__all__ = ["row_pulls"]

_FIRST_TOKENS = 10
"""Of the base's own answers: there refusing and answering part (Qi et al., ICLR 2025; He et al. take the first ten of their anchors)."""
_MOST_TOKENS = 256
"""Of a row's answer."""

_Tokens = tuple[tuple[int, ...], tuple[int, ...]]


def row_pulls(
    base: TransformersEngine,
    tuned: TransformersEngine | None,
    rows: Sequence[tuple[Message, ...]],
    refuse: Sequence[InsideRequest],
    benign: Sequence[InsideRequest],
) -> RowPulls:
    """Return what `RowPulls` says; `refuse` and `benign` carry the base's own refusals and answers, at least one of each."""
    read = [_tokens(base, row) for row in rows]
    known = [one for one in read if not isinstance(one, str)]
    with undisturbed(base.model), side(base.model, base.adapter):
        before = _means(base, known)
        nudge = towards_refusing(base.model, _anchors(base, refuse), _anchors(base, benign))
        with nudged(nudge):
            moved = _means(base, known)
    after: list[float] | None = None
    if tuned is not None:
        with undisturbed(tuned.model), side(tuned.model, tuned.adapter):
            after = _means(tuned, known)
    found = iter(
        RowPull(pull=was - now, learned=None if after is None else after[place] - was, tokens=len(tokens[1]))
        for place, (was, now, tokens) in enumerate(zip(before, moved, known, strict=True))
    )
    weighed = tuple(RowPull(pull=None, reason=one) if isinstance(one, str) else next(found) for one in read)
    return RowPulls(rows=weighed, step=nudge.size, cost=nudge.cost)


def _tokens(engine: TransformersEngine, row: tuple[Message, ...]) -> _Tokens | str:
    """Return prompt and answer as token ids, or why the row has none."""
    if len(row) < 2 or row[-1].role != "assistant":
        return "it does not end with an answer to something"
    request = GenerationRequest(key="", messages=row[:-1])
    answer = engine.answer_ids(request, row[-1].content)[:_MOST_TOKENS]
    if not answer:
        return "its answer is empty"
    prompt = engine.token_ids([request])[0]
    context = getattr(engine.model.config.get_text_config(), "max_position_embeddings", None)
    if context is not None and len(prompt) + len(answer) > context:
        return f"it has {len(prompt) + len(answer)} tokens, more than the model's context"
    return prompt, answer


def _anchors(engine: TransformersEngine, asked: Sequence[InsideRequest]) -> list[_Tokens]:
    prompts = engine.token_ids([one.request for one in asked])
    answers = [engine.answer_ids(one.request, one.answer)[:_FIRST_TOKENS] for one in asked]
    return [(prompt, answer) for prompt, answer in zip(prompts, answers, strict=True) if answer]


def _means(engine: TransformersEngine, rows: Sequence[_Tokens]) -> list[float]:
    """Return the mean log probability of each row's answer tokens, in nats."""
    found: list[torch.Tensor] = answer_log_probs(engine.model, [prompt for prompt, _ in rows], [answer for _, answer in rows])
    return [float(one.mean()) for one in found]
