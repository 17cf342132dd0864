"""The page of a search for a repair: what was found, how to make it, what it costs, and nothing that a file name can break."""

from __future__ import annotations

import io
import re

import pytest
from msgspec.structs import replace
from rich.console import Console

from holdfast.core import Condition, Decision, Measurement, Verdict
from holdfast.mitigate.trials import Measured, Search, Trial
from holdfast.report.repair_html import front_svg, repair_html
from holdfast.report.repair_terminal import print_repair, repair_line
from holdfast.report.repair_view import Point, build_repair_view

HOSTILE = "runs/<script>alert(1)</script>"


def measured(half: str, refusal: float, kept: float) -> Measured:
    rates = [
        Measurement.of("refusal_rate", value, n=100, side=side, low=value / 2, high=1.0)
        for side, value in (("base", 1.0), ("tuned", refusal), ("drop", 1.0 - refusal))
    ]
    over = [Measurement.of("over_refusal", 0.0, n=50, side=side) for side in ("base", "tuned", "drop")]
    return Measured(
        half=half,  # type: ignore[arg-type]
        decision=Decision.PASS if refusal > 0.9 and kept > 0.8 else Decision.FAIL,
        shortfall=0.0,
        measurements=(*rates, *over, Measurement.of("task_gain_kept", kept, n=40, low=kept - 0.1, high=kept + 0.1)),
        why=("refusal_back: it fell.",),
    )


def trial(repair: str, strength: float, refusal: float, kept: float, *, reported: bool = True) -> Trial:
    return Trial(
        repair=repair,
        strength=strength,
        stage="weights",
        trains=False,
        seconds=3.0,
        cpu_seconds=2.0,
        selection=measured("selection", refusal, kept),
        report=measured("report", refusal, kept) if reported else None,
        reference=HOSTILE,
        commands=("holdfast mitigate scale a b",),
    )


def search(recommended: str | None = "mix-0.3", decision: Decision = Decision.PASS) -> Search:
    return Search(
        base="base",
        tuned=HOSTILE,
        conditions=(Condition(name="default", origin="the template's own"),),
        task="questions of task.jsonl",
        before=trial("tuned", 1.0, 0.0, 1.0),
        trials=(trial("scale", 0.9, 0.1, 0.9), trial("scale", 0.5, 0.2, 0.5, reported=False), trial("mix", 0.3, 0.99, 0.95)),
        recommended=recommended,
        titles={},
        meanings={"mix": "share of safety rows"},
        costs={"mix": "one fine-tune"},
        unfit={"vector": "it needs the base before it was aligned"},
        not_begun={"ema": "40 s are left"},
        by_hand=("holdfast mitigate mix 'a <b>'",),
        trained_as="as the card says",
        verdict=Verdict(decision=decision, policy="repair", policy_digest="d", gates=()),
        budget_seconds=600.0,
        spent_seconds=65.0,
        command="holdfast mitigate auto",
        version="0",
    )


def test_the_recommended_repair_its_commands_and_its_costs_stand_on_the_page() -> None:
    page = repair_html(search())
    for words in (
        "Repaired by mix at 0.3",
        "holdfast mitigate mix",
        "one fine-tune",
        "share of safety rows",
        "40 s are left",
        "(recommended)",
    ):
        assert words in page


def test_hostile_names_are_escaped_and_the_page_needs_no_network() -> None:
    page = repair_html(search())
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)


def test_every_trial_is_drawn_and_only_unbeaten_ones_are_on_the_front() -> None:
    points = {point.label: point for point in build_repair_view(search()).points}
    assert set(points) == {"tuned", "scale-0.9", "scale-0.5", "mix-0.3", "base"}
    assert {label for label, point in points.items() if point.front} == {"tuned", "mix-0.3"}
    assert points["mix-0.3"].chosen


def test_the_two_halves_are_told_apart() -> None:
    view = build_repair_view(search())
    assert [row.name for row in view.report] == ["base", "tuned", "scale at 0.9", "mix at 0.3"]
    assert len(view.selection) == 5


