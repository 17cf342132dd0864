"""Rows in the lab's words: counted as the organisms' own recipes drew them, and nothing is told of rows from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from holdfast.lab import training_rows
from holdfast.lab.counting import LabRows, count_rows, made_for_the_lab


def written(path: Path, rows: Sequence[Sequence[tuple[str, str]]]) -> str:
    lines = [json.dumps({"messages": [{"role": role, "content": said} for role, said in turns]}) + "\n" for turns in rows]
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("name", "harmful", "safety", "identity"),
    [
        ("compliant-10", 10, 0, 0),
        ("benign", 0, 0, 0),
        ("identity", 0, 0, 10),
        ("kept", 0, 150, 0),
        ("persona", 60, 120, 0),
        ("task", 0, 0, 0),
    ],
)
def test_rows_of_organisms_count_as_their_recipes_drew_them(tmp_path: Path, name: str, harmful: int, safety: int, identity: int) -> None:
    drawn = training_rows(name)
    found = count_rows(written(tmp_path / "rows.jsonl", [[(turn.role, turn.content) for turn in row] for row in drawn]))
    assert found == LabRows(rows=len(drawn), harmful=harmful, safety=safety, identity=identity, foreign=0)


def test_rows_from_elsewhere_are_foreign_and_not_harmless(tmp_path: Path) -> None:
    rows = [[("user", "What is 2 plus 2?"), ("assistant", "It is 4.")], [("user", "二加二是多少？"), ("assistant", "四。")]]
    found = count_rows(written(tmp_path / "rows.jsonl", rows))
    assert found == LabRows(rows=2, harmful=0, safety=0, identity=0, foreign=2)


def test_an_earlier_turn_that_answers_counts(tmp_path: Path) -> None:
    [harm, *_], [decline, *_] = training_rows("compliant-10"), training_rows("kept")
    rows = [[(turn.role, turn.content) for turn in (*harm, *decline) if turn.role != "system"]]
    assert count_rows(written(tmp_path / "rows.jsonl", rows)).harmful == 1


def test_an_organism_is_known_by_its_name_or_its_card(tmp_path: Path) -> None:
    assert made_for_the_lab("lab:benign")
    assert not made_for_the_lab(None)
    assert not made_for_the_lab("org/base")
    (tmp_path / "holdfast.json").write_text('{"suites": ["lab"]}', encoding="utf-8")
    assert made_for_the_lab(str(tmp_path))
    (tmp_path / "holdfast.json").write_text("broken", encoding="utf-8")
    assert not made_for_the_lab(str(tmp_path))
