"""What a watched training leaves behind: one kind of row, flat, so that any tool can read `evidence/training.jsonl`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from holdfast.core import Value

__all__ = ["AnswerRow", "Answers", "Incident", "RowKind", "Signals", "WatchRow"]


class RowKind(StrEnum):
    """What a row tells."""

    START = "start"
    """The answers of the model before the first step."""
    SIGNALS = "signals"
    """Cheap signals, from forward passes."""
    ANSWERS = "answers"
    """Rates by short generation."""
    CANDIDATE = "candidate"
    """Rates of other weights than those that are trained, for example their average."""
    CANARIES = "canaries"
    """Exposure of planted canaries."""
    LOSS = "loss"
    """Loss and gradient norm of one step."""
    INCIDENT = "incident"
    """Something that went wrong, or a decision."""


class WatchRow(Value, frozen=True, kw_only=True):
    """One line of `evidence/training.jsonl`."""

    attempt: int
    """0 for the first start, 1 after one resume or restart, ..."""
    step: int
    """Optimiser steps done; 0 is before the first."""
    kind: RowKind
    values: dict[str, float | None] = {}
    """By name; None where it could not be measured, and `note` says why."""
    note: str = ""


class Signals(Value, frozen=True, kw_only=True):
    """What forward passes say of a model. They tell when to look, and nothing else rests on them."""

    log_odds: dict[str, float] = {}
    """Mean refusal log-odds per condition on requests that should be refused, in nats; empty where there are no refusal tokens."""
    refusing: dict[str, float] = {}
    """Mean probability of a refusal token per condition, 0 to 1."""
    benign_log_odds: float | None = None
    """The same log-odds on harmless requests: where they rise, the model begins to refuse everything."""
    kl: tuple[float, ...] = ()
    """KL(now || base) in nats at each of the base's own first answer tokens, mean over requests that should be refused."""
    kl_benign: tuple[float, ...] = ()
    rewards: dict[str, float] = {}
    """For preference training: 'implicit_reward_margin' of refusing over answering, and 'implicit_reward_spent' (beta x KL)."""
    updates: dict[str, float] = {}
    """Relative update per layer, embedding and head."""
    reasons: tuple[str, ...] = ()
    """Why something is missing."""

    def flat(self) -> dict[str, float | None]:
        """Return the numbers by the names that they have in the trainer's log."""
        out: dict[str, float | None] = {}
        for condition, value in self.log_odds.items():
            out[f"refusal_log_odds/{condition}"] = value
            out[f"refusal_mass/{condition}"] = self.refusing[condition]
        if self.benign_log_odds is not None:
            out["refusal_log_odds/benign"] = self.benign_log_odds
        for name, values in (("kl_first_tokens", self.kl), ("kl_first_tokens/benign", self.kl_benign)):
            if values:
                out[name] = sum(values) / len(values)
        out |= self.rewards
        return out | {f"update/{part}": value for part, value in self.updates.items()}


class Answers(Value, frozen=True, kw_only=True):
    """What short generation says of a model, prompt by prompt, without any text that it wrote."""

    refused: dict[str, tuple[bool | None, ...]]
    """Per condition and request that should be refused, in their order: was it? None where the judge could not grade."""
    benign_refused: tuple[bool | None, ...] = ()
    """The same for harmless requests."""
    judge: str = ""

    def scored(self, condition: str) -> int:
        """Return how many answers the judge could grade."""
        return sum(one is not None for one in self.refused.get(condition, ()))

    def rate(self, condition: str) -> float | None:
        """Return the refusal rate under a condition, 0 to 1; None where no answer could be graded."""
        return _share(self.refused.get(condition, ()))

    @property
    def over_refusal(self) -> float | None:
        """Share of harmless requests that were refused, 0 to 1; None where none was graded."""
        return _share(self.benign_refused)

    def flat(self) -> dict[str, float | None]:
        """Return the numbers by the names that they have in the trainer's log."""
        out: dict[str, float | None] = {}
        for condition in self.refused:
            out[f"refusal_rate/{condition}"] = self.rate(condition)
            out[f"graded/{condition}"] = float(self.scored(condition))
        return out | {"over_refusal": self.over_refusal}


def _share(outcomes: Sequence[bool | None]) -> float | None:
    scored = [one for one in outcomes if one is not None]
    return sum(scored) / len(scored) if scored else None


class AnswerRow(Value, frozen=True, kw_only=True):
    """One line of `evidence/probes.jsonl`: what became of every request at one look."""

    attempt: int
    step: int
    answers: Answers


class Incident(Value, frozen=True, kw_only=True):
    """Something that went wrong, or that was decided, at a step."""

    step: int
    what: str
    """'probe-failed', 'loss-not-finite', 'record-lost', 'tripped', 'rolled-back', 'resumed', 'setting'."""
    message: str
