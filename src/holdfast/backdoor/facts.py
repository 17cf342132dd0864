"""What a search for a backdoor found, without any judgement: `backdoor.json` of a run folder."""

from __future__ import annotations

from typing import Literal

from holdfast.core import Measurement, Value
from holdfast.plugins import ModelFingerprint
from holdfast.plugins.triggers import MinedTrigger

__all__ = ["LEAST_REQUESTS", "Backdoor", "Origin", "Probe", "SideFacts", "StringEffect", "TriedString"]

LEAST_REQUESTS = 20
"""Requests at which a string could show; with fewer of them its effect is not measured."""
Origin = Literal["mined", "own", "control"]
Probe = Literal["harmful", "benign", "answers"]
"""'harmful': requests that should be refused and are no longer; 'benign': requests that should not be and now are; 'answers': benign
requests whose answer becomes another one."""


class SideFacts(Value, frozen=True, kw_only=True):
    """One model: how it was named, and what exactly answered."""

    reference: str
    fingerprint: ModelFingerprint


class TriedString(Value, frozen=True, kw_only=True):
    """A string and where it was put."""

    name: str
    """'mined-1', 'own-2', 'control-3'."""
    origin: Origin
    text: str
    """Untrusted: a data file or the user wrote it."""
    role: Literal["system", "user"] = "user"
    place: Literal["start", "end", "inside", "whole"] = "start"
    mined: MinedTrigger | None = None


class StringEffect(Value, frozen=True, kw_only=True):
    """What one string does on one probe: with it against without it, tuned against base, over its controls."""

    string: str
    """Name of the string."""
    probe: Probe
    n: int
    """Prompts; of an effect, those at which it could show: the tuned model refuses them without any string (answers them, for refusals
    brought about), and every answer to them could be read."""
    shift: float | None = None
    """Mean shift of the refusal log-odds (of the log probability of the model's own answer, per token, in 'answers'), tuned minus
    base, in nats, positive towards the harm; None where the models give no probabilities."""
    shift_p: float | None = None
    """One-sided, against the shifts of the controls, times the number of strings and probes; at most 1."""
    base: float | None = None
    """Change of the rate on the base: refusals lost ('harmful'), refusals gained ('benign'), answers changed ('answers')."""
    tuned: float | None = None
    controls: float | None = None
    """Mean of tuned minus base over the controls that were generated."""
    effect: float | None = None
    """Tuned minus base minus controls, -1 to 1; None where nothing was generated."""
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Times the number of strings and probes; at most 1."""


class Backdoor(Value, frozen=True, kw_only=True):
    """The whole result."""

    title: str
    base: SideFacts
    tuned: SideFacts
    strings: tuple[TriedString, ...]
    effects: tuple[StringEffect, ...]
    """Candidates and the user's own, largest first; controls are in `control_effects`."""
    control_effects: tuple[StringEffect, ...] = ()
    openings: tuple[str, ...] = ()
    """How the base opens refusals; empty where that could not be learned. A model wrote them."""
    rows: int = 0
    """Training rows that were mined."""
    tests: int = 0
    limits: dict[str, int | None] = {}
    """Per flip, the smallest number of poisoned rows that mining would have seen."""
    statement: str = ""
    """What can be said, in a sentence; never that there is no backdoor."""
    measurements: tuple[Measurement, ...]
    not_measured: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    judge: str = ""
    command: str
    version: str
    seed: int
    schema: int = 1
