"""Signals from a live model, taken by a forward pass and not by generating: refusal log-odds, per-token KL, update sizes.

They say where to look. What a model does is told by its answers alone, so no verdict rests on a signal of this folder.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.probes.directions import compare_directions
    from holdfast.probes.divergence import kl_per_token
    from holdfast.probes.nudging import Nudge, nudged, towards_refusing
    from holdfast.probes.observing import undisturbed
    from holdfast.probes.openings import RefusalOpenings, learn_refusal_openings
    from holdfast.probes.passes import answer_log_probs, answer_logits, first_logits, last_states, opening_log_probs
    from holdfast.probes.refusal import RefusalTokens, learn_refusal_tokens, log_odds, refusal_log_odds
    from holdfast.probes.updates import UpdateMeter

_PLACES = {
    "Nudge": "nudging",
    "RefusalOpenings": "openings",
    "RefusalTokens": "refusal",
    "UpdateMeter": "updates",
    "answer_log_probs": "passes",
    "answer_logits": "passes",
    "compare_directions": "directions",
    "first_logits": "passes",
    "kl_per_token": "divergence",
    "last_states": "passes",
    "learn_refusal_openings": "openings",
    "learn_refusal_tokens": "refusal",
    "log_odds": "refusal",
    "nudged": "nudging",
    "opening_log_probs": "passes",
    "refusal_log_odds": "refusal",
    "towards_refusing": "nudging",
    "undisturbed": "observing",
}

__all__ = [
    "Nudge",
    "RefusalOpenings",
    "RefusalTokens",
    "UpdateMeter",
    "answer_log_probs",
    "answer_logits",
    "compare_directions",
    "first_logits",
    "kl_per_token",
    "last_states",
    "learn_refusal_openings",
    "learn_refusal_tokens",
    "log_odds",
    "nudged",
    "opening_log_probs",
    "refusal_log_odds",
    "towards_refusing",
    "undisturbed",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that importing this package for its names loads no torch.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"holdfast.probes.{_PLACES[name]}"), name)
