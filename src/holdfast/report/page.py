"""The view model: what a page says, as strings that are ready to print. Renderers add markup and nothing else.

No string here holds a control character or an invisible one; none is escaped for any format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Accent",
    "CategoryRow",
    "ChartRow",
    "ConditionView",
    "Fact",
    "FlipView",
    "FlipsView",
    "GateView",
    "JudgeView",
    "MeasureRow",
    "OpeningRow",
    "Page",
    "PairedTable",
    "PatternsView",
    "SectionView",
    "SideView",
    "StoredRow",
    "SuiteView",
]

Accent = Literal["pass", "fail", "undecided", "warning", "none"]
"""Which colour a statement takes; the word that says the same always stands beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A name and what is to be said about it."""

    name: str
    text: str
    note: str = ""
    is_digest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """One gate of the verdict."""

    name: str
    word: str
    """PASS, FAIL, UNDECIDED, WARNING."""
    accent: Accent
    kind: str
    """'blocking' or 'warning only'."""
    metric: str
    threshold: str
    why: str
    failing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """One line of the table of changes; also its last line, over all categories."""

    name: str
    base: str
    tuned: str
    drop: str
    """In points, base minus tuned; or 'not measured', with the reason in `note`."""
    interval: str
    p: str
    n: str
    detectable: str
    accent: Accent
    flag: str
    """'fails', 'undecided', 'warning' or '': what the gates said of this line."""
    note: str
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    """Exact numbers behind one line of a chart; None where nothing was measured."""

    name: str
    base: float | None
    tuned: float | None
    drop: float | None
    low: float | None
    high: float | None
    marked: bool
    """True where a gate did not pass here."""
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow:
    """Another metric of both sides."""

    name: str
    meaning: str
    base: str
    tuned: str
    change: str = ""
    note: str = ""
    """Why a number is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTable:
    """The flip table: how many prompts were refused by both, one or neither."""

    both: str
    base_only: str
    tuned_only: str
    neither: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipView:
    """One flipped prompt; its three texts may be harmful and are always folded away."""

    prompt_id: str
    category: str
    base_outcome: str
    tuned_outcome: str
    prompt: str
    base_text: str
    tuned_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipsView:
    """The flipped prompts of one direction."""

    title: str
    flips: tuple[FlipView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningRow:
    """A common way to begin an answer. Written by a model, so it is folded away too."""

    side: str
    text: str
    share: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternsView:
    """How the two sides word their answers: rows of base and tuned."""

    rows: tuple[MeasureRow, ...]
    openings: tuple[OpeningRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RadarView:
    """What the radar of a condition draws."""

    caption: str
    rows: tuple[ChartRow, ...]
    """Base and tuned as shares of the axis, 0 at the centre and 1 at the rim."""
    ticks: tuple[str, str]
    """What stands half way and at the rim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionView:
    """All that was found under one system prompt."""

    anchor: str
    title: str
    phrase: str
    """For use after 'under'."""
    is_default: bool
    origin: str
    system: str | None
    """The system prompt, visible and shortened; None where the template's own default was left in place."""
    accent: Accent
    word: str
    """What the gates said of this condition, in a word or two."""
    sentence: str
    base: str
    tuned: str
    drop: str
    rows: tuple[CategoryRow, ...]
    chart: tuple[ChartRow, ...]
    radar: RadarView
    others: tuple[MeasureRow, ...]
    paired: PairedTable | None
    flips_sentence: str
    flips_shown: str
    """How many of the flipped prompts are listed, for renderers that list them."""
    flips: tuple[FlipsView, ...]
    patterns: PatternsView | None
    power: tuple[str, ...]
    """What this many prompts could have detected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeView:
    """A judge's card and its measured errors."""

    title: str
    name: str
    facts: tuple[Fact, ...]
    blind_spots: tuple[str, ...]
    ledger: tuple[tuple[str, str, str, str], ...]
    """Label set, labels, sensitivity, specificity."""
    ledger_note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteView:
    """A prompt set's card."""

    title: str
    facts: tuple[Fact, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """A model and its fingerprints."""

    role: str
    reference: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A section with one table: something that was asked on top of the comparison."""

    anchor: str
    title: str
    sentence: str
    heads: tuple[str, ...]
    """A head that begins with '>' is a column of numbers."""
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """Any stored measurement, for the complete list at the end."""

    metric: str
    place: str
    side: str
    value: str
    interval: str
    n: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything in the order in which it is read."""

    title: str
    subject: str
    """'BASE → TUNED', or '' where no models were compared."""
    names: tuple[str, str]
    """What the two sides are called, in small letters."""
    word: str
    accent: Accent
    sentence: str
    """The verdict in one sentence, decision first."""
    support: str
    """How many gates failed, were undecided, warned and passed."""
    figures: tuple[Fact, ...]
    steps: tuple[str, ...]
    """What to do next; never empty."""
    policy: str
    gates: tuple[GateView, ...]
    metric: str
    """The headline metric's name for headings, for example 'Refusal rate'."""
    meaning: str
    drop_line: float | None
    drop_line_text: str
    conditions: tuple[ConditionView, ...]
    further: tuple[SectionView, ...]
    """What was asked on top: fine-tunes in a row, other wordings, skills."""
    run_rows: tuple[Fact, ...]
    judges: tuple[JudgeView, ...]
    suites: tuple[SuiteView, ...]
    settings: tuple[Fact, ...]
    corrections: tuple[Fact, ...]
    """What the judge's errors did to the numbers."""
    how_far_asked: tuple[Fact, ...]
    """For a run that could stop early."""
    not_assessed: tuple[Fact, ...]
    sides: tuple[SideView, ...]
    command: str
    stored: tuple[StoredRow, ...]
