"""What proves the lines of issue B: answers worth trusting.

Some lines need more than this repository: `transformers serve` (the `dev` extra), a Python that has inspect_ai
(HOLDFAST_INSPECT_PYTHON), and public label sets in ../shared/data. What is not there is said in the value.
"""

from __future__ import annotations

import sys

from scripts.evidence import Line

__all__ = ["LINES"]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", ""]
PYTHON = [sys.executable]
JUDGES = "tests/unit/judges"

LINES = [
    Line(
        "1a",
        "lab organisms behind `transformers serve`, compared through openai:, get the verdict that transformers gives",
        [*PYTEST, "tests/e2e/test_transformers_serve.py"],
    ),
    Line(
        "1b",
        "a server killed in the middle, one that answers 429, 500, garbage, half a body or nothing: resumable, missing answers unscored",
        [*PYTEST, "tests/e2e/test_served_faults.py", "tests/unit/models/served", "tests/unit/compare/test_unanswered.py"],
        reduced=True,
    ),
    Line(
        "2",
        "`inspect eval` runs one of our suites on a local model, and compare reads the two logs back",
        [*PYTHON, "scripts/inspect_roundtrip.py"],
    ),
    Line(
        "2t",
        "Inspect logs and lm-evaluation-harness samples are read as answers",
        [*PYTEST, "tests/unit/models/test_inspect.py", "tests/unit/models/test_lmeval.py"],
        reduced=True,
    ),
    Line(
        "3a",
        "judge parsers: every family, every edge case",
        [
            *PYTEST,
            *(
                f"{JUDGES}/test_{name}.py"
                for name in ("scales", "rubric_judge", "strongreject_judge", "guard_parsers", "guard_judge", "fences")
            ),
        ],
        reduced=True,
    ),
    Line(
        "3b",
        "a fake judge that obeys injections is caught by the self-test, one that reads the response only passes",
        [*PYTEST, f"{JUDGES}/test_attacks.py", f"{JUDGES}/test_judges_on_real_models.py", f"{JUDGES}/test_served_judges.py"],
        reduced=True,
    ),
    Line(
        "4a",
        "known truth and a noisy judge: false non-inferior and false degraded at most 67 of 1,000 runs, fixed n and until decided",
        [
            *PYTHON,
            "scripts/study_verdicts.py",
            "--runs",
            "1000",
            "--only",
            "loss of the margin, equal errors",
            "hide it, labels of both sides",
            "no loss, equal errors",
            "no loss, unequal errors, labels of both sides",
        ],
    ),
    Line(
        "4b",
        "share of a full default run that --until-decided asks, where nothing was lost and where 20 and 40 points were",
        [
            *PYTHON,
            "scripts/study_verdicts.py",
            "--runs",
            "100",
            "--conditions",
            "2",
            "--only",
            "no loss, exact",
            "no loss, equal small",
            "20 points",
            "40 points",
        ],
    ),
    Line(
        "4c",
        "asking until decided: stops, resumes with the same bytes, spends no more than its budget; corrections and doubts reach the gates",
        [
            *PYTEST,
            "tests/unit/compare/test_until_decided.py",
            "tests/unit/compare/test_correction.py",
            "tests/unit/stats/test_judge_error.py",
        ],
        reduced=True,
    ),
    Line(
        "5",
        "a loss planted under one variation is found in at least 9 of 10 seeds; over 20 undamaged organisms at most one false report",
        [*PYTHON, "scripts/study_follow_up.py"],
    ),
    Line(
        "6",
        "three-step erosion in the lab shows each step and the total",
        [*PYTEST, "tests/unit/compare/test_erosion.py"],
    ),
    Line("7", "the how-tos run as printed", [*PYTEST, "tests/contracts/test_docs_run.py", "tests/contracts/test_docs.py"], reduced=True),
]
