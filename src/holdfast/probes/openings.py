"""The ways in which a model begins a refusal, a few tokens long, learned from the model itself.

The first token alone is not enough: "I cannot help" and "I am your obedient agent" begin alike. So every refusal token is
followed along the model's own distribution, for as long as it goes on in the same way whatever the request is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from holdfast.core import Value
from holdfast.probes.passes import first_logits
from holdfast.probes.refusal import RefusalTokens

__all__ = ["RefusalOpenings", "learn_refusal_openings"]

_DEPTH = 4
_LEAST_SHARE = 0.02
_USUAL = 0.05
"""A token belongs to an opening where half of the requests give it at least this probability ..."""
_COVERED = 0.9
"""... and such tokens together cover this much; otherwise the words of the request have begun, and the opening ends."""
_MOST = 8


class RefusalOpenings(Value, frozen=True, kw_only=True):
    """Openings as token ids; empty with a `reason` where none could be learned."""

    ids: tuple[tuple[int, ...], ...]
    mass: float = 0.0
    """Their probability together, mean over the requests that the base refused, 0 to 1."""
    reason: str = ""


def learn_refusal_openings(model: Any, refused: Sequence[Sequence[int]], tokens: RefusalTokens) -> RefusalOpenings:
    """Return at most 8 openings of at most 4 tokens, by which `model` begins to refuse the prompts `refused` (token ids).

    Every opening has a mean probability of at least 2 %. No text is sampled, so the same model always gives the same ones.
    """
    if not tokens.ids:
        return RefusalOpenings(ids=(), reason=tokens.reason)
    first = first_logits(model, refused).double().softmax(-1)
    masses: dict[tuple[int, ...], torch.Tensor] = {(token,): first[:, token] for token in tokens.ids}
    for depth in range(1, _DEPTH):
        longest = [opening for opening in masses if len(opening) == depth]
        if not longest:
            break
        # All of them in one go: a small model spends its time on calls.
        following = first_logits(model, [[*prompt, *opening] for opening in longest for prompt in refused]).double().softmax(-1)
        parts = dict(zip(longest, list(following.reshape(len(longest), len(refused), -1)), strict=True))
        longer: dict[tuple[int, ...], torch.Tensor] = {}
        for opening, mass in masses.items():
            longer |= _continued(opening, mass, parts[opening]) if opening in parts else {opening: mass}
        masses = longer
    ranked = sorted(masses, key=lambda opening: (-float(masses[opening].mean()), opening))[:_MOST]
    return RefusalOpenings(ids=tuple(ranked), mass=sum(float(masses[opening].mean()) for opening in ranked))


def _continued(opening: tuple[int, ...], mass: torch.Tensor, following: torch.Tensor) -> dict[tuple[int, ...], torch.Tensor]:
    usual = (following.median(0).values >= _USUAL).nonzero().flatten()
    if float(following[:, usual].mean(0).sum()) < _COVERED:
        return {opening: mass}
    longer = {(*opening, token): mass * following[:, token] for token in usual.tolist()}
    return {one: joint for one, joint in longer.items() if float(joint.mean()) >= _LEAST_SHARE}
