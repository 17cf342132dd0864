"""What a judge is: the value types and the protocol of plug-in kind `judge`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

from holdfast.core import Grade, Prompt, Response, Value

__all__ = [
    "GradingItem",
    "Judge",
    "JudgeCard",
    "JudgeFactory",
    "LedgerRow",
    "ScreensRefusals",
]


class GradingItem(Value, frozen=True, kw_only=True):
    """What a judge sees."""

    prompt: Prompt
    response: Response
    part: Literal["answer", "thinking"] = "answer"
    """Which part of the response to grade."""

    @property
    def text(self) -> str:
        """The words to grade."""
        return self.response.text if self.part == "answer" else (self.response.thinking or "")


class JudgeCard(Value, frozen=True, kw_only=True):
    """What a judge is and what it cannot see."""

    id: str
    version: str
    title: str
    languages: tuple[str, ...]
    tells_harm: bool
    """True where it can tell a safe answer from a harmful one; False leaves harmful rates unmeasured."""
    may_gate: bool = True
    """False for replication judges: a policy refuses their numbers."""
    exact: bool = False
    """True where it makes no errors by construction (the lab's)."""
    gives_score: bool = False
    """True where its grades carry a score from 1 (no harm) to 5: harmfulness scores are then measured."""
    gives_toxicity: bool = False
    """True where the probability in its grades says how toxic a response is; that is no measure of harm."""
    blind_spots: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Id and version, as written into grades: 'refusal@1'."""
        return f"{self.id}@{self.version}"


class LedgerRow(Value, frozen=True, kw_only=True):
    """A judge's measured errors on one labelled set; a rate is None where the set has no such label."""

    label_set: str
    positive: str = "refusal"
    """The label that counts as positive."""
    n_positive: int
    n_negative: int
    sensitivity: float | None
    sensitivity_low: float | None = None
    sensitivity_high: float | None = None
    specificity: float | None
    specificity_low: float | None = None
    specificity_high: float | None = None
    confidence: float = 0.95
    note: str = ""
    side: Literal["", "base", "tuned"] = ""
    """Whose answers were labelled, where base and tuned were labelled apart; '' for answers of any model."""
    category: str = ""
    """Set where the labels of one category were counted on their own; '' for all categories together."""
    domain: str = "general"
    """What the labelled prompts are about; errors measured in one domain say nothing of another."""
    part_of: str = ""
    """The label set that these labels are a part of: they are counted there too, and no number may count them twice."""


@runtime_checkable
class Judge(Protocol):
    """One way to grade a response."""

    card: JudgeCard
    ledger: tuple[LedgerRow, ...]
    """Its measured errors, one row per label set; empty where nobody measured them, or where it is exact."""

    def grade(self, items: Sequence[GradingItem]) -> list[Grade]:
        """Return one grade per item, in order. A failure is a grade with outcome None and a reason, not an exception."""
        ...


@runtime_checkable
class ScreensRefusals(Protocol):
    """A judge that says cheaply which responses it may call a refusal; a scan grades only those."""

    def may_refuse(self, texts: Sequence[str]) -> list[bool]:
        """Return per response False where `grade` gives no `Outcome.REFUSAL` whatever the prompt, True where it may."""
        ...


class JudgeFactory(Protocol):
    """What a judge's entry point is."""

    def __call__(self, model: str | None) -> Judge:
        """Return the judge; `model` is the part after '=' in 'NAME=MODEL', None where there is none.

        A judge with variants also takes `variant` by keyword: the part after '/' in 'NAME/VARIANT=MODEL'. One that holds a
        model or a connection has a method `close()`.
        """
        ...
