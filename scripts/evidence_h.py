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
    Line(
        "2",
        "rows that shift the identity: found, trained with a warning, stopped, failed, repaired, passed; killed three times on the way",
        [*PYTEST, "-s", "tests/e2e/test_run_story.py", "tests/unit/pipeline/test_running.py"],
        last_lines=6,
    ),
    Line(
        "3",
        "fifty runs written by four processes at once, on a real PostgreSQL and on SQLite: nothing lost, nothing doubled",
        [*PYTEST, "tests/unit/history"],
    ),
    Line(
        "7",
        "the tutorial from init to a verdict on a model folder, and the pages of run, history and verify, run as they stand",
        [*PYTEST, "tests/contracts/test_docs_run.py", "-k", "from-rows-to or run-everything or keep-a-history or attest-a-verdict"],
    ),
    Line(
        "5",
        "a run published to a real MLflow server (a throw-away environment) and read back, W&B offline",
        [*PYTHON, "scripts/mlflow_roundtrip.py"],
    ),
    Line(
        "5b",
        "the steps of the GitHub Action and the GitLab job, run as scripts",
        [*PYTEST, "tests/contracts/test_ci_templates.py"],
        reduced=True,
    ),
    Line(
        "6",
        "in-toto and CycloneDX files against their schemas, verify after one byte of the weights, and what ships by its answers",
        [*PYTEST, "tests/unit/provenance", "tests/unit/pipeline/test_attesting.py", "tests/unit/pipeline/test_artefacts.py"],
    ),
    Line(
        "4",
        "view in headless Chromium with 500 runs: the first page, hostile answers, other origins, no token, the keyboard alone",
        [*PYTEST, "tests/unit/view", "tests/e2e/test_view_browser.py"],
        last_lines=3,
    ),
]
