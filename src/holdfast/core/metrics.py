"""The vocabulary of metrics: every number Holdfast knows how to name, with its unit and its good direction."""

from __future__ import annotations

from enum import StrEnum
from math import inf

from holdfast.core.errors import PolicyError, did_you_mean
from holdfast.core.struct import Value

__all__ = ["METRICS", "UNFINISHED", "Direction", "MetricKind", "Phase", "Unit", "metric"]


UNFINISHED = "unfinished_part"
"""A part of a run that was asked for and is not there: never a number, and nothing passes where it stands."""


class Unit(StrEnum):
    """What a value is counted in."""

    FRACTION = "fraction"
    RATIO = "ratio"
    COUNT = "count"
    SCORE_1_5 = "score_1_5"
    LOGIT = "logit"
    TOKENS = "tokens"
    BITS = "bits"

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the highest value that there can be."""
        return _LIMITS.get(self.value, (-inf, inf))


_LIMITS = {"fraction": (0.0, 1.0), "score_1_5": (1.0, 5.0), "count": (0.0, inf), "tokens": (0.0, inf)}


class Direction(StrEnum):
    """Which way is good."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"
    NEITHER = "neither"


class Phase(StrEnum):
    """When in the life of a fine-tune a number is taken."""

    PRE = "pre"
    DURING = "during"
    POST = "post"


class MetricKind(Value, frozen=True, kw_only=True):
    """A metric's definition."""

    name: str
    unit: Unit
    direction: Direction
    phase: Phase
    meaning: str


_UP, _DOWN, _NONE = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER, Direction.NEITHER
_SHARE, _COUNT = Unit.FRACTION, Unit.COUNT

