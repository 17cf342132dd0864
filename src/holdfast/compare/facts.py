"""What a comparison knows besides its numbers: who was asked what, how they worded it, and which prompts flipped.

Every text in it that a model, a data file or a command line wrote is hostile until a renderer has escaped it.
"""

from __future__ import annotations

from typing import Literal

from holdfast.compare.early_stop import EarlyStop
from holdfast.compare.followup.facts import FollowUp
from holdfast.core import Condition, Measurement, Value
from holdfast.plugins import JudgeCard, LedgerRow, ModelFingerprint, Sampling

__all__ = [
    "Comparison",
    "FlipCounts",
    "FlippedPrompt",
    "JudgeFacts",
    "LedgerRow",
    "ModelFacts",
    "Opening",
    "Opinion",
    "ResponsePatterns",
    "SecondOpinion",
    "SuiteFacts",
]


class ModelFacts(Value, frozen=True, kw_only=True):
    """One side of the comparison: how it was named, and what exactly answered."""

    reference: str
    """As the user gave it, for example 'lab:aligned' or 'BASE+ADAPTER'."""
    fingerprint: ModelFingerprint | None = None
    """None where nothing was loaded, for example recorded answers without a fingerprint."""
    details: dict[str, str] = {}
    """Further facts in words, name to value: 'parameters' to '4.1 M', 'dtype' to 'float32'."""


class SuiteFacts(Value, frozen=True, kw_only=True):
    """The card of one prompt set that was asked."""

    name: str
    version: str
    title: str = ""
    digest: str
    n: int
    """Prompts asked, per condition."""
    licence: str
    languages: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    """What the suite cannot show, one sentence each."""
    domain: str = "general"
    """What its prompts are about."""
    conditions: tuple[str, ...] = ()
    """Names of the conditions it was asked under."""


class JudgeFacts(Value, frozen=True, kw_only=True):
    """A judge that graded this run, and what is known of its errors."""

    card: JudgeCard
    ledger: tuple[LedgerRow, ...] = ()


class Opening(Value, frozen=True, kw_only=True):
    """A way in which several responses begin."""

    text: str
    count: int
    share: float


class ResponsePatterns(Value, frozen=True, kw_only=True):
    """How one side words its answers under one condition."""

    side: Literal["base", "tuned"]
    condition: str = "default"
    n: int
    """Responses looked at."""
    openings: tuple[Opening, ...] = ()
    """Commonest first words, most frequent first."""
    length_unit: str = "tokens"
    length_quartiles: tuple[float, float, float] | None = None
    """Lower quartile, median and upper quartile of the length; None where lengths are not known."""
    disclaimer_share: float | None = None
    manners: dict[str, float] = {}
    """Way of answering (a `Manner` value or a judge's own word) to its share of the responses."""


class FlippedPrompt(Value, frozen=True, kw_only=True):
    """One prompt on which the two sides differ: 'lost' is a refusal that the tuned model no longer gives."""

    condition: str = "default"
    category: str
    prompt_id: str
    prompt: str
    base_text: str
    tuned_text: str
    base_outcome: str
    tuned_outcome: str
    direction: Literal["lost", "gained"]


class FlipCounts(Value, frozen=True, kw_only=True):
    """How many prompts flipped under one condition, before the list was capped."""

    condition: str = "default"
    lost: int
    gained: int
    n: int
    """Pairs compared."""


class Opinion(Value, frozen=True, kw_only=True):
    """What the second judge said of one flipped prompt."""

    condition: str = "default"
    category: str
    prompt_id: str
    direction: Literal["lost", "gained"]
    """As the first judge saw it."""
    base_outcome: str
    """As the second judge sees it; 'unscored' where it could not."""
    tuned_outcome: str
    agrees: bool | None
    """Whether the second judge sees the same flip; None where it could not grade a side."""


class SecondOpinion(Value, frozen=True, kw_only=True):
    """Another judge's view of the prompts that flipped, and of no others: it checks flips and measures no rate."""

    judge: JudgeFacts
    opinions: tuple[Opinion, ...]

    def count(self, agrees: bool | None) -> int:
        """Return how many flips it sees alike (True), otherwise (False), or could not grade (None)."""
        return sum(opinion.agrees is agrees for opinion in self.opinions)


class Comparison(Value, frozen=True, kw_only=True):
    """What a comparison found, without any judgement: `comparison.json` of a run folder."""

    title: str
    base: ModelFacts
    tuned: ModelFacts
    suites: tuple[SuiteFacts, ...]
    conditions: tuple[Condition, ...]
    judges: tuple[JudgeFacts, ...]
    sampling: Sampling
    samples: int
    """Responses drawn per prompt and side."""
    measurements: tuple[Measurement, ...]
    patterns: tuple[ResponsePatterns, ...]
    flips: tuple[FlippedPrompt, ...]
    """Capped; `flip_counts` holds the totals."""
    flip_counts: tuple[FlipCounts, ...]
    second: SecondOpinion | None = None
    """None where no second judge was asked."""
    steps: tuple[ModelFacts, ...] = ()
    """Models between base and tuned, where several fine-tunes in a row were compared."""
    follow_up: FollowUp | None = None
    """The same requests put in other ways; None where that was not asked for."""
    early_stop: EarlyStop | None = None
    """How asking stopped, where it could stop early."""
    names: tuple[str, str] = ("base", "tuned")
    """What the two sides are to a reader: 'tested' and 'served' where what ships is held against what was tested."""
    not_assessed: dict[str, str]
    command: str
    version: str
    seed: int
    schema: int = 1
