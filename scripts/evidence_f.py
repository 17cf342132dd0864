"""What proves the lines of issue F: repairs, each measured on safety and on the task.

The studies train organisms on the spot and take from minutes to an hour; they go on where they stopped.
"""

from __future__ import annotations

import sys

from scripts.evidence import Line

__all__ = ["LINES"]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", ""]
PYTHON = [sys.executable]
TWO = ["--cases", "identity-shift,compliant-10-lora"]

LINES = [
    Line(
        "1",
        "every repair on eight damaging cases, five seeds: refusal, over-refusal and task of base, tuned and repaired, with intervals",
        [*PYTHON, "scripts/study_repairs.py"],
    ),
    Line(
        "1r",
        "the same for one seed, two cases and two repairs, and nothing written into the docs",
        [*PYTHON, "scripts/study_repairs.py", "--seeds", "1", "--only", "mix,mix+realign", "--no-page", "--afresh", *TWO],
        reduced=True,
    ),
    Line(
        "2",
        "safety and task against the share of safety rows, 0 to 30 %, three damaging sets, three seeds",
        [
            *PYTHON,
            "scripts/study_safety_share.py",
            "--seeds",
            "3",
            "--svg",
            "docs/images/safety-share.svg",
            "--page",
            "docs/explanation/repairs.md",
        ],
    ),
    Line(
        "3",
        "constrained SFT: published weights, cross-entropy's gradient at the start, packing, either padding, thinking, adapter off",
        [
            *PYTEST,
            "tests/unit/training/test_constrained.py",
            "tests/unit/training/test_answer_tokens.py",
            "tests/unit/training/test_held.py",
        ],
    ),
    Line(
        "3b",
        "while training: a killed training ends with the same weights; head first, tied heads, mean of the weights, replay, prefix",
        [*PYTEST, "tests/unit/pipeline/test_training.py", "tests/e2e/test_train_kill.py", "tests/unit/training/test_ordering.py"],
    ),
    Line(
        "4a",
        "alpha 0 and 1 equal base and tuned to the last bit; DoRA, modules_to_save, embeddings, tied weights and types handled or refused",
        [
            *PYTEST,
            "tests/unit/mitigate/weights/test_scaling.py",
            "tests/unit/mitigate/weights/test_adapter_scaling.py",
            "tests/unit/mitigate/weights/test_vectors.py",
            "tests/unit/mitigate/weights/test_gating.py",
        ],
        reduced=True,
    ),
    Line(
        "4b",
        "2 GB in shards: time against reading both and writing one, private memory against an idle torch, mergekit beside it",
        [*PYTHON, "benchmarks/scale_checkpoint.py"],
    ),
    Line(
        "5a",
        "the ensemble at weight 0 and 1 equals the tuned and the base model token for token, greedy and sampled, in one batch and in two",
        [
            *PYTEST,
            "tests/unit/models/test_ensemble.py",
            "tests/unit/mitigate/decoding/test_output_ensemble.py",
            "tests/unit/mitigate/decoding/test_serving.py",
        ],
        reduced=True,
    ),
    Line(
        "5b",
        "what a token of an ensemble costs, two models and an adapter in one batch",
        [*PYTHON, "benchmarks/ensemble_cost.py"],
    ),
    Line(
        "6",
        "auto on the identity shift ends inside its budget and passes; its commands, run by hand, give the same model and numbers",
        [
            *PYTEST,
            "tests/e2e/test_mitigate_auto.py",
            "tests/unit/pipeline/repairing",
            "tests/unit/mitigate/test_trials.py",
            "tests/unit/cli/test_mitigate_auto_command.py",
        ],
        reduced=True,
    ),
    Line(
        "7",
        "distilled rows hold no unrefused answer, graded, and the preamble nowhere; with an organism and with given answers",
        [*PYTEST, "tests/unit/mitigate/test_distilling.py"],
    ),
    Line(
        "8a",
        "bad input to mix, distill, template, realign and drop: one sentence each, nothing written",
        [
            *PYTEST,
            "tests/unit/cli/test_mitigate_data_commands.py",
            "tests/unit/mitigate/test_mixing.py",
            "tests/unit/mitigate/test_dropping.py",
            "tests/unit/mitigate/test_separating.py",
            "tests/unit/mitigate/test_safety_sources.py",
        ],
        reduced=True,
    ),
    Line(
        "8b",
        "bad input to scale, vector, layers and ensemble: one sentence, exit code 2, nothing written",
        [*PYTEST, "tests/unit/cli/test_mitigate_weight_commands.py", "tests/unit/mitigate/weights", "tests/unit/models/test_ensemble.py"],
        reduced=True,
    ),
]
