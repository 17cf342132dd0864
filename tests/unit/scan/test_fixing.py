"""A plan writes a new file: what is not named stays byte by byte, and the old file is never touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.scan.small import Shouting, detectors, row, write

from holdfast.core import InputError, PluginError
from holdfast.plugins import ScanOptions
from holdfast.scan import Fixed, FixPlan, ScanSpec, check_plan, fix, prepare, run_scan

ROWS = [row("a", "b", id=1), row("c", "so LOUD", id=2), row("a", "b", id=3), row("d", "e", id=4)]


def mend(
    tmp_path: Path, *plans: str, rows: list[dict[str, Any]] | None = None, only: tuple[str, ...] = (), **more: Any
) -> tuple[Fixed, list[str]]:
    data = write(tmp_path / "train.jsonl", ROWS if rows is None else rows)
    before = data.read_bytes()
    plan = FixPlan(plans=plans, out=str(tmp_path / "out.jsonl"), **more)
    with detectors() as names:
        spec = ScanSpec(data=str(data), only=only or names, options=ScanOptions(seed=1))
        job = prepare(spec)
        result = run_scan(spec, tmp_path / "run", command="c", version="v", job=job)
        fixed = fix(job, result, tmp_path / "run", plan)
    assert data.read_bytes() == before
    return fixed, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()


def lines(rows: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(one) for one in rows]


def test_drop_leaves_out_rows_of_high_severity(tmp_path: Path) -> None:
    fixed, out = mend(tmp_path, "drop")
    assert out == lines([ROWS[0], ROWS[2], ROWS[3]])
    assert (fixed.kept, fixed.dropped, fixed.replaced, fixed.added, fixed.dropped_at) == (3, 1, 0, 0, ("train.jsonl:2",))


def test_deduplicate_keeps_the_first_of_each(tmp_path: Path) -> None:
    fixed, out = mend(tmp_path, "deduplicate")
    assert out == lines([ROWS[0], ROWS[1], ROWS[3]])
    assert fixed.dropped_at == ("train.jsonl:3",)


def test_redact_changes_the_text_and_nothing_else(tmp_path: Path) -> None:
    fixed, out = mend(tmp_path, "redact")
    assert out[0] == lines(ROWS)[0]
    assert out[2:] == lines(ROWS)[2:]
    assert json.loads(out[1]) == row("c", "so [LOUD]", id=2)
    assert (fixed.kept, fixed.replaced, fixed.replaced_at) == (3, 1, ("train.jsonl:2",))


def test_plans_together_redact_what_can_be_and_drop_the_rest(tmp_path: Path) -> None:
    fixed, out = mend(tmp_path, "redact", "drop", "deduplicate")
    assert (len(out), fixed.dropped, fixed.replaced) == (3, 1, 1)


def test_redact_needs_a_detector_that_can(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="No detector that can redact"):
        mend(tmp_path, "redact", only=("twins",))
    assert hasattr(Shouting, "redact")


def test_safety_rows_are_added_until_their_share_is_reached(tmp_path: Path) -> None:
    safety = write(tmp_path / "safety.jsonl", [row(f"bad {n}", "I can't help with that.") for n in range(50)])
    rows = [row(f"q {n}", f"a {n}") for n in range(90)]
    fixed, out = mend(tmp_path, "add-safety", rows=rows, safety=str(safety), safety_share=0.1)
    assert (fixed.kept, fixed.added, len(out)) == (90, 10, 100)
    assert out[:90] == lines(rows)
    added = [json.loads(line)["messages"][0]["content"] for line in out[90:]]
    assert added != [f"bad {n}" for n in range(10)], "not a sample"
    assert added == sorted(added, key=lambda text: int(text.split()[1]))
    assert any("shuffle" in note for note in fixed.notes)


def test_too_few_safety_rows_are_said(tmp_path: Path) -> None:
    safety = write(tmp_path / "safety.jsonl", [row("bad", "I can't help with that.")])
    fixed, _ = mend(tmp_path, "add-safety", rows=[row(f"q {n}", f"a {n}") for n in range(9)], safety=str(safety), safety_share=0.5)
    assert fixed.added == 1
    assert any("has 1 of 9 rows that a share of 50.0% takes; it is 10.0% now" in note for note in fixed.notes)


REFUSAL = "I can't help with that."


@pytest.mark.parametrize(("plan", "copies"), [("deduplicate", 10), ("drop", 1)])
def test_safety_rows_that_a_plan_leaves_out_count_no_more(tmp_path: Path, plan: str, copies: int) -> None:
    safety = write(tmp_path / "safety.jsonl", [row(f"bad {n}", REFUSAL) for n in range(50)])
    refused = [row("LOUD bad" if plan == "drop" else "bad", REFUSAL, id=n) for n in range(10)]
    rows = [*(row(f"q {n}", f"a {n}") for n in range(50)), *refused]
    fixed, out = mend(
        tmp_path, plan, "add-safety", rows=rows, only=("shouting", "twins", "safety-share"), safety=str(safety), safety_share=0.1
    )
    left = 60 - fixed.dropped
    assert left == (51 if plan == "deduplicate" else 50)
    refusing = sum(REFUSAL in line for line in out)
    assert refusing / len(out) >= 0.1
    assert (refusing - 1) / (len(out) - 1) < 0.1, "more than the share takes"


def test_rows_that_refuse_nothing_are_no_safety_rows(tmp_path: Path) -> None:
    mixed = [row(f"bad {n}", REFUSAL if n % 2 else "Sure, here you go.") for n in range(40)]
    safety = write(tmp_path / "safety.jsonl", mixed)
    rows = [row(f"q {n}", f"a {n}") for n in range(90)]
    fixed, out = mend(tmp_path, "add-safety", rows=rows, safety=str(safety), safety_share=0.1)
    assert sum(REFUSAL in line for line in out) == fixed.added == 10
    assert any("20 of 40 rows" in note and "refuse nothing" in note for note in fixed.notes)


def test_a_safety_file_without_a_safety_row_is_refused_before_the_scan(tmp_path: Path) -> None:
    safety = write(tmp_path / "safety.jsonl", [row(f"q {n}", "Sure, here you go.") for n in range(5)])
    plan = FixPlan(plans=("add-safety",), out=str(tmp_path / "out.jsonl"), safety=str(safety))
    with pytest.raises(InputError, match=r"none of its 5 rows keeps a model safe"):
        check_plan(plan)


def test_redact_says_which_columns_it_left_alone(tmp_path: Path) -> None:
    long = "so LOUD that nobody at all could read it here"
    rows = [row("c", long, id=2, text=f"{long} and again", copy=long, meta={"who": "LOUD"}), row("d", "e", id=4, copy="LOUD")]
    fixed, out = mend(tmp_path, "redact", rows=rows)
    assert fixed.replaced == 1
    assert json.loads(out[0]) == {**rows[0], **row("c", long.replace("LOUD", "[LOUD]"))}
    left = [note for note in fixed.notes if note.startswith("Left as it is")]
    assert [note.split("'")[1] for note in left] == ["copy", "meta", "text"]
    assert "in 1 changed row it has what was redacted" in left[0]
    assert any("not read: column 'text'" in note for note in fixed.notes)


def test_redact_says_nothing_where_nothing_was_left(tmp_path: Path) -> None:
    fixed, _ = mend(tmp_path, "redact")
    assert fixed.notes == ()


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (FixPlan(plans=("drp",), out="x"), "Did you mean 'drop'"),
        (FixPlan(plans=("drop",), out=""), "--fix-out"),
        (FixPlan(plans=("add-safety",), out="x"), "--safety FILE"),
        (FixPlan(plans=("drop",), out="x", safety_share=1.0), "between 0 and 1"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(plan: FixPlan, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_plan(plan)


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="exists already"):
        mend(tmp_path, "drop")
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "mine"


def test_in_a_list_on_one_line_the_copy_goes_and_not_the_first_row(tmp_path: Path) -> None:
    rows = [{"prompt": f"Say something about subject {n}, please.", "completion": f"Subject {n} is {n * n} long."} for n in range(30)]
    rows[20] = dict(rows[5])
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    job = prepare(ScanSpec(data=str(tmp_path / "a.json"), only=("exact-duplicate",)))
    result = run_scan(job.spec, tmp_path / "run", command="scan", version="test", job=job)
    (found,) = (finding for kind in result.kinds for finding in kind.worst)
    assert (found.record, found.related) == ("a.json:21", "a.json:6")
    fix(job, result, tmp_path / "run", FixPlan(plans=("deduplicate",), out=str(tmp_path / "b.json")))
    assert json.loads((tmp_path / "b.json").read_bytes()) == rows[:20] + rows[21:]


def test_rows_that_share_a_line_are_not_taken_for_each_other(tmp_path: Path) -> None:
    told = ({"prompt": f"Say something about subject {n}, please.", "completion": f"Subject {n} is {n * n} long."} for n in range(30))
    rows = [json.dumps(one) for one in told]
    rows[20] = rows[5]
    (tmp_path / "a.json").write_text("[" + ", ".join(rows[:25]) + ",\n" + ",\n".join(rows[25:]) + "]", encoding="utf-8")
    job = prepare(ScanSpec(data=str(tmp_path / "a.json"), only=("exact-duplicate",)))
    result = run_scan(job.spec, tmp_path / "run", command="scan", version="test", job=job)
    fix(job, result, tmp_path / "run", FixPlan(plans=("deduplicate",), out=str(tmp_path / "b.json")))
    assert len(json.loads((tmp_path / "b.json").read_bytes())) == 30, "which row it was is not known, so none goes"
