"""What a tuned model remembers that its base does not: canaries, the user's own rows, personal data."""

from holdfast.memorization.extraction import RowExtraction, samples_needed
from holdfast.memorization.facts import CurvePoint, Memorization, PersonalSummary, SideFacts
from holdfast.memorization.membership import (
    LEAST_HELD_OUT,
    SIGNALS,
    MembershipResult,
    RowSignals,
    membership_result,
    separation,
)
from holdfast.memorization.personal import PersonalProbe
from holdfast.memorization.relearning import RelearningAnswer
from holdfast.memorization.run import run_memorization
from holdfast.memorization.spec import MemorizationSpec

__all__ = [
    "LEAST_HELD_OUT",
    "SIGNALS",
    "CurvePoint",
    "MembershipResult",
    "Memorization",
    "MemorizationSpec",
    "PersonalProbe",
    "PersonalSummary",
    "RelearningAnswer",
    "RowExtraction",
    "RowSignals",
    "SideFacts",
    "membership_result",
    "run_memorization",
    "samples_needed",
    "separation",
]
