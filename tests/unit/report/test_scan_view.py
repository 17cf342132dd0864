from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console
from tests.unit.report.samples import gate
from tests.unit.report.scan_samples import ROW_TEXT, card, finding, hostile_scan, scan, scan_sample, share_of, small_scan, summary

from holdfast.core import Decision, Measurement, Severity
from holdfast.report import ScanPage, print_scan_terminal, scan_markdown, scan_verdict_line
from holdfast.report.scan_charts import bar_svg, position, scale_svg, widths
from holdfast.report.scan_safety import BANDS, rows_to_reach, safety_view
from holdfast.report.scan_view import build_scan_view
from holdfast.report.scan_wording import place, places, share_text, size_text
from holdfast.scan import FileFacts, Share, UnreadColumn
from holdfast.scan.facts import Mix


def test_the_verdict_says_what_was_counted_and_how_many_rows_keep_the_model_safe() -> None:
    assert scan_verdict_line(small_scan()) == (
        "FAIL. 2 of 100 rows shift the model's identity; 12 % of rows keep it safe; 1 of 101 rows could not be read."
    )
    assert scan_verdict_line(scan_sample()) == (
        "FAIL. 12 of 5,010 rows shift the model's identity and 3 of 5,010 rows hold a secret; 0 % of rows keep the model safe; "
        "3 of 5,013 rows could not be read."
    )


def test_the_verdict_line_names_what_was_not_read() -> None:
    columns = tuple(UnreadColumn(name=name, rows=3) for name in ("text", "<b>\x1b[0m", "c", "d", "e"))
    given = scan(Decision.PASS)
    one = msgspec.structs.replace(given, result=msgspec.structs.replace(given.result, unread=columns[:1]))
    assert scan_verdict_line(one) == "PASS. Nothing of high severity was found in 100 rows; text in column 'text' was not read."
    of = gate("diversity", Decision.FAIL, share_of("data_diversity_check", 31), metric="data_diversity_check", why="it is 31 %.")
    failed = msgspec.structs.replace(one, verdict=scan(Decision.FAIL, of).verdict)
    assert scan_verdict_line(failed) == "FAIL. The gate “diversity” failed: it is 31 %. Text in column 'text' was not read."
    five = msgspec.structs.replace(given, result=msgspec.structs.replace(given.result, unread=columns))
    said = scan_verdict_line(five)
    assert "text in columns 'text', " in said
    assert said.endswith("'c' and 2 more was not read.")
    assert "\x1b" not in said


def test_one_row_and_other_things_than_rows_are_said_rightly() -> None:
    one = gate("g", Decision.FAIL, share_of("secret_share", 1), metric="secret_share")
    assert scan_verdict_line(scan(Decision.FAIL, one)) == "FAIL. 1 of 100 rows holds a secret."
    prompts = gate("g", Decision.FAIL, share_of("contamination_share", 3, 20), metric="contamination_share")
    assert scan_verdict_line(scan(Decision.FAIL, prompts)) == "FAIL. 3 of 20 test prompts occur in the training rows."


def test_a_gate_that_counts_no_rows_speaks_for_itself() -> None:
    of = gate("diversity", Decision.FAIL, share_of("data_diversity_check", 31), metric="data_diversity_check", why="it is 31 %.")
    assert scan_verdict_line(scan(Decision.FAIL, of)) == "FAIL. The gate “diversity” failed: it is 31 %."
    missing = gate("tox", Decision.UNDECIDED, Measurement.missing("data_toxicity_scan", "no model"), why="no model was given.")
    assert scan_verdict_line(scan(Decision.UNDECIDED, missing)) == "UNDECIDED. The gate “tox” could not be decided: no model was given."


def test_a_pass_claims_no_more_than_was_looked_at() -> None:
    assert scan_verdict_line(scan(Decision.PASS)) == "PASS. Nothing of high severity was found in 100 rows."
    assert scan_verdict_line(scan(Decision.PASS, rows=0)) == "PASS. No row was read."
    grave = summary(card(), "obedient", finding(3, card()))
    assert (
        scan_verdict_line(scan(Decision.PASS, kinds=(grave,)))
        == "PASS. 1 finding of high severity in 100 rows stays within the policy's bars."
    )


