"""What proves the lines of issue D: seeing safety go while a model is trained, and stopping in time.

The studies train organisms on the spot and take minutes.
"""

from __future__ import annotations

import sys

from scripts.evidence import Line

__all__ = ["LINES"]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", ""]
PYTHON = [sys.executable]

LINES = [
    Line(
        "1a",
        "four trainers, three damaging sets: seen before the loss converges, stopped, rolled back; 20 safe fine-tunes",
        [*PYTHON, "scripts/study_watch.py", "--safe", "20"],
    ),
    Line(
        "1b",
        "stop stops, rollback restores weights that refuse, the untouched start counts, a hand-written loop rolls back",
        [*PYTEST, "tests/unit/watch/test_callback.py", "-k", "stop or rollback or rolls_back or untouched"],
    ),
    Line("2", "losses and gradient norms are equal to the last bit with and without", [*PYTEST, "tests/unit/watch/test_no_trace.py"]),
    Line(
        "3",
        "the cheap probe against generated answers, 240 organisms: rank correlation, error after calibration on other recipes",
        [*PYTHON, "scripts/study_probe.py"],
    ),
    Line("4", "cost of a probe and of the callback (on a CPU; no GPU was at hand)", [*PYTHON, "benchmarks/watch_cost.py"]),
    Line(
        "5",
        "a probe that raises, a suite that cannot be tokenised, a full disk, NaN from step 3, kill -9 and resume",
        [
            *PYTEST,
            "tests/unit/watch/test_callback.py",
            "tests/unit/watch/test_watcher.py",
            "-k",
            "raises or tokenised or full_disk or nan or killed or failing",
        ],
    ),
    Line("6", "drift: an undamaged LoRA inside its noise floor, the identity shift not; the page", [*PYTEST, "tests/e2e/test_drift.py"]),
    Line(
        "7",
        "the tutorial's commands run as they stand; examples for Trainer and TRL run; holdfast train stops by the watch",
        [
            *PYTEST,
            "tests/contracts/test_docs_run.py",
            "tests/contracts/test_examples.py",
            "tests/unit/cli/test_train_command.py",
            "-k",
            "stop-a-training or watch_trl or watch_trainer or train_command",
        ],
    ),
    Line(
        "8",
        "a served model: false alarms over whole watches, rounds until a fall is found; a server that is down; what an alarm tells",
        [*PYTHON, "scripts/study_served.py"],
    ),
    Line("8b", "the same against a server on loopback", [*PYTEST, "tests/unit/watch/test_served.py"]),
    Line(
        "9",
        "a reward is audited: preference, length, nothing harmful in the pairs",
        [*PYTEST, "tests/unit/watch/test_rewards.py"],
        reduced=True,
    ),
    Line("10", "the review queue puts planted rows first; fine-tunes without them", [*PYTHON, "scripts/study_ranking.py", "--train"]),
]
