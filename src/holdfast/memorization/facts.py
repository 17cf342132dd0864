"""What a measurement of memorization found, without any judgement: `memorization.json` of a run folder. It holds no text of a row."""

from __future__ import annotations

from holdfast.canaries import NullTest
from holdfast.core import Measurement, Value
from holdfast.plugins import ModelFingerprint

__all__ = ["CurvePoint", "Memorization", "PersonalSummary", "SideFacts"]


class SideFacts(Value, frozen=True, kw_only=True):
    """One model: how it was named, and what exactly answered."""

    reference: str
    fingerprint: ModelFingerprint
    can: tuple[str, ...]
    """'probabilities', 'generation', 'relearning': what it can do."""


class CurvePoint(Value, frozen=True, kw_only=True):
    """Mean exposure of the canaries with a number of copies."""

    side: str
    repetitions: int
    n: int
    bits: float
    low: float | None
    high: float | None
    most: float
    """log2 of the references: no rank can show more."""
    beyond: int
    """Canaries above every reference."""
    extrapolated: float | None
    """Median extrapolation of those; None where there is none."""
    extrapolated_low: float | None = None
    extrapolated_high: float | None = None
    poor_fits: int = 0
    """Of those, how many do not fit a skew normal at 5 %."""


class PersonalSummary(Value, frozen=True, kw_only=True):
    """One kind of personal data: how many values were probed, and which came back from the tuned model alone, redacted."""

    kind: str
    probed: int
    base: int
    tuned: int
    tuned_only: int
    examples: tuple[str, ...] = ()
    """Redacted forms with the place of the row: 'm*************** (train.jsonl:17)'."""


class Memorization(Value, frozen=True, kw_only=True):
    """The whole result."""

    title: str
    base: SideFacts
    tuned: SideFacts
    measurements: tuple[Measurement, ...]
    curve: tuple[CurvePoint, ...] = ()
    threshold_bits: float | None = None
    """Family-wise threshold of the planted canaries."""
    null: tuple[NullTest, ...] = ()
    """Whether the controls fit chance: base, then tuned."""
    canaries: int = 0
    controls: int = 0
    manifest_sha256: str | None = None
    rows_tested: int = 0
    rows_left_out: dict[str, int] = {}
    """Reason to number of rows that were not tested."""
    personal: tuple[PersonalSummary, ...] = ()
    not_measured: dict[str, str] = {}
    """What nobody could look at, name to reason."""
    notes: tuple[str, ...] = ()
    command: str
    version: str
    seed: int
    schema: int = 1
