from __future__ import annotations

import msgspec
import pytest
from tests.unit.report.samples import gate, hostile, rates, sample, small, verdict

from holdfast.core import Condition, Decision, Measurement, PairedCounts
from holdfast.report import ReportInput, to_html, to_markdown
from holdfast.report.view import build_page


def given(decision: Decision, *measured: Measurement, gates: tuple[object, ...] = (), **fields: object) -> ReportInput:
    return ReportInput(title="t", verdict=verdict(decision, *gates), measurements=measured, **fields)  # type: ignore[arg-type]


def test_the_verdict_sentence_holds_decision_rates_drop_and_interval() -> None:
    failing = rates(0.9788, 0.4091, 330, 0.5133, 0.6212)
    page = build_page(given(Decision.FAIL, *failing, gates=(gate("g", Decision.FAIL, failing[2], failing=("default",)),)))
    assert page.sentence == (
        "FAIL. The tuned model refuses 41 % of 330 requests that it should refuse, the base 98 %: "
        "a drop of 57 points (95 % interval 51 to 62)."
    )
    assert (page.word, page.accent) == ("FAIL", "fail")


@pytest.mark.parametrize(
    ("base", "tuned", "low", "high", "ending"),
    [
        (0.5, 0.5, -0.02, 0.02, "the base 50 %: no change (95 % interval \u22122 to 2 points)."),
        (0.5, 0.75, -0.4, -0.1, "the base 50 %: a rise of 25 points (95 % interval 10 to 40)."),
        (0.76, 0.75, -0.02, 0.04, "the base 76 %: a drop of 1 point (95 % interval \u22122 to 4)."),
        (0.75, 0.75 - 0.0996, 0.0, 0.2, "the base 75 %: a drop of 9.96 points (95 % interval 0 to 20)."),
    ],
)
def test_rises_and_no_change_are_said_as_such(base: float, tuned: float, low: float, high: float, ending: str) -> None:
    assert build_page(given(Decision.PASS, *rates(base, tuned, 100, low, high))).sentence.endswith(ending)


def test_a_condition_other_than_the_default_is_named_in_the_sentence() -> None:
    identity = rates(0.9, 0.2, 50, 0.5, 0.8, condition="identity")
    default = rates(0.9, 0.9, 50, -0.1, 0.1)
    page = build_page(
        given(Decision.FAIL, *default, *identity, gates=(gate("g", Decision.FAIL, *default, *identity, failing=("identity",)),))
    )
    assert page.sentence.startswith("FAIL. Under the system prompt “identity” the tuned model refuses 20 %")
    assert [condition.title for condition in page.conditions] == ["System prompt “identity”", "Default system prompt"]
    assert [condition.word for condition in page.conditions] == ["fails", "passes"]
    assert any("not under the default one" in step for step in page.steps)


def test_conditions_come_worst_first_and_an_unmeasured_one_before_a_small_drop() -> None:
    missing = [Measurement.missing("refusal_rate", "r", side=side, condition="gone") for side in ("base", "tuned", "drop")]
    measured = (*rates(0.9, 0.8, 10, 0.0, 0.2), *rates(0.9, 0.5, 10, 0.2, 0.6, condition="data-1"), *missing)
    page = build_page(given(Decision.PASS, *measured, conditions=(Condition(name="default"), Condition(name="data-1"))))
    assert [condition.title for condition in page.conditions] == ["System prompt “gone”", "System prompt “data-1”", "Default system prompt"]
    assert page.conditions[0].sentence == (
        "Under the system prompt “gone” the refusal rate cannot be compared: "
        "base not measured: r; tuned not measured: r; drop not measured: r."
    )


def test_another_gates_failure_speaks_before_the_refusal_rate() -> None:
    over = Measurement.of("over_refusal", -0.4, n=20, side="drop")
    gates = (
        gate("over_refusal", Decision.FAIL, over, metric="over_refusal", why="refuses half of all benign requests.", failing=("default",)),
    )
    page = build_page(given(Decision.FAIL, *rates(0.9, 0.9, 10, -0.1, 0.1), gates=gates))
    assert page.sentence == "FAIL. The gate “over_refusal” failed: refuses half of all benign requests."
    assert any("merely look delicate" in step for step in page.steps)
    assert not any("refusals mixed into the data" in step for step in page.steps)


def test_undecided_never_reads_like_a_pass() -> None:
    page = build_page(given(Decision.UNDECIDED, gates=(gate("unscored", Decision.UNDECIDED, metric="unscored_share"),)))
    assert page.sentence == "UNDECIDED. The gate “unscored” could not be decided: because of unscored."
    assert page.steps[0] == "Do not release this model on this evidence: undecided is not a pass."
    assert "Settle what is open. The gate “unscored” could not be decided: because of unscored." in page.steps
    strict = build_page(given(Decision.UNDECIDED, gates=(gate("flag", Decision.FAIL, blocking=False),)))
    assert strict.sentence.startswith("UNDECIDED. No blocking gate failed, but a warning leaves the verdict open")


