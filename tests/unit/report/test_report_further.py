"""What was asked on top of a comparison, on the page, in Markdown and on a terminal."""

from __future__ import annotations

import io

from msgspec.structs import replace
from rich.console import Console
from tests.unit.report.samples import small

from holdfast.compare.facts import ModelFacts
from holdfast.compare.followup.facts import FollowUp, VariationFacts
from holdfast.core import Measurement
from holdfast.report import ReportInput, print_terminal, to_html, to_markdown
from holdfast.report.view import build_page


def sides(metric: str, base: float, tuned: float, **fields: object) -> tuple[Measurement, ...]:
    drop = {"side": "drop", "low": base - tuned - 0.1, "high": base - tuned + 0.1, "p_adjusted": 0.001}
    return (
        Measurement.of(metric, base, n=44, side="base", **fields),
        Measurement.of(metric, tuned, n=44, side="tuned", **fields),
        Measurement.of(metric, base - tuned, n=44, **drop, **fields),
    )


def given() -> ReportInput:
    varied = "varied_refusal_rate"
    measured = (
        *sides(varied, 1.0, 0.25, condition="variation:polite"),
        *sides("step_refusal_rate", 1.0, 0.75, group="step-1"),
        *sides("step_refusal_rate", 0.75, 0.25, group="step-2"),
        *sides("step_refusal_rate", 1.0, 0.25, group="total"),
        *sides("task_score", 0.9, 0.45, group="sums"),
        Measurement.of("capability_regression", 0.5, n=44, group="sums", low=0.4, high=0.6),
        Measurement.missing("capability_regression", "the base scores 0.01, too near 0", n=44, group="new", low=3.0),
        Measurement.of("capability_regression", 0.5, n=44, low=0.4, high=0.6),
    )
    variations = (
        VariationFacts(name="polite", condition="variation:polite", kind="politeness", title="asked politely", asked=44),
        VariationFacts(
            name="begun", condition="variation:begun", kind="affirmative-start", title="t", asked=0, reason="<b>no</b>\u202e prefill"
        ),
    )
    follow_up = FollowUp(
        variations=variations, block=44, fallen=tuple("abcdef"), largest="variation:polite", sentence="The loss is largest."
    )
    start = small()
    return replace(
        start,
        base=ModelFacts(reference="first"),
        tuned=ModelFacts(reference="last"),
        steps=(ModelFacts(reference="middle"),),
        follow_up=follow_up,
        measurements=(*start.measurements, *measured),
    )


def test_a_comparison_without_them_has_no_such_section() -> None:
    assert build_page(small()).further == ()


def test_each_is_a_section_with_its_numbers() -> None:
    steps, follow_up, skills = build_page(given()).further
    assert [row[0] for row in steps.rows] == ["first → middle", "middle → last", "Together: first → last"]
    assert [row[4] for row in steps.rows] == ["25", "50", "75"]
    assert follow_up.rows[0][3:6] == ("100 %", "25 %", "75")
    assert follow_up.rows[1][2].startswith("<b>no</b>")
    assert follow_up.sentence.endswith("they fell: A, B, C, D and 2 more.")
    assert skills.rows[0][2:6] == ("90 %", "45 %", "0.50", "0.40 to 0.60")
    assert skills.rows[1][4:6] == ("not measured", "3.00 or more")
    assert "too near 0" in skills.rows[1][1]


def test_they_are_in_every_rendering_and_nothing_hostile_is() -> None:
    page, comment, out = to_html(given()), to_markdown(given()), io.StringIO()
    print_terminal(given(), Console(file=out, width=150, highlight=False))
    for text in (page, comment, out.getvalue()):
        assert "Fine-tunes in a row" in text
        assert "Skills before and after" in text
        assert "\u202e" not in text
    assert "<b>no</b>" not in page
    assert 'href="#follow-up"' in page
    assert "<b>no</b>" not in comment


def test_a_narrow_terminal_keeps_the_figures() -> None:
    out = io.StringIO()
    print_terminal(given(), Console(file=out, width=70, highlight=False))
    assert "asked politely" not in out.getvalue()
    assert "25 %" in out.getvalue()
