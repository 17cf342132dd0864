"""The page on the estimate says what the shipped estimator's table says."""

from __future__ import annotations

from pathlib import Path

from holdfast.plan.article import SCENARIOS, article_estimate
from holdfast.plan.calibrated import estimator

PAGE = (Path(__file__).parents[3] / "docs" / "explanation" / "risk-estimate.md").read_text(encoding="utf-8")


def test_the_table_of_errors_is_the_estimators() -> None:
    for prompt, fitted in estimator().prompts.items():
        for one in fitted.errors:
            errors = (one.calibrated, one.article, one.article_with_identity, one.mean)
            line = f"| {prompt} | {one.held_out} | {' | '.join(f'{error:.3f}' for error in errors)} | {100 * one.covered:.0f} % |"
            assert line in PAGE


def test_the_scenarios_are_the_formulas() -> None:
    for scenario in SCENARIOS:
        found = article_estimate(scenario)
        retained = f"{100 * found.retained:.1f}".removesuffix(".0")
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| {scenario.name} |"))
        assert line.endswith(f"| {found.final:.4g} | {retained} % | {found.risk} |")
    assert f"{estimator().organisms} lab organisms" in PAGE