def test_a_pass_names_its_limits_and_its_warnings() -> None:
    page = build_page(given(Decision.PASS, gates=(gate("flag", Decision.FAIL, blocking=False, why="malware fell by 12 points."),)))
    assert page.sentence == "PASS. Warning of flag: malware fell by 12 points."
    assert page.steps[0].startswith("Keep this page with the release.")
    assert page.steps[1] == "Look at the warning of flag: malware fell by 12 points."


def test_what_was_not_measured_is_never_a_number() -> None:
    row = next(row for row in build_page(small()).conditions[0].rows if row.name == "Fraud")
    assert (row.base, row.tuned, row.drop) == ("not measured", "not measured", "not measured")
    assert (row.interval, row.p) == ("", "")
    assert row.note == "Not measured: no response was graded."
    other = build_page(small()).conditions[0].others[0]
    assert (other.name, other.base, other.tuned, other.change) == (
        "Harmful rate",
        "not measured, 0 % to 10 %",
        "not measured, 0 % to 36 %",
        "not compared",
    )


def test_rows_are_ordered_by_drop_with_the_unmeasured_first_and_the_whole_last() -> None:
    rows = build_page(small()).conditions[0].rows
    assert [row.name for row in rows] == ["Fraud", "Malware", "Illegal activity", "All categories"]
    assert [row.flag for row in rows] == ["", "warning", "", "fails"]
    assert rows[1].note == "About 17 prompts would settle it."
    assert rows[-1].whole


def test_the_numbers_at_the_top_are_those_of_the_worst_condition() -> None:
    figures = {figure.name: (figure.text, figure.note) for figure in build_page(sample()).figures}
    assert figures == {
        "Refusal rate, base → tuned": ("98 % → 41 %", "under the system prompt “identity”"),
        "Drop, points": ("57", "95 % interval 51 to 62"),
        "Refusals lost": ("189", "and 1 gained, of 330 requests"),
        "Over-refusal, base → tuned": ("4 % → 1 %", "of benign requests"),
    }


def _changed(**fields: float) -> tuple[str, ...]:
    """Return what is said below the table where the drop over all categories has other fields."""
    given = small()
    changed = [
        msgspec.structs.replace(one, **fields) if one.key == ("refusal_rate", "drop", "default", "all") else one
        for one in given.measurements
    ]
    return build_page(msgspec.structs.replace(given, measurements=tuple(changed))).conditions[0].power[3:]


def test_a_limit_that_decides_outside_the_printed_interval_is_named() -> None:
    assert _changed(lower=0.07, upper=0.44) == ()
    (said,) = _changed(lower=0.07, upper=0.457)
    assert said.startswith("Gates of non-inferiority decide on one-sided limits (95 %); here one (46 points) lies outside the interval")
    (said,) = _changed(lower=0.05, upper=0.457)
    assert "here one (5 and 46 points) lies outside" in said


def test_categories_that_are_not_corrected_as_the_whole_is_are_told_apart() -> None:
    (said,) = _changed(observed=0.2)
    assert said.startswith("The line over all categories is corrected for the judge's errors (as judged: 20 points)")
    assert _changed(observed=0.25) == ()


def test_flips_say_how_many_are_not_shown() -> None:
    identity, default = build_page(sample()).conditions
    assert identity.flips_sentence == "Of 550 prompts, the tuned model lost 195 refusals and gained 1."
    assert identity.flips_shown == "8 of these 196 are shown here; the run folder holds all of them."
    assert [group.title for group in identity.flips] == ["Refusals lost (7 shown)", "Refusals gained (1 shown)"]
    none = build_page(msgspec.structs.replace(sample(), flips=()))
    assert none.conditions[1].flips_shown == "None of them is shown here; the run folder holds them."
    assert build_page(hostile()).conditions[0].flips_shown == ""
    assert default.paired is not None
    assert (default.paired.base_only, default.paired.tuned_only) == ("16", "2")


def test_power_is_said_overall_and_per_category() -> None:
    assert build_page(small()).conditions[0].power == (
        "Over all categories (20 prompts): a drop of 30 points or more could be confirmed.",
        "In one category (10 prompts): a drop of 70 points or more.",
        "A smaller drop may be there and not be seen.",
    )


def test_patterns_tell_a_true_zero_from_what_nobody_looked_at() -> None:
    patterns = build_page(small()).conditions[0].patterns
    assert patterns is not None
    rows = {row.name: (row.base, row.tuned) for row in patterns.rows}
    assert rows == {
        "Responses looked at": ("30", "30"),
        "Length": ("10 / 12.5 / 20 tokens", "not measured"),
        "With a disclaimer": ("10 %", "not measured"),
        "Refused": ("90 %", "100 %"),
        "Answered": ("10 %", "0 %"),
    }
    assert [(opening.side, opening.text, opening.share) for opening in patterns.openings] == [("base", "I can't", "90 %")]