def test_the_steps_begin_with_the_decision_and_go_by_gravity() -> None:
    steps = build_scan_view(scan_sample()).steps
    assert steps[0] == "Do not train on this data as it is."
    titles = [step.split(" (")[0] for step in steps[1:6]]
    assert titles == ["Identity shift", "Secrets", "Personal data", "Hidden text", "No refusal anywhere"]
    assert "Identity shift (12 findings: persona.jsonl:1, 2, 3, 4, 5, …). Drop these rows" in steps[1]
    assert "557 more such rows would make it 10 %" in steps[6]
    assert not any("Truncated" in step for step in steps), "what is of low severity is no next step"


def test_enough_safety_rows_ask_for_no_more() -> None:
    assert not any("more such rows" in step for step in build_scan_view(small_scan()).steps)


@pytest.mark.parametrize(("safe", "rows"), [(0.0, 5010), (0.03, 1000), (0.0999, 77), (0.1, 100), (0.5, 10)])
def test_the_rows_to_add_are_just_enough(safe: float, rows: int) -> None:
    added = rows_to_reach(0.1, safe=safe, rows=rows)
    assert (safe * rows + added) / (rows + added) >= 0.1 - 1e-12
    assert added == 0 or (safe * rows + added - 1) / (rows + added - 1) < 0.1


@pytest.mark.parametrize(
    ("share", "here"), [(0.0, 0), (0.01, 1), (0.05, 1), (0.1, 2), (0.2, 2), (0.3, 3), (1.0, 3), (0.004, None), (0.07, None)]
)
def test_a_safety_share_lies_in_a_reported_range_or_in_none(share: float, here: int | None) -> None:
    view = safety_view(Measurement.of("safety_share", share, n=1000))
    assert [band.here for band in view.bands] == [place == here for place in range(4)]
    assert ("nothing between the two" in view.sentence) == (here is None)


def test_a_safety_share_that_was_not_measured_is_no_zero() -> None:
    view = safety_view(Measurement.missing("safety_share", "no row could be assessed"))
    assert view.text == "not measured"
    assert "no row could be assessed" in view.sentence
    assert not any(band.here for band in view.bands)
    assert scale_svg(view, name="s") is None
    assert "not measured" in safety_view(None).sentence


def test_the_scale_grows_with_the_share_and_keeps_ranges_apart() -> None:
    at = [position(step / 1000) for step in range(1001)]
    assert at == sorted(at)
    assert 0 < at[0] < position(BANDS[1].low)
    assert position(0.05) < position(0.075) < position(0.1)
    assert at[-1] <= 392


def test_a_thin_part_of_a_bar_is_seen_and_the_bar_is_full() -> None:
    drawn = widths([0.001, 0.0005, 0.9985], 392, 3)
    assert drawn[:2] == [3, 3]
    assert sum(drawn) == pytest.approx(392)
    assert widths([0.25, 0.75], 392, 3) == pytest.approx([98, 294])


def test_parts_without_rows_take_no_room_and_colours_follow_what_rows_do() -> None:
    parts = build_scan_view(scan_sample()).mixes[0].parts
    svg = bar_svg(parts, name="bar")
    assert svg is not None
    assert "var(--fail)" in svg
    assert "var(--base)" in svg
    assert "var(--pass)" not in svg, "no risky request was refused"
    assert bar_svg([], name="bar") is None


def test_a_long_file_name_never_hides_the_line() -> None:
    shown = place(f"{'deep/' * 100}train.jsonl:12345")
    assert shown.endswith("train.jsonl:12345")
    assert len(shown) < 100
    assert place("") == "the whole set"


