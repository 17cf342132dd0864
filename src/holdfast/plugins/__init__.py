"""The plug-in kinds and how they are found. Built-ins and strangers pass through the same door: an entry point per plug-in.

| kind     | entry-point group    | the entry point is                                                                             |
| -------- | -------------------- | ---------------------------------------------------------------------------------------------- |
| model    | `holdfast.models`    | a callable `() -> ModelKind` (its class)                                                       |
| judge    | `holdfast.judges`    | a callable `(model reference or None) -> Judge`; one with variants takes `variant: str` too    |
| suite    | `holdfast.suites`    | a callable `(source or None, SuiteOptions) -> Suite`                                           |
| detector | `holdfast.detectors` | a callable `(ScanOptions) -> Detector`                                                         |
"""

from holdfast.plugins.contents import file_digest, judge_contents, judge_stamps, model_contents, model_files, model_of_judge, place_exists
from holdfast.plugins.detectors import (
    Conclusion,
    Detector,
    DetectorCard,
    DetectorFactory,
    Kept,
    Located,
    Locator,
    Redactor,
    ScanOptions,
    TellsSafety,
)
from holdfast.plugins.insides import InsideFacts, InsideRequest, LayerDrift, LooksInside, RowPull, RowPulls, WeighsRows
from holdfast.plugins.judges import GradingItem, Judge, JudgeCard, JudgeFactory, LedgerRow, ScreensRefusals
from holdfast.plugins.ledgers import Ledger, add_to_ledger, give_ledger, read_ledger
from holdfast.plugins.listing import judge_cards, list_suites
from holdfast.plugins.models import (
    Capabilities,
    Classifier,
    Engine,
    Generation,
    GenerationRequest,
    MeasuresServer,
    ModelFingerprint,
    ModelKind,
    ModelOptions,
    Relearner,
    Relearning,
    Rewarder,
    RoundTrips,
    Sampling,
    ScoreRequest,
    ScoreResult,
    ServerCheck,
    TokenScores,
)
from holdfast.plugins.opening import close_judge, model_kind, open_judge, open_models, open_suite, open_suites, resolve_reference
from holdfast.plugins.registry import Kind, load, names, register
from holdfast.plugins.suites import SuiteFactory, SuiteOptions, SuiteSummary
from holdfast.plugins.triggers import MinedTrigger, MinedTriggers, MinesTriggers

__all__ = [
    "Capabilities",
    "Classifier",
    "Conclusion",
    "Detector",
    "DetectorCard",
    "DetectorFactory",
    "Engine",
    "Generation",
    "GenerationRequest",
    "GradingItem",
    "InsideFacts",
    "InsideRequest",
    "Judge",
    "JudgeCard",
    "JudgeFactory",
    "Kept",
    "Kind",
    "LayerDrift",
    "Ledger",
    "LedgerRow",
    "Located",
    "Locator",
    "LooksInside",
    "MeasuresServer",
    "MinedTrigger",
    "MinedTriggers",
    "MinesTriggers",
    "ModelFingerprint",
    "ModelKind",
    "ModelOptions",
    "Redactor",
    "Relearner",
    "Relearning",
    "Rewarder",
    "RoundTrips",
    "RowPull",
    "RowPulls",
    "Sampling",
    "ScanOptions",
    "ScoreRequest",
    "ScoreResult",
    "ScreensRefusals",
    "ServerCheck",
    "SuiteFactory",
    "SuiteOptions",
    "SuiteSummary",
    "TellsSafety",
    "TokenScores",
    "WeighsRows",
    "add_to_ledger",
    "close_judge",
    "file_digest",
    "give_ledger",
    "judge_cards",
    "judge_contents",
    "judge_stamps",
    "list_suites",
    "load",
    "model_contents",
    "model_files",
    "model_kind",
    "model_of_judge",
    "names",
    "open_judge",
    "open_models",
    "open_suite",
    "open_suites",
    "place_exists",
    "read_ledger",
    "register",
    "resolve_reference",
]