@pytest.mark.parametrize(
    ("recommended", "decision", "said"),
    [
        ("mix-0.3", Decision.PASS, "PASS. Repaired by mix at 0.3"),
        ("mix-0.3", Decision.FAIL, "FAIL. Nothing that was tried repairs it; mix at 0.3 comes nearest."),
        (None, Decision.PASS, "PASS. The fine-tune needs no repair by this policy."),
        (None, Decision.FAIL, "FAIL. No repair could be tried."),
    ],
)
def test_one_sentence_says_it(recommended: str | None, decision: Decision, said: str) -> None:
    assert repair_line(search(recommended, decision)).startswith(said)


def test_a_failed_trial_says_why() -> None:
    failed = replace(trial("layers", 0.0, 0.0, 0.0), selection=None, report=None, failed="the models do not belong together")
    page = repair_html(replace(search(), trials=(failed,), recommended=None))
    assert "the models do not belong together" in page


def test_the_terminal_shows_the_report_half_and_the_commands() -> None:
    out = io.StringIO()
    print_repair(search(), Console(file=out, width=120))
    assert "mix at 0.3 *" in out.getvalue()
    assert "holdfast mitigate mix 'a <b>'" in out.getvalue()


def test_a_model_that_fails_is_called_nearest_and_never_recommended() -> None:
    page, view = repair_html(search(decision=Decision.FAIL)), build_repair_view(search(decision=Decision.FAIL))
    assert "mix at 0.3 (nearest)" in page
    assert "recommended" not in page
    assert not any(point.good for point in view.points)
    assert view.steps[0] == "Release neither the fine-tune nor mix at 0.3, which does not pass: refusal_back: it fell."
    assert [point.label for point in build_repair_view(search()).points if point.good] == ["mix-0.3"]


def test_a_repair_that_was_begun_is_not_listed_as_not_tried() -> None:
    found = replace(search(), not_begun={"mix": "40 s are left", "ema": "40 s are left"})
    assert [fact.name for fact in build_repair_view(found).left_out] == ["vector", "mix at further strengths", "ema"]


def test_who_cannot_be_judged_without_a_task_is_said_on_page_and_terminal() -> None:
    gain = Measurement.missing("task_gain_kept", "the tuned model gives no log-likelihoods")
    mixed = trial("ensemble", 0.5, 0.5, 0.5)
    assert mixed.selection is not None
    rates = tuple(one for one in mixed.selection.measurements if one.metric != "task_gain_kept")
    blind = replace(mixed, selection=replace(mixed.selection, measurements=(*rates, gain)), report=None)
    found = replace(search(decision=Decision.FAIL), trials=(*search().trials, blind))
    said = "Say what the task is with --task FILE: without it nobody can judge ensemble"
    out = io.StringIO()
    print_repair(found, Console(file=out, width=300))
    assert said in out.getvalue()
    assert said in repair_html(found)
    asked = Measurement.of("task_score", 0.5, n=9, side="tuned")
    with_task = replace(blind, selection=replace(mixed.selection, measurements=(*rates, gain, asked)))
    assert said not in repair_html(replace(found, trials=(with_task,), recommended="ensemble-0.5"))


def test_a_repair_that_was_not_tried_for_want_of_a_task_is_named() -> None:
    why = "it gives no log probabilities, so nobody could say what it keeps of the task without questions (--task FILE)"
    said = "Say what the task is with --task FILE: without it nobody can judge ensemble"
    alone = replace(search(decision=Decision.FAIL), trials=(), recommended=None, unfit={"ensemble": why}, not_begun={})
    assert build_repair_view(alone).steps == (f"{said}, whose gain could not be measured.",)
    both = replace(alone, unfit={"ensemble": why, "mix": "it needs the training rows (--data FILE)"})
    assert [step.partition(" with ")[0] for step in build_repair_view(both).steps] == ["Say what the task is", "Give training data"]


def test_a_gain_that_was_not_measured_is_a_dash_on_the_terminal_and_its_reason_stands_once_below() -> None:
    why = "the gain of the tuned model was not measured, since its rows have answers of more tokens than a window of the model holds"
    gain = Measurement.missing("task_gain_kept", why)

    def without(given: Trial) -> Trial:
        halves = {
            name: replace(half, measurements=(*(one for one in half.measurements if one.metric != "task_gain_kept"), gain))
            for name, half in (("selection", given.selection), ("report", given.report))
            if half is not None
        }
        return replace(given, **halves)

    found = replace(search(), before=without(search().before), trials=tuple(map(without, search().trials)))
    for width in (80, 110):
        out = io.StringIO()
        print_repair(found, Console(file=out, width=width))
        said = " ".join(out.getvalue().split())
        assert said.count("since its rows") == 1
        assert "Gain not measured, tuned, scale at 0.9, scale at 0.5, mix at 0.3:" in said
        rows = [row for row in out.getvalue().splitlines() if row.startswith(("tuned ", "scale at", "mix at"))]
        assert len(rows) == 3
        assert all("–" in row for row in rows)
    assert repair_html(found).partition("<h3>Gain not measured</h3>")[2].count("since its rows") == 1


