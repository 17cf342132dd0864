"""What the history holds: models and where they come from, runs, verdicts, waivers and releases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from holdfast.core import Decision, GateResult, InputError, Measurement, Value, Verdict, digest
from holdfast.history.waived import Waived
from holdfast.plugins import ModelFingerprint

__all__ = [
    "RELEASE_PREFIX",
    "CorpusEntry",
    "CorpusUse",
    "Edge",
    "FinishedRun",
    "ModelEntry",
    "Release",
    "RunEntry",
    "RunModel",
    "VerdictEntry",
    "Waiver",
]

RELEASE_PREFIX = "release:"
"""A reference to what was last shipped under a name: it says what a model is compared with, not what it was made from."""


class RunModel(Value, frozen=True, kw_only=True):
    """A model as one side of a run."""

    side: str
    """'base', 'tuned', or 'step 1', 'step 2' ... between them."""
    reference: str
    """As it was given."""
    place: str
    """The same with whole paths, so that it can be opened from any folder."""
    fingerprint: ModelFingerprint

    @property
    def id(self) -> str:
        """SHA-256 over weights, adapter, tokenizer and template: the same model under another name has the same."""
        return self.fingerprint.digest


class Edge(Value, frozen=True, kw_only=True):
    """One model made from another, as a run or a training says."""

    parent: str
    child: str
    how: str
    """'compare', 'train', 'mitigate': who says so."""


class FinishedRun(Value, frozen=True, kw_only=True):
    """A run folder as the history records it."""

    stage: str
    folder: str
    command: str
    holdfast: str
    seed: int
    asked: dict[str, Any]
    models: tuple[RunModel, ...]
    also: tuple[RunModel, ...] = ()
    """Models that are no side of it, and that one of its edges names."""
    edges: tuple[Edge, ...]
    measurements: tuple[Measurement, ...]
    verdict: Verdict | None

    @property
    def id(self) -> str:
        """SHA-256 over what was asked and what was measured: the same run in another folder has the same."""
        return digest(
            {
                "stage": self.stage,
                "holdfast": self.holdfast,
                "seed": self.seed,
                "asked": self.asked,
                "measurements": self.measurements,
            }
        )


class ModelEntry(Value, frozen=True, kw_only=True):
    """A model that the history knows."""

    id: str
    reference: str
    """What opens it: the name it was last run under, with whole paths."""
    fingerprint: ModelFingerprint
    first_seen: datetime


class VerdictEntry(Value, frozen=True, kw_only=True):
    """A verdict over a run; a run that is judged again, by another policy say, has several."""

    policy: str
    decision: Decision
    recorded: datetime
    verdict: Verdict


class RunEntry(Value, frozen=True, kw_only=True):
    """A run that the history knows."""

    id: str
    stage: str
    folder: str
    command: str
    holdfast: str
    recorded: datetime
    models: tuple[RunModel, ...]
    verdicts: tuple[VerdictEntry, ...]
    """Newest first; those that are not what was recorded are left out."""
    doubts: tuple[str, ...] = ()
    """Why what is shown may not be what was found, in sentences."""

    @property
    def decision(self) -> Decision | None:
        """The newest verdict's; None where the run was never judged."""
        return self.verdicts[0].decision if self.verdicts else None

    def model(self, side: str) -> RunModel | None:
        """Return the model of one side; None where the run has none."""
        return next((model for model in self.models if model.side == side), None)


class Waiver(Value, frozen=True, kw_only=True):
    """A person's decision that a model may ship although a gate did not pass. It ends on a day."""

    id: str
    model: str
    gate: str
    metric: str
    bar: str
    """The gate's bar in words, as it was when it was waived; empty for a waiver of before this was kept."""
    reason: str
    owner: str
    created: datetime
    expires: date
    """The last day on which it holds."""
    seen: Waived | None = None
    """What it was given for; None for a waiver of before this was kept, which covers nothing any more."""
    revoked: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a waiver without reason or owner, or one that never held; raises InputError."""
        for name in ("reason", "owner"):
            if not getattr(self, name).strip():
                raise InputError(f"a waiver needs {'an' if name == 'owner' else 'a'} {name}: add --{name} TEXT.")
        if self.expires < self.created.date():
            raise InputError(f"a waiver must expire today or later, got {self.expires}.")

    def holds(self, today: date) -> bool:
        """Tell whether it is in force on a day."""
        return self.revoked is None and today <= self.expires

    def concerns(self, gate: GateResult) -> bool:
        """Tell whether a gate is the one that was waived: another policy's gate of the same name may judge something else."""
        return (self.gate, self.metric, self.bar) == (gate.gate, gate.metric, gate.threshold)

    def exceeded(self, gate: GateResult, base: str | None = None) -> str:
        """Return why a gate that it concerns is not covered: it stands worse than what the owner saw; '' where it is covered."""
        if self.seen is None:
            return "it was given before what it was given for was kept"
        return self.seen.exceeded(gate, base)

    def covers(self, gate: GateResult, base: str | None = None) -> bool:
        """Tell whether a gate is the one that was waived, against the same base and no worse than what the owner saw."""
        return self.concerns(gate) and not self.exceeded(gate, base)


class Release(Value, frozen=True, kw_only=True):
    """A model that was shipped under a product's name, and the run that it was shipped on."""

    name: str
    model: str
    reference: str
    run: str
    decision: Decision | None
    recorded: datetime


class CorpusEntry(Value, frozen=True, kw_only=True):
    """A version of a corpus that the history knows."""

    id: str
    name: str
    parent: str | None
    """The version that it was made from by taking rows out."""
    folder: str


class CorpusUse(Value, frozen=True, kw_only=True):
    """A person's word that a model was trained on a version of a corpus."""

    corpus: str
    """Id of the version."""
    model: str | None
    """Id of the model; None where its weights were out of reach."""
    reference: str
    """As it was named."""
    shards: tuple[str, ...]
    """Those that it was trained on; empty for the whole version."""
    recorded: datetime
