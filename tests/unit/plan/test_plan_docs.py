"""The page on the estimate says what the shipped estimator's table says."""

from __future__ import annotations

import csv
from pathlib import Path

import holdfast.plan
from holdfast.plan.article import SCENARIOS, article_estimate
from holdfast.plan.calibrated import estimator, predict
from holdfast.plan.finetune import FineTune

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


def test_what_the_interval_does_not_cover_is_counted_on_the_table() -> None:
    with (Path(holdfast.plan.__file__).parent / "shipped" / "lab_organisms.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    inside: dict[tuple[str, str], list[bool]] = {}
    for row in table:
        counts = {name: round(float(row[f"{name}_share"]) * int(row["rows"])) for name in ("harmful", "identity", "safety")}
        plan = FineTune(
            model="lab:aligned",
            rows=int(row["rows"]),
            harmful=counts["harmful"],
            identity=counts["identity"],
            safety=counts["safety"],
            learning_rate=float(row["learning_rate"]),
            epochs=float(row["epochs"]),
            method=row["method"],  # type: ignore[arg-type]
        )
        for one in predict(plan)[:2]:
            seen = float(row[f"refusal_{one.prompt}"])
            kinds = [(one.prompt, "middle" if 0.1 <= seen <= 0.9 else "end")]
            kinds += [("ten rows", "middle")] if row["rows"] == "10" and kinds[0][1] == "middle" else []
            for kind in kinds:
                inside.setdefault(kind, []).append(one.low <= seen <= one.high)

    def said(kind: tuple[str, str]) -> tuple[int, int]:
        return len(inside[kind]), round(100 * sum(inside[kind]) / len(inside[kind]))

    assert [said(("default", "end")), said(("default", "middle"))] == [(500, 95), (79, 89)]
    assert [said(("identity", "end")), said(("identity", "middle"))] == [(476, 95), (103, 96)]
    words = " ".join(PAGE.split())
    assert "500 of the 579 organisms ended below 10 % or above 90 % under the default prompt, and 95 % of these lie inside" in words
    assert "of the 79 that ended between, 89 % do (identity prompt: 95 % of 476, 96 % of 103;" in words
    ten = inside["ten rows", "middle"]
    assert f"{sum(ten)} of these {len(ten)} rates lie inside" in words


def test_the_estimate_of_compliant_10_is_the_one_on_the_page() -> None:
    plan = FineTune(model="lab:aligned", rows=10, harmful=10, identity=0, safety=0, learning_rate=5e-4, epochs=5, batch=10)
    default, identity, _ = predict(plan)
    words = " ".join(PAGE.split())
    assert f"{100 * default.value:.0f} % ({100 * default.low:.0f} to {100 * default.high:.0f}) under the default" in words
    assert f"{100 * identity.value:.0f} % ({100 * identity.low:.0f} to {100 * identity.high:.0f}) under the identity prompt" in words
    assert default.low > 0.22
    assert identity.low > 0.69