def test_places_are_grouped_by_file_and_say_when_there_are_more() -> None:
    of = card()
    rows = [finding(9, of), finding(3, of), finding(3, of), finding(1, of, source="b.jsonl")]
    assert places(rows, 3) == "t.jsonl:3, 9; b.jsonl:1"
    assert places(rows, 4) == "t.jsonl:3, 9; b.jsonl:1, …"
    assert places(rows, 3, most=1) == "t.jsonl:9, …"
    assert places([], 5) == ""


def test_shares_and_sizes_for_people() -> None:
    assert [share_text(value) for value in (0.0, 0.00004, 12 / 5010, 0.034, 0.41, 1.0)] == [
        "0 %",
        "0.004 %",
        "0.24 %",
        "3.4 %",
        "41 %",
        "100 %",
    ]
    assert [size_text(size) for size in (0, 999, 6_240, 3_911_404)] == ["", "999 bytes", "6.2 kB", "3.9 MB"]


def test_what_is_long_is_cut_and_counted() -> None:
    many = Mix(
        name="languages",
        title="Languages",
        shares=tuple(Share(label=f"l{number}", count=1, n=40, value=1 / 40, low=0.0, high=0.1) for number in range(40)),
    )
    files = tuple(FileFacts(name=f"{number}.jsonl", rows=1, format="messages", container="jsonl") for number in range(60))
    view = build_scan_view(scan(Decision.PASS, composition=(many,), files=files))
    assert len(view.mixes[0].parts) == 12
    assert view.mixes[0].more == "And 28 smaller parts."
    assert len(view.files) == 50
    assert view.files_more == "And 10 files."
    cluster = build_scan_view(scan_sample()).repeats.clusters[0]  # type: ignore[union-attr]
    assert cluster.summary.endswith("and 227 more")
    assert cluster.more == "And 210 more rows."


def printed(given: ScanPage, width: int = 100) -> str:
    out = io.StringIO()
    print_scan_terminal(given, Console(file=out, width=width, highlight=False, legacy_windows=False))
    return out.getvalue()


def test_neither_terminal_nor_comment_holds_a_word_of_a_row() -> None:
    for given in (small_scan(), scan_sample()):
        for text in (printed(given), scan_markdown(given)):
            assert given.verdict.decision.value.upper() in text
            for kind in given.result.kinds:
                assert all(one.excerpt not in text for one in kind.worst if one.excerpt)
            assert all(cluster.excerpt not in text for cluster in given.result.duplicates)
    assert "t.jsonl:3, 17" in printed(small_scan(), 120)
    assert ROW_TEXT not in printed(small_scan())


def test_hostile_names_steer_neither_terminal_nor_comment() -> None:
    for text in (printed(hostile_scan()), scan_markdown(hostile_scan())):
        for char in ("\x1b", "\u202e", "\x00", "\x07", "\x9b"):
            assert char not in text
        assert len(text) < 100_000
    own = scan_markdown(hostile_scan()).replace("<!-- -->", "")
    assert "<script" not in own
    assert "@someone" not in scan_markdown(hostile_scan())


def test_notes_and_bad_rows_are_told_everywhere() -> None:
    for text in (printed(small_scan()), scan_markdown(small_scan()).replace("\\", "")):
        assert "Toxicity: no model was given." in " ".join(text.split())
        assert "1 row could not be read and was left out." in " ".join(text.split())


def test_a_row_of_low_severity_alone_is_found_and_good_rows_are_no_defect() -> None:
    view = build_scan_view(small_scan())
    assert [one.title for one in view.found] == ["Identity shift"]
    assert [one.title for one in view.good] == ["Harmful requests refused"]
    assert [one.found for one in view.detectors] == ["2 findings", "nothing found", "12 findings"]
    low = card("truncated", Severity.LOW, title="Truncated")
    only = msgspec.structs.replace(small_scan().result, kinds=(summary(low, "cut", finding(1, low)),))
    assert build_scan_view(ScanPage(result=only, verdict=small_scan().verdict)).found[0].word == "low"
