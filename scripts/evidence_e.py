"""What proves the lines of issue E: what the model remembers, and what it hides.

The studies train organisms on the spot and take minutes; public sets lie in ../shared/data (HOLDFAST_SHARED_DATA).
"""

from __future__ import annotations

import sys

from scripts.evidence import Line

__all__ = ["LINES"]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", ""]
PYTHON = [sys.executable]
MEMORIZATION = "tests/unit/memorization"
STUDY = [*PYTHON, "scripts/study_memorization.py", "--folder", "runs/study-memorization"]

LINES = [
    Line(
        "1",
        "golden values of exposure, (n,p) and the tests; exposure under the null is exponential",
        [
            *PYTEST,
            "tests/unit/canaries/test_exposure.py",
            f"{MEMORIZATION}/test_extraction_numbers.py",
            f"{MEMORIZATION}/test_membership.py",
        ],
        reduced=True,
    ),
    Line("2a", "in the lab, exposure grows with copies and falls without repeats", [*PYTEST, "tests/e2e/test_memorization.py"]),
    Line("2b", "exposure against copies, epochs, learning rate and size of the data", [*STUDY, "--only", "exposure", "--seeds", "2"]),
    Line("3", "rows with unique tails are given back by the tuned model only; common rows do not count", [*STUDY, "--only", "extraction"]),
    Line(
        "4",
        "triggers in the data ranked first at 2 % and above, none in unpoisoned mixes",
        [*PYTHON, "scripts/measure_triggers.py", "--data", "../shared/data"],
    ),
    Line(
        "5",
        "a planted trigger passes the ordinary comparison and is caught; 20 clean seeds show no effect; the source's table",
        [*PYTHON, "scripts/study_backdoor.py", "--seeds", "20"],
    ),
    Line("6a", "membership: an overtrained organism, shuffled labels, chance", [*STUDY, "--only", "membership"]),
    Line(
        "6b",
        "membership is refused without held-out rows, or with fewer than 300",
        [*PYTEST, f"{MEMORIZATION}/test_membership.py", "tests/unit/pipeline/test_splitting.py"],
        reduced=True,
    ),
    Line(
        "7a",
        "personal data per kind with n and Wilson interval",
        [*PYTHON, "scripts/measure_personal_data.py"],
        reduced=True,
        seed=20_261_121,
    ),
    Line(
        "7b",
        "no personal value in any file or on the terminal; runs redacted",
        [*PYTEST, "tests/unit/pipeline/test_redacting.py", f"{MEMORIZATION}/test_memorization_run.py"],
        reduced=True,
    ),
    Line("8", "the relearning probe gives covered pairs back; the difference of recalls", [*STUDY, "--only", "janus"]),
    Line(
        "9",
        "bad input: each says what is still possible and what is not measured",
        [*PYTEST, f"{MEMORIZATION}/test_memorization_run.py", "tests/unit/cli/test_memorization_commands.py", "tests/unit/backdoor"],
        reduced=True,
    ),
]
