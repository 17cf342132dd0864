"""After training: two models, identical prompts, and what changed between them."""

from holdfast.compare.artefact import ArtefactSpec, compare_artefact
from holdfast.compare.capability.spec import CapabilitySpec
from holdfast.compare.estimating import Estimate, estimate_comparison
from holdfast.compare.facts import (
    Comparison,
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
from holdfast.compare.generation.spec import GenerateSpec
from holdfast.compare.graders import Judges, open_grader
from holdfast.compare.regrading import grade_again, read_asked, read_comparison, write_comparison
from holdfast.compare.run import run_comparison
from holdfast.compare.spec import CompareSpec, UntilDecided

__all__ = [
    "ArtefactSpec",
    "CapabilitySpec",
    "CompareSpec",
    "Comparison",
    "Estimate",
    "FlipCounts",
    "FlippedPrompt",
    "GenerateSpec",
    "JudgeFacts",
    "Judges",
    "ModelFacts",
    "Opening",
    "Opinion",
    "ResponsePatterns",
    "SecondOpinion",
    "SuiteFacts",
    "UntilDecided",
    "compare_artefact",
    "estimate_comparison",
    "grade_again",
    "open_grader",
    "read_asked",
    "read_comparison",
    "run_comparison",
    "write_comparison",
]
