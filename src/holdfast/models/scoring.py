"""Log probabilities of given continuations: one prefill per prompt, its cache repeated for each continuation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from holdfast.core import ModelError
from holdfast.models.cache import new_cache
from holdfast.models.chat import Continuation
from holdfast.models.forward import Forward, padded
from holdfast.plugins import ScoreRequest, ScoreResult, TokenScores

__all__ = ["Scheme", "last_logits", "score_batch"]


def last_logits(forward: Forward, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return the logits of the token after each prompt, shape (prompts, vocabulary), float32, on the CPU."""
    with torch.inference_mode():
        ids, mask, positions = padded(prompts, room=0, device=forward.device)
        return forward(ids, mask, positions, None)[:, -1].cpu()


class Scheme(NamedTuple):
    """What is asked of one prompt besides sums."""

    detail: bool = False
    temperature: float = 1.0
    top_k: int = 0
    ends: tuple[tuple[int, ...], ...] = ()
    """Per continuation, characters up to the end of each token."""

    @classmethod
    def of(cls, request: ScoreRequest, parts: Sequence[Continuation]) -> Scheme:
        """Return what a request asks for; ModelError for a temperature that is not above 0."""
        if request.detail and request.temperature <= 0:
            raise ModelError(f"scores under a sampling scheme need a temperature above 0, got {request.temperature}; greedy is rank 1")
        return cls(request.detail, request.temperature, request.top_k, tuple(one.ends for one in parts))


def score_batch(
    forward: Forward,
    prompts: Sequence[Sequence[int]],
    continuations: Sequence[Sequence[Sequence[int]]],
    schemes: Sequence[Scheme] = (),
) -> list[ScoreResult]:
    """Return the log probability, in nats, of each prompt's continuations, teacher forced, with their token counts.

    Every prompt must have the same number of continuations. An empty continuation has log probability 0. `schemes`, one per
    prompt, may ask for token by token.
    """
    many = len(continuations[0])
    flat = [list(continuation) for group in continuations for continuation in group]
    longest = max(map(len, flat), default=0)
    if not longest:
        return [_sums([0.0] * many, [0] * many, [_NOTHING] * many, scheme) for scheme in schemes or [Scheme()] * len(prompts)]
    device = forward.device
    target = torch.tensor([row + [0] * (longest - len(row)) for row in flat], dtype=torch.long, device=device)
    counted = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in flat], dtype=torch.bool, device=device)
    with torch.inference_mode():
        ids, mask, positions = padded(prompts, room=longest - 1, device=device)
        width, cache = ids.shape[1], new_cache(forward.config)
        logits = forward(ids, mask[:, :width], positions, cache).repeat_interleave(many, 0)
        if longest > 1:
            rows = torch.arange(len(prompts), device=device).repeat_interleave(many)
            cache.reorder_cache(rows)
            ahead = positions[rows, -1:] + torch.arange(1, longest, device=device)
            rest = forward(target[:, :-1], mask[rows], ahead, cache, keep=longest - 1)
            logits = torch.cat([logits, rest], dim=1)
        chosen = logits.log_softmax(-1).gather(-1, target[..., None])[..., 0]
        totals = (chosen.double() * counted).sum(-1).tolist()
        lengths = counted.sum(-1).tolist()
        results = []
        for place, scheme in enumerate(schemes or [Scheme()] * len(prompts)):
            span = range(place * many, (place + 1) * many)
            details = [_tokens(logits[at, : lengths[at]], flat[at], scheme, at - span.start) for at in span] if scheme.detail else []
            results.append(_sums([totals[at] for at in span], [lengths[at] for at in span], details, scheme))
    return results


def _sums(log_probs: Sequence[float], tokens: Sequence[int], details: Sequence[TokenScores], scheme: Scheme) -> ScoreResult:
    return ScoreResult(log_probs=tuple(log_probs), tokens=tuple(tokens), details=tuple(details) if scheme.detail else ())


def _tokens(logits: torch.Tensor, ids: Sequence[int], scheme: Scheme, place: int) -> TokenScores:
    target = torch.tensor(ids, dtype=torch.long, device=logits.device)[:, None]
    logits = logits.double()
    log_probs = logits.log_softmax(-1)
    probs = log_probs.exp()
    # A token of probability 0 contributes nothing to either moment.
    weighted = torch.where(probs > 0, log_probs, 0.0)
    means = (probs * weighted).sum(-1)
    deviations = ((probs * weighted.square()).sum(-1) - means.square()).clamp(min=0.0).sqrt()
    wanted = logits.gather(-1, target)
    # Greedy decoding takes the first of equal tokens, so equal ones before the target count.
    before = torch.arange(logits.shape[-1], device=logits.device)[None, :] < target
    ranks = 1 + ((logits > wanted) | ((logits == wanted) & before)).sum(-1)
    return TokenScores(
        log_probs=tuple(log_probs.gather(-1, target)[:, 0].tolist()),
        ranks=tuple(ranks.tolist()),
        sampled=tuple(_sampled(logits / scheme.temperature, target, ranks, scheme.top_k).tolist()),
        means=tuple(means.tolist()),
        deviations=tuple(deviations.tolist()),
        ends=scheme.ends[place] if scheme.ends else (),
    )


def _sampled(logits: torch.Tensor, target: torch.Tensor, ranks: torch.Tensor, top_k: int) -> torch.Tensor:
    """Return log probabilities of the targets among the top k tokens at a temperature that is applied already; 0 is all tokens."""
    if not top_k:
        return logits.log_softmax(-1).gather(-1, target)[:, 0]
    kept = logits.topk(min(top_k, logits.shape[-1]), dim=-1).values.logsumexp(-1)
    return torch.where(ranks <= top_k, logits.gather(-1, target)[:, 0] - kept, float("-inf"))


_NOTHING = TokenScores(log_probs=(), ranks=(), sampled=(), means=(), deviations=(), ends=())
