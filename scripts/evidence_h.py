"""What proves the lines of issue H: plan, one pipeline, one history."""

from __future__ import annotations

import sys

from scripts.evidence import Line

__all__ = ["LINES"]

PYTEST = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-m", ""]
PYTHON = [sys.executable]

LINES = [
    Line(
        "1a",
        "every table and number of the source article's formulas, and the seven scenarios",
        [*PYTEST, "tests/unit/plan/test_plan_tables.py", "tests/unit/plan/test_plan_formulas.py"],
        reduced=True,
    ),
    Line(
        "1b",
        "error of the calibrated estimator on held-out organisms, whole levels of every factor, beside the article's formula and the mean",
        [*PYTHON, "scripts/fit_plan_estimator.py", "--check"],
    ),
]
