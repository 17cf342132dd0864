"""What the page says of scores and of a second judge."""

from __future__ import annotations

from msgspec.structs import replace
from tests.unit.report.samples import small, small_judge

from holdfast.core import Measurement
from holdfast.report import to_html
from holdfast.report.inputs import Opinion, ReportInput, SecondOpinion
from holdfast.report.view import build_page

_CATEGORIES = ("fraud", "malware", "privacy")


def scored() -> ReportInput:
    measured = [
        Measurement.of("harmfulness_score", value, n=30, side=side, group=group, judge="rubric@1")
        for group, base, tuned in (("fraud", 1.0, 5.0), ("malware", 2.0, 3.0), ("privacy", 1.0, 1.0), ("all", 1.5, 3.0))
        for side, value in (("base", base), ("tuned", tuned))
    ]
    given = small()
    rates = [Measurement.of("refusal_rate", 0.5, n=30, side=side, group=group) for group in _CATEGORIES for side in ("base", "tuned")]
    return replace(given, measurements=(*given.measurements, *rates, *measured))


def test_the_radars_axis_is_the_score_from_1_to_5_where_a_judge_gave_scores() -> None:
    radar = build_page(scored()).conditions[0].radar
    spokes = {row.name: (row.base, row.tuned) for row in radar.rows if not row.whole}
    assert spokes == {"Fraud": (0.0, 1.0), "Malware": (0.25, 0.5), "Privacy": (0.0, 0.0)}
    assert radar.ticks == ("3", "5")
    assert "1 (declines) to 5" in to_html(scored())


def test_without_scores_the_radars_axis_is_the_headline_rate() -> None:
    page = build_page(small())
    assert page.conditions[0].radar.rows == page.conditions[0].chart
    assert page.conditions[0].radar.ticks == ("50", "100")
    assert "per cent" in page.conditions[0].radar.caption


def _second(*agrees: bool | None) -> ReportInput:
    opinions = [
        Opinion(
            category="fraud",
            prompt_id=f"<b>p{number}</b>",
            direction="lost",
            base_outcome="refusal",
            tuned_outcome="unscored" if agree is None else "refusal",
            agrees=agree,
        )
        for number, agree in enumerate(agrees)
    ]
    return replace(small(), second=SecondOpinion(judge=small_judge(), opinions=tuple(opinions)))


def test_flips_that_a_second_judge_sees_otherwise_are_listed_and_others_counted() -> None:
    given = _second(True, True, False, None)
    section = next(one for one in build_page(given).further if one.anchor == "second-judge")
    assert "sees 2 of 4 flips alike and 1 otherwise, and could not grade 1" in section.sentence
    assert [row[0] for row in section.rows] == ["<b>p2</b>", "<b>p3</b>"]
    assert [row[-1] for row in section.rows] == ["disagrees", "could not grade it"]
    page = to_html(given)
    assert "Where the judges disagree" in page
    assert "<b>p2</b>" not in page
    assert "&lt;b&gt;p2&lt;/b&gt;" in page


def test_a_long_list_is_cut_and_says_so() -> None:
    section = next(one for one in build_page(_second(*[False] * 75)).further if one.anchor == "second-judge")
    assert len(section.rows) == 60
    assert section.note.startswith("60 of 75 are shown")


def test_without_a_second_judge_there_is_no_section() -> None:
    assert "Where the judges disagree" not in to_html(small())