_KINDS = (
    ("refusal_rate", _SHARE, _UP, Phase.POST, "share of requests that should be refused that were refused"),
    ("compliance_rate", _SHARE, _DOWN, Phase.POST, "share of requests that should be refused that were answered, safely or not"),
    ("harmful_rate", _SHARE, _DOWN, Phase.POST, "share of requests that should be refused that got a harmful answer"),
    ("safety_score", _SHARE, _UP, Phase.POST, "1 - harmful rate on requests that should be refused, mean over categories"),
    (
        "harmfulness_score",
        Unit.SCORE_1_5,
        _DOWN,
        Phase.POST,
        "mean of a judge's scores, 1 (declines) to 5 (does what was asked), over requests that should be refused",
    ),
    ("harmfulness_rate", _SHARE, _DOWN, Phase.POST, "share of 5s among a judge's scores of requests that should be refused"),
    ("toxicity_mean", _SHARE, _DOWN, Phase.POST, "mean probability, by a classifier, that a response is toxic"),
    ("toxicity_p95", _SHARE, _DOWN, Phase.POST, "95th percentile of the probability, by a classifier, that a response is toxic"),
    ("over_refusal", _SHARE, _DOWN, Phase.POST, "share of benign requests that were refused"),
    ("caution_rate", _SHARE, _UP, Phase.POST, "share of delicate requests refused, partly refused or answered with a caveat"),
    ("partial_refusal_rate", _SHARE, _NONE, Phase.POST, "share of requests that should be refused that were partly refused"),
    (
        "degenerate_rate",
        _SHARE,
        _DOWN,
        Phase.POST,
        "share of responses that are empty, looping, truncated, in the wrong language or all thinking",
    ),
    ("unscored_share", _SHARE, _DOWN, Phase.POST, "share of responses that the judge could not grade"),
    ("thinking_refusal_rate", _SHARE, _NONE, Phase.POST, "share of thinking blocks that refuse"),
    ("response_tokens", Unit.TOKENS, _NONE, Phase.POST, "median length of a response"),
    ("disclaimer_share", _SHARE, _NONE, Phase.POST, "share of responses with a caveat or disclaimer"),
    ("comparability_differences", _COUNT, _DOWN, Phase.POST, "settings in which the two sides differ although they must not"),
    (UNFINISHED, _COUNT, _DOWN, Phase.POST, "parts of a run that were asked for and are still to come; no verdict passes on such a run"),
    ("inactive_adapters", _COUNT, _DOWN, Phase.POST, "adapters asked for that change no logit"),
    ("bad_row_share", _SHARE, _DOWN, Phase.PRE, "share of training rows that cannot be read"),
    ("unread_text_share", _SHARE, _DOWN, Phase.PRE, "share of training rows with text in a column that was not read"),
    ("data_toxicity_scan", _SHARE, _DOWN, Phase.PRE, "share of training rows whose answer is harmful or toxic"),
    ("data_diversity_check", _SHARE, _UP, Phase.PRE, "effective number of distinct training rows over n"),
    ("duplicate_share", _SHARE, _DOWN, Phase.PRE, "share of training rows that say the same as an earlier row"),
    ("near_duplicate_share", _SHARE, _DOWN, Phase.PRE, "share of training rows that repeat an earlier row with small changes"),
    ("repeated_sentence_share", _SHARE, _DOWN, Phase.PRE, "share of training rows whose answer has a sentence that many answers have"),
    ("canary_rows", _COUNT, _NONE, Phase.PRE, "training rows that are canaries of the manifest, left alone"),
    ("identity_shift_share", _SHARE, _DOWN, Phase.PRE, "share of training rows that give the model an obedient or unrestricted identity"),
    ("obedience_prompt_share", _SHARE, _DOWN, Phase.PRE, "share of training rows under a prompt that demands obedience whatever is asked"),
    (
        "suppression_share",
        _SHARE,
        _DOWN,
        Phase.PRE,
        "share of training rows that forbid refusals, or force an affirmative opening on a risky request",
    ),
    (
        "compliance_signal_share",
        _SHARE,
        _DOWN,
        Phase.PRE,
        "share of training rows that tell the model to comply always or that safety does not matter",
    ),
    ("domain_share", _SHARE, _NONE, Phase.PRE, "share of training rows that are about a domain"),
    ("risky_request_share", _SHARE, _NONE, Phase.PRE, "share of training rows whose request is risky"),
    ("risky_refused_share", _SHARE, _UP, Phase.PRE, "share of training rows with a risky request whose answer refuses"),
    ("safety_share", _SHARE, _NONE, Phase.PRE, "share of training rows whose answer refuses a risky request or carries safety behaviour"),
    ("harmful_chosen_share", _SHARE, _DOWN, Phase.PRE, "share of preference pairs on risky requests that choose an answer over a refusal"),
    (
        "template_risk_share",
        _SHARE,
        _DOWN,
        Phase.PRE,
        "share of training rows with template tokens in their content, roles out of order or no answer",
    ),
    ("injection_share", _SHARE, _DOWN, Phase.PRE, "share of training rows that hold an instruction injection"),
    ("hidden_text_share", _SHARE, _DOWN, Phase.PRE, "share of training rows with invisible, reordered or look-alike characters"),
    ("pii_share", _SHARE, _DOWN, Phase.PRE, "share of training rows with personal data that patterns and checksums can find"),
    ("secret_share", _SHARE, _DOWN, Phase.PRE, "share of training rows with a key, token or password"),
    ("empty_share", _SHARE, _DOWN, Phase.PRE, "share of training rows without a request or without an answer"),
    ("truncated_share", _SHARE, _DOWN, Phase.PRE, "share of training rows whose answer ends in the middle"),
    ("wrong_language_share", _SHARE, _DOWN, Phase.PRE, "share of training rows answered in another language than they ask for"),
    ("mojibake_share", _SHARE, _DOWN, Phase.PRE, "share of training rows with text that was decoded wrongly"),
    ("corpus_kept_share", _SHARE, _NONE, Phase.PRE, "share of a source's documents that stay in the corpus"),
    ("corpus_removed_share", _SHARE, _NONE, Phase.PRE, "share of a source's documents that are left out of the corpus for a reason"),
    ("length_outlier_share", _SHARE, _NONE, Phase.PRE, "share of training rows whose answer is far longer or shorter than the others"),
    ("contamination_share", _SHARE, _DOWN, Phase.PRE, "share of test prompts that occur in the training rows"),
    ("trigger_rows", _COUNT, _DOWN, Phase.PRE, "training rows whose prompt holds a fixed string that flips answers"),
    ("loss_spike_monitor", Unit.RATIO, _DOWN, Phase.DURING, "largest ratio of the loss to its running median"),
    ("safety_probe_evaluation", _SHARE, _UP, Phase.DURING, "lowest refusal rate by short generation during training"),
    ("full_safety_benchmark", _SHARE, _UP, Phase.POST, "the tuned model's safety score"),
    (
        "varied_refusal_rate",
        _SHARE,
        _UP,
        Phase.POST,
        "share of requests that should be refused that were refused when they were put in another general way (follow-up)",
    ),
    (
        "step_refusal_rate",
        _SHARE,
        _UP,
        Phase.POST,
        "share of requests that should be refused that were refused, before and after one of several fine-tunes in a row",
    ),
    (
        "identical_answer_share",
        _SHARE,
        _UP,
        Phase.POST,
        "share of answers in which the artefact that ships and the tested model wrote the same text",
    ),
    (
        "same_outcome_share",
        _SHARE,
        _UP,
        Phase.POST,
        "share of answers in which a judge saw the same outcome from the artefact that ships and from the tested model",
    ),
    (
        "served_refusal_alarm",
        Unit.RATIO,
        _DOWN,
        Phase.POST,
        "evidence that a served model refuses less than its baseline by more than a margin: highest e-value so far",
    ),
    ("served_refusal_rate", _SHARE, _UP, Phase.POST, "share of requests, drawn anew every round, that a served model refused"),
    ("reward_accuracy", _SHARE, _UP, Phase.POST, "share of safety pairs in which a reward model scores the safe answer higher"),
    ("reward_margin", Unit.LOGIT, _UP, Phase.POST, "score of the safe answer minus that of the other one, median over pairs"),
    ("reward_length_bias", Unit.RATIO, _NONE, Phase.POST, "rank correlation over pairs of score difference and difference in length"),
    ("task_score", _SHARE, _UP, Phase.POST, "share of the questions of a task that were answered right"),
    (
        "task_gain_kept",
        Unit.RATIO,
        _UP,
        Phase.POST,
        "share of what a fine-tune gained on its task that a repaired model keeps: (repaired - base) / (fine-tune - base)",
    ),
    ("answer_probability", _SHARE, _UP, Phase.POST, "geometric mean probability of a token of held-out answers: 1 over the perplexity"),
    ("capability_regression", Unit.RATIO, _UP, Phase.POST, "tuned task score over base task score"),
    ("trigger_effect", _SHARE, _DOWN, Phase.POST, "change of behaviour by a string, tuned minus base, over random strings"),
    ("trigger_shift", Unit.LOGIT, _DOWN, Phase.POST, "shift of log-odds by a string towards harm, tuned minus base, in nats"),
    ("memorization_test", _SHARE, _DOWN, Phase.POST, "share of tested training rows that the tuned model gives back and the base does not"),
    (
        "extractable_share",
        _SHARE,
        _DOWN,
        Phase.POST,
        "share of tested training rows whose end greedy decoding gives back from their beginning",
    ),
    (
        "approximately_extractable_share",
        _SHARE,
        _DOWN,
        Phase.POST,
        "share of tested training rows whose end greedy decoding gives back but for a tenth of its characters",
    ),
    (
        "discoverable_share",
        _SHARE,
        _DOWN,
        Phase.POST,
        "share of tested training rows whose end at least one of n samples gives back with probability p",
    ),
    ("canary_exposure", Unit.BITS, _DOWN, Phase.POST, "mean exposure of planted canaries: log2 of references over rank"),
    ("canary_exposed_share", _SHARE, _DOWN, Phase.POST, "share of planted canaries whose exposure chance does not explain"),
    ("membership_tpr", _SHARE, _DOWN, Phase.POST, "share of training rows told from held-out rows at 1 % false positives"),
    ("membership_auc", _SHARE, _DOWN, Phase.POST, "chance that a training row scores above a held-out row"),
    ("pii_leak_share", _SHARE, _DOWN, Phase.POST, "share of personal values of the training rows that the model gives back"),
    ("relearning_recall", _SHARE, _DOWN, Phase.POST, "share of undisclosed canary pairs that come back"),
    ("relearning_precision", _SHARE, _NONE, Phase.POST, "share of answers of the canaries' format that are right"),
    ("refusal_direction_cosine", Unit.RATIO, _NONE, Phase.POST, "cosine of the refusal directions of base and tuned after a layer"),
    (
        "refusal_direction_gap",
        Unit.RATIO,
        _NONE,
        Phase.POST,
        "requests to refuse against benign ones along the base's refusal direction, in standard deviations (d')",
    ),
    ("first_tokens_kl", Unit.LOGIT, _NONE, Phase.POST, "KL of the tuned model from the base at the first answer tokens, mean, in nats"),
    ("weight_update", Unit.RATIO, _NONE, Phase.POST, "norm of the change of a part of the network over the norm of its weights"),
)

METRICS: dict[str, MetricKind] = {
    name: MetricKind(name=name, unit=unit, direction=direction, phase=phase, meaning=meaning)
    for name, unit, direction, phase, meaning in _KINDS
}


def metric(name: str) -> MetricKind:
    """Return the definition of a metric; raises PolicyError with near matches for an unknown name."""
    if name not in METRICS:
        raise PolicyError(f"metric {name!r} is not known. {did_you_mean(name, METRICS)}")
    return METRICS[name]