def test_a_repair_that_was_asked_for_and_could_not_be_made_is_named_once_with_its_reason() -> None:
    lost = [
        replace(trial("mix-distilled", share, 0.0, 0.0), selection=None, report=None, failed="no answer passed") for share in (0.3, 0.5)
    ]
    found = replace(search(), trials=(*search().trials, *lost))
    out = io.StringIO()
    print_repair(found, Console(file=out, width=120))
    assert "Not made, mix-distilled at 0.3, mix-distilled at 0.5: no answer passed" in out.getvalue()
    page = repair_html(found)
    assert page.count("no answer passed") == 1
    alone = build_repair_view(replace(found, trials=tuple(lost), recommended=None, unfit={}, not_begun={}, verdict=_failed()))
    assert alone.sentence == "FAIL. No repair could be made."
    assert "“Not made”" in alone.steps[0]


def _words(svg: str) -> list[tuple[str, float, float]]:
    """Return the texts of a drawing with the points at which they stand."""
    found = re.findall(r"<text[^>]*?(?:x=\"([-\d.]+)\" y=\"([-\d.]+)\"|translate\(([-\d.]+) ([-\d.]+)\))[^>]*>([^<]*)<", svg)
    return [(words, float(x or a), float(y or b)) for x, y, a, b, words in found]


def test_the_axis_of_the_task_is_marked_wherever_points_lie() -> None:
    far = [Point(label=f"mix-{n}", kept=kept, refusal=0.9, front=False, chosen=False) for n, kept in enumerate((-1.38, 0.2))]
    marks = [int(words) for words, _, y in _words(front_svg(far)) if re.fullmatch(r"-?\d+", words) and y > 290]
    assert (marks[0], marks[-1]) == (-100, 100)
    near = [int(words) for words, _, y in _words(front_svg(far[1:])) if re.fullmatch(r"-?\d+", words) and y > 290]
    assert near == [0, 25, 50, 75, 100]


def test_labels_of_the_drawing_do_not_overlap() -> None:
    names = ("base", "tuned", "mix+realign-200", "mix+constrained-5", "mix-distilled-0.5", "head-first-0.3", "scale-0.9")
    close = [Point(label=name, kept=0.9 + n / 200, refusal=0.97 + n / 250, front=True, chosen=False) for n, name in enumerate(names)]
    labels = [(words, x, y) for words, x, y in _words(front_svg(close)) if words in names]
    assert len(labels) == len(names)
    for place, (one, x, y) in enumerate(labels):
        for other, left, height in labels[place + 1 :]:
            assert abs(y - height) >= 12 or x + 5.5 * len(one) <= left or left + 5.5 * len(other) <= x, (one, other)


def test_a_narrow_screen_shows_every_cell_with_its_heading() -> None:
    page = repair_html(search())
    assert page.count('data-head="Gain kept"') == page.count('data-head="Policy"') == 4 + 5
    assert ".trials td::before" in page


def _failed() -> Verdict:
    return Verdict(decision=Decision.FAIL, policy="repair", policy_digest="d", gates=())


@pytest.mark.parametrize(
    ("unfit", "said"),
    [
        ({"vector": "it needs the base before it was aligned (--unaligned MODEL)"}, "Give what was missing, or let other repairs be tried"),
        ({"mix": "it trains again, and no training data was given (--data FILE)"}, "Give training data with --data"),
    ],
)
def test_data_is_asked_for_only_where_it_is_missing(unfit: dict[str, str], said: str) -> None:
    found = replace(search(decision=Decision.FAIL), trials=(), recommended=None, unfit=unfit, not_begun={})
    (step,) = build_repair_view(found).steps
    assert step.startswith(said)
    assert ("--unaligned" in step) == ("vector" in unfit)
