"""Value types, digests, errors and exit codes: the vocabulary that all folders share."""

from holdfast.core.digests import canonical_json, digest, digest_bytes, digest_file, pretty_json, short
from holdfast.core.errors import (
    ComparabilityError,
    HoldfastError,
    InputError,
    JudgeError,
    MissingExtraError,
    ModelError,
    PluginError,
    PolicyError,
    RunFolderError,
    SuiteError,
    UnsupportedSetupError,
    WorkerError,
    did_you_mean,
    name_too_long,
)
from holdfast.core.exits import ExitCode
from holdfast.core.findings import Finding, Severity
from holdfast.core.grades import Grade, Manner, Outcome
from holdfast.core.measurements import Anytime, Design, Measurement, PairedCounts, Side
from holdfast.core.metrics import METRICS, UNFINISHED, Direction, MetricKind, Phase, Unit, metric
from holdfast.core.prompts import DEFAULT_CONDITION, VARIATION_PREFIX, Condition, Expected, Message, Prompt, Suite, Variation, prompt_text
from holdfast.core.records import Record
from holdfast.core.responses import FinishReason, Response
from holdfast.core.seeds import MOST_SEED, check_seed
from holdfast.core.struct import Value
from holdfast.core.verdicts import Decision, GateResult, Verdict, worst
from holdfast.core.yaml_text import parse_yaml

__all__ = [
    "DEFAULT_CONDITION",
    "METRICS",
    "MOST_SEED",
    "UNFINISHED",
    "VARIATION_PREFIX",
    "Anytime",
    "ComparabilityError",
    "Condition",
    "Decision",
    "Design",
    "Direction",
    "ExitCode",
    "Expected",
    "Finding",
    "FinishReason",
    "GateResult",
    "Grade",
    "HoldfastError",
    "InputError",
    "JudgeError",
    "Manner",
    "Measurement",
    "Message",
    "MetricKind",
    "MissingExtraError",
    "ModelError",
    "Outcome",
    "PairedCounts",
    "Phase",
    "PluginError",
    "PolicyError",
    "Prompt",
    "Record",
    "Response",
    "RunFolderError",
    "Severity",
    "Side",
    "Suite",
    "SuiteError",
    "Unit",
    "UnsupportedSetupError",
    "Value",
    "Variation",
    "Verdict",
    "WorkerError",
    "canonical_json",
    "check_seed",
    "did_you_mean",
    "digest",
    "digest_bytes",
    "digest_file",
    "metric",
    "name_too_long",
    "parse_yaml",
    "pretty_json",
    "prompt_text",
    "short",
    "worst",
]
