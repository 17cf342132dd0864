"""The refusal direction of every layer, in two models, and how much of a difference chance explains.

Arditi et al., "Refusal in language models is mediated by a single direction" (NeurIPS 2024): the difference in means of the
activations on requests to refuse and on benign ones. Here it is only measured, and always against two controls, since drift
along it also comes with harmless fine-tunes: directions drawn at random, and the same direction from two halves of the prompts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["DirectionDrift", "compare_directions"]

_LOW, _HIGH = 0.05, 0.95
_Array = NDArray[np.float64]
_Mask = NDArray[np.bool_]


class DirectionDrift(NamedTuple):
    """One layer. Cosines are from -1 to 1; gaps are in pooled standard deviations, the difference of two means (d')."""

    cosine: float
    """Of the base's direction and the tuned model's, both from all prompts."""
    cosine_floor: float
    """The 5th percentile of the cosine of two directions of the base alone, each from half of the prompts."""
    cosine_random: float
    """The 95th percentile of the absolute cosine of the base's direction and a random one."""
    gap_base: float
    """Along the base's direction from one half, of the base's activations on the other half; mean over splits."""
    gap_tuned: float
    """The same of the tuned model's activations: the base's direction used again."""
    gap_own: float
    """Of the tuned model's activations along its own direction, extracted again."""
    gap_floor: float
    """The 95th percentile of the absolute difference of the base's gap between the two halves."""
    gap_random: float
    """The 95th percentile of the absolute change of the gap along a random direction."""
    random_p: float
    """Share of random directions whose gap changed at least as much, itself counted among them; above 0, at most 1."""


def compare_directions(
    base: torch.Tensor, tuned: torch.Tensor, *, refuse: int, splits: int = 200, randoms: int = 200, seed: int = 0
) -> list[DirectionDrift]:
    """Return one drift per layer from activations of shape (prompts, layers, width); the first `refuse` prompts are to be refused.

    Both models read the same prompts, at least four of each kind. A cosine of an untouched model is 1 and its gap unchanged, so the
    floors, which come from half of the prompts, are on the careful side. The same arguments give the same numbers.
    """
    if base.shape != tuned.shape or min(refuse, len(base) - refuse) < 4:
        raise ValueError(f"expected activations of one shape, 4 prompts of each kind, got {base.shape}, {tuned.shape}, {refuse}")
    rng = np.random.default_rng(seed)
    halves = _halves(rng, refuse, len(base) - refuse, splits)
    drawn = rng.standard_normal((randoms, base.shape[-1]))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    first, second = base.double().numpy(), tuned.double().numpy()
    return [_layer(first[:, layer], second[:, layer], refuse, halves, drawn) for layer in range(base.shape[1])]


def _halves(rng: np.random.Generator, refuse: int, benign: int, splits: int) -> list[_Mask]:
    """Return a mask of the first half per split; each kind of prompt is halved on its own."""
    found = []
    for _ in range(splits):
        mask = np.zeros(refuse + benign, dtype=bool)
        mask[rng.permutation(refuse)[: refuse // 2]] = True
        mask[refuse + rng.permutation(benign)[: benign // 2]] = True
        found.append(mask)
    return found


def _layer(base: _Array, tuned: _Array, refuse: int, halves: list[_Mask], drawn: _Array) -> DirectionDrift:
    kind = np.arange(len(base)) < refuse
    direction, other = _direction(base, kind), _direction(tuned, kind)
    cosines, gaps = [], []
    for half in halves:
        rest = ~half
        one, two = _direction(base[half], kind[half]), _direction(base[rest], kind[rest])
        cosines.append(_cosine(one, two))
        gaps.append(
            (
                _gap(base[rest] @ one, kind[rest]),
                _gap(tuned[rest] @ one, kind[rest]),
                _gap(base[half] @ two, kind[half]),
                _gap(tuned[rest] @ _direction(tuned[half], kind[half]), kind[rest]),
            )
        )
    there, after, back, own = np.array(gaps).T
    moved = abs(float((after - there).mean()))
    random = np.array([abs(_gap(tuned @ one, kind) - _gap(base @ one, kind)) for one in drawn])
    return DirectionDrift(
        cosine=_cosine(direction, other),
        cosine_floor=float(np.quantile(cosines, _LOW)),
        cosine_random=float(np.quantile([abs(_cosine(direction, one)) for one in drawn], _HIGH)),
        gap_base=float(there.mean()),
        gap_tuned=float(after.mean()),
        gap_own=float(own.mean()),
        gap_floor=float(np.quantile(np.abs(there - back), _HIGH)),
        gap_random=float(np.quantile(random, _HIGH)),
        random_p=float((1 + (random >= moved).sum()) / (1 + len(random))),
    )


def _direction(states: _Array, kind: _Mask) -> _Array:
    difference: _Array = states[kind].mean(0) - states[~kind].mean(0)
    return difference


def _cosine(one: _Array, two: _Array) -> float:
    size = float(np.linalg.norm(one) * np.linalg.norm(two))
    return float(one @ two) / size if size else 0.0


def _gap(projected: _Array, kind: _Mask) -> float:
    spread = float(np.sqrt((projected[kind].var(ddof=1) + projected[~kind].var(ddof=1)) / 2))
    return float(projected[kind].mean() - projected[~kind].mean()) / spread if spread else 0.0