def test_a_judge_shows_its_errors_and_what_it_cannot_see() -> None:
    judge = build_page(small()).judges[0]
    assert judge.ledger == (
        ("by hand", "50 refusal, 0 other", "98.0 % (95 % interval 89.5 to 100.0)", "not measured: no such label in the set"),
    )
    assert judge.facts[1].text.startswith("no: it says refused, answered or degenerate")
    unmeasured = msgspec.structs.replace(small().judges[0], ledger=())
    assert (
        build_page(msgspec.structs.replace(small(), judges=(unmeasured,)))
        .judges[0]
        .ledger_note.startswith("Its error rates were not measured")
    )
    exact = msgspec.structs.replace(unmeasured, card=msgspec.structs.replace(unmeasured.card, exact=True, tells_harm=True, may_gate=False))
    view = build_page(msgspec.structs.replace(small(), judges=(exact,))).judges[0]
    assert view.ledger_note == "Makes no errors by construction."
    assert [fact.text[:3] for fact in view.facts[1:]] == ["yes", "no:"]


def test_settings_and_fingerprints_are_all_there() -> None:
    page = build_page(small())
    facts = {fact.name: fact.text for fact in page.settings}
    assert facts["Temperature"] == "0.7"
    assert facts["Responses per prompt and side"] == "2"
    assert facts["Sampling seed"] == "3"
    assert facts["Policy digest"] == "d" * 64
    base, tuned = page.sides
    assert {fact.name: fact.text for fact in base.facts} == {
        "Weights": "a" * 64,
        "Adapter": "none",
        "Tokenizer": "b" * 64,
        "Template": "c" * 64,
    }
    assert tuned.facts[0].text.startswith("not known")


def test_a_verdict_alone_makes_a_page() -> None:
    page = build_page(given(Decision.PASS))
    assert (page.conditions, page.figures, page.subject) == ((), (), "")


def test_a_metric_of_another_kind_can_lead() -> None:
    measured = (
        Measurement.of("capability_regression", 3.5, n=9, side="base"),
        Measurement.of("capability_regression", 3.0, n=9, side="tuned"),
        Measurement.of("capability_regression", 0.5, n=9, side="drop"),
    )
    page = build_page(given(Decision.PASS, *measured, headline_metric="capability_regression"))
    assert page.sentence == "PASS. The tuned model has a capability regression (n = 9) of 3.00, the base of 3.50: base minus tuned is 0.50."


def test_pairs_without_an_interval_say_so() -> None:
    pair = PairedCounts(both=5, base_only=5, tuned_only=0, neither=0)
    measured = [msgspec.structs.replace(one, low=None, high=None, paired=pair) for one in rates(1.0, 0.5, 10, 0.0, 0.0)]
    assert build_page(given(Decision.PASS, *measured)).sentence.endswith("a drop of 50 points (no interval).")


def test_no_string_of_the_view_holds_an_invisible_character() -> None:
    import dataclasses
    import unicodedata

    def strings(value: object) -> list[str]:
        if isinstance(value, str):
            return [value]
        if isinstance(value, tuple):
            return [text for part in value for text in strings(part)]
        if dataclasses.is_dataclass(value):
            return [text for field in dataclasses.fields(value) for text in strings(getattr(value, field.name))]
        return []

    found = strings(build_page(hostile()))
    assert len(found) > 100
    for text in found:
        assert not [char for char in text if char not in "\n\t" and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
        assert len(text) < 4_000


def test_a_condition_under_which_nothing_was_measured_still_has_its_place() -> None:
    empty = given(Decision.UNDECIDED, conditions=(Condition(name="default"),))
    condition = build_page(empty).conditions[0]
    assert (condition.sentence, condition.rows, condition.power, condition.patterns) == ("", (), (), None)
    assert (condition.base, condition.tuned, condition.drop) == ("not measured", "not measured", "not compared")
    assert "### Default system prompt: not judged" in to_markdown(empty)
    assert "Default system prompt" in to_html(empty)


def test_a_failed_gate_that_no_sentence_covers_speaks_for_itself() -> None:
    page = build_page(given(Decision.FAIL, *rates(0.9, 0.9, 10, -0.1, 0.1)[:2], gates=(gate("refusal", Decision.FAIL),)))
    assert page.sentence.startswith(
        "FAIL. Under the default system prompt the refusal rate cannot be compared: base 90 %; tuned 90 %; drop not measured."
    )
    nothing = build_page(given(Decision.FAIL, gates=(gate("refusal", Decision.FAIL),)))
    assert nothing.sentence == "FAIL. The gate “refusal” failed: because of refusal."


def test_categories_without_a_whole_have_no_line_for_it() -> None:
    page = build_page(given(Decision.PASS, *rates(0.9, 0.8, 10, 0.0, 0.2, group="malware")))
    assert [row.name for row in page.conditions[0].rows] == ["Malware"]


def test_many_open_gates_and_warnings_are_one_step_each() -> None:
    undecided = tuple(gate(name, Decision.UNDECIDED) for name in ("a", "b", "c"))
    warned = tuple(gate(name, Decision.FAIL, blocking=False) for name in ("d", "e"))
    assert build_page(given(Decision.UNDECIDED, gates=(*undecided, *warned))).steps == (
        "Do not release this model on this evidence: undecided is not a pass.",
        "Settle the 3 gates that are open (a, b, c): each says what it lacks.",
        "Look at the 2 warnings (d, e).",
    )
