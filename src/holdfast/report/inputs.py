"""What a page is made from: one frozen value that is stored with a run and rendered again without computing anything.

Every text in it that a model, a data file or a command line wrote is hostile until a renderer has escaped it.
"""

from __future__ import annotations

from holdfast.compare.early_stop import EarlyStop
from holdfast.compare.facts import (
    FlipCounts,
    FlippedPrompt,
    JudgeFacts,
    ModelFacts,
    Opening,
    Opinion,
    ResponsePatterns,
    SecondOpinion,
    SuiteFacts,
)
from holdfast.compare.followup.facts import FollowUp
from holdfast.core import Condition, Measurement, Value, Verdict
from holdfast.plugins import LedgerRow, Sampling

__all__ = [
    "FlipCounts",
    "FlippedPrompt",
    "JudgeFacts",
    "LedgerRow",
    "ModelFacts",
    "Opening",
    "Opinion",
    "ReportInput",
    "ResponsePatterns",
    "SecondOpinion",
    "SuiteFacts",
]


class ReportInput(Value, frozen=True, kw_only=True):
    """Everything that a page, a comment or a test report prints. Only `title` and `verdict` are required."""

    title: str
    verdict: Verdict
    measurements: tuple[Measurement, ...] = ()
    base: ModelFacts | None = None
    tuned: ModelFacts | None = None
    suites: tuple[SuiteFacts, ...] = ()
    conditions: tuple[Condition, ...] = ()
    judges: tuple[JudgeFacts, ...] = ()
    sampling: Sampling | None = None
    samples: int = 1
    """Responses drawn per prompt and side."""
    patterns: tuple[ResponsePatterns, ...] = ()
    flips: tuple[FlippedPrompt, ...] = ()
    """Capped by the caller; `flip_counts` holds the totals."""
    flip_counts: tuple[FlipCounts, ...] = ()
    second: SecondOpinion | None = None
    """What another judge said of the flipped prompts; None where none was asked."""
    steps: tuple[ModelFacts, ...] = ()
    """Models between base and tuned."""
    follow_up: FollowUp | None = None
    """The same requests put in other ways."""
    early_stop: EarlyStop | None = None
    """How far a run that asked until decided came; None where every prompt was asked."""
    drop_line: float | None = 0.10
    """The drop per category, 0 to 1, that the policy flags; drawn as a line. None draws none."""
    headline_metric: str = "refusal_rate"
    """The metric of the verdict sentence, the radar and the change per category."""
    names: tuple[str, str] = ("base", "tuned")
    """What the two sides are called; measurements keep 'base' and 'tuned'."""
    not_assessed: dict[str, str] = {}
    """What nobody looked at, name to reason, for example 'bias' to 'no suite for it was given'."""
    command: str = ""
    """The command line that makes this run again."""
    version: str = ""
    """The Holdfast that measured."""
    seed: int = 0
    schema: int = 1
