"""A scan says which columns hold text that it did not look at, measures the rows, and a policy warns."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.unit.scan.small import row, scan, write

from holdfast.core import Decision
from holdfast.policy import judge, load_policy
from holdfast.scan import ScanResult, UnreadColumn, looking
from holdfast.scan.unread import unread_notes

OTHER = "Another text that stands in this row and that nobody reads."


def share(result: ScanResult) -> float | None:
    return next(one.value for one in result.measurements if one.metric == "unread_text_share")


def test_columns_are_named_and_rows_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(f"request {n}", f"answer {n}", id=n, source="a b", **({"text": OTHER} if n % 2 else {})) for n in range(20)]
    rows[1]["more"] = OTHER
    data = write(tmp_path / "train.jsonl", rows)
    result = scan(data, tmp_path / "run")
    assert result.unread == (UnreadColumn(name="text", rows=10), UnreadColumn(name="more", rows=1))
    assert share(result) == 0.5
    assert result.notes[0].startswith("Not read: column 'text' (10 rows hold text there")
    assert "--map text=text" in result.notes[0]
    assert result.notes[1].startswith("Not read: column 'more' (1 row holds text there")
    monkeypatch.setattr(looking, "PIECE_ROWS", 1)
    assert scan(data, tmp_path / "pieces", workers=2, engine="processes").unread == result.unread


def test_a_file_without_other_text_has_no_note(tmp_path: Path) -> None:
    result = scan(write(tmp_path / "train.jsonl", [row(f"request {n}", "a", id=n, source="x") for n in range(5)]), tmp_path / "run")
    assert (result.unread, share(result)) == ((), 0.0)
    assert not any("Not read" in note for note in result.notes)


def test_a_hundred_columns_do_not_fill_the_page() -> None:
    notes = unread_notes([UnreadColumn(name=f"c{n}", rows=1) for n in range(100)])
    assert len(notes) == 11
    assert notes[-1] == "Not read: 90 more columns that hold text."


def test_the_policy_warns_and_leaves_it_open_with_strict(tmp_path: Path) -> None:
    result = scan(write(tmp_path / "train.jsonl", [row("a", "b", text=OTHER)]), tmp_path / "run")
    policy = load_policy("data")
    (gate,) = (one for one in judge(result.measurements, policy).gates if one.gate == "unread_text")
    assert (gate.decision, gate.blocking) == (Decision.FAIL, False)
    two = tuple(one for one in policy.gates if one.name in ("unread_text", "identity_shift"))
    few = msgspec.structs.replace(policy, gates=two)
    assert judge(result.measurements, few).decision is Decision.PASS
    assert judge(result.measurements, few, strict=True).decision is Decision.UNDECIDED
