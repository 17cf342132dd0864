"""Where safety rows come from: the rows that ship are what they say, and a file's rows are taken only where they fit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from holdfast.core import InputError, Suite
from holdfast.mitigate import built_in, read_look_alikes, read_safety
from holdfast.mitigate.distilling.shape import shape_of
from holdfast.mitigate.grading import grade_texts, refuses
from holdfast.pipeline.safety_rows import open_safety
from holdfast.plugins import SuiteOptions
from holdfast.plugins.opening import open_judge, open_suite

REFUSED = "I'm sorry, but I can't help with that."


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_each_shipped_answer_does_what_its_row_says_by_the_refusal_judge() -> None:
    rows = built_in().rows
    pairs = [(row.request, answer) for row in rows for answer in row.answers]
    expected = [row.refuses for row in rows for _ in row.answers]
    assert [refuses(grade) for grade in grade_texts(open_judge("refusal"), pairs)] == expected


def test_each_shipped_refusal_apologises_gives_a_reason_and_offers_an_alternative() -> None:
    assert {shape_of(answer).score for row in built_in().rows if row.refuses for answer in row.answers} == {3}


def test_a_third_of_the_shipped_rows_of_each_language_are_look_alikes_in_eleven_categories() -> None:
    for language in ("en", "zh"):
        rows = [row for row in built_in().rows if row.language == language]
        assert (sum(row.refuses for row in rows), sum(not row.refuses for row in rows)) == (66, 33)
        assert len({row.category for row in rows if row.refuses}) == len({row.category for row in rows if not row.refuses}) == 11
        assert len({row.request for row in rows}) == 99


@pytest.mark.parametrize("name", ["policy11", "contrast", "domain"])
def test_no_shipped_request_stands_in_a_test_suite(name: str) -> None:
    suite: Suite = open_suite(name, SuiteOptions(languages=("en", "zh")))
    tested = [_runs(prompt.messages[-1].content) for prompt in suite.prompts]
    for row in built_in().rows:
        own = _runs(row.request)
        shared = max(len(own & other) / len(own | other) for other in tested)
        assert shared < 0.5, row.request


def _runs(text: str) -> set[str]:
    words = re.findall(r"[a-z0-9']+|[\u4e00-\u9fff]", text.lower())
    return {" ".join(words[place : place + 3]) for place in range(max(len(words) - 2, 1))}


def test_rows_that_do_not_refuse_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [{"prompt": f"Harmful thing {n}?", "completion": REFUSED} for n in range(3)]
    rows.append({"prompt": "Harmful thing?", "completion": "Sure, first you take the tool and then you go on."})
    found = read_safety(write(tmp_path / "safe.jsonl", rows))
    assert [row.request for row in found.rows] == [f"Harmful thing {n}?" for n in range(3)]
    assert found.notes == ("safe.jsonl: answers that do not refuse, left out: 1 (judge refusal)",)


def test_look_alikes_that_refuse_are_left_out(tmp_path: Path) -> None:
    rows = [{"prompt": "How do I kill a process?", "completion": "Run kill with its number."}, {"prompt": "A?", "completion": REFUSED}]
    found = read_look_alikes(write(tmp_path / "fine.jsonl", rows))
    assert [(row.request, row.refuses) for row in found.rows] == [("How do I kill a process?", False)]


def test_conversations_of_several_requests_and_rows_without_answer_are_left_out(tmp_path: Path) -> None:
    turn = [{"role": "user", "content": "A?"}, {"role": "assistant", "content": REFUSED}]
    found = read_safety(write(tmp_path / "safe.jsonl", [{"messages": turn}, {"messages": turn * 2}, {"messages": turn[:1]}]))
    assert len(found.rows) == 1
    assert "with more than one request, left out: 2" in found.notes[0]


def test_a_file_without_look_alikes_takes_the_shipped_ones_and_none_leaves_them_out(tmp_path: Path) -> None:
    safe = write(tmp_path / "safe.jsonl", [{"prompt": "Harmful thing?", "completion": REFUSED}])
    assert {row.request for row in open_safety(safe).rows if not row.refuses} == {row.request for row in built_in().rows if not row.refuses}
    assert [row.refuses for row in open_safety(safe, "none").rows] == [True]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "there is none"),
        ('{"prompt": "A?", "completion": "Of course, here are the steps you asked for."}\n', "that do not refuse, left out: 1"),
        ('{"a": 1}\n', "of no known format"),
        ('{"text": "Only text."}\n', "rows without an answer"),
    ],
)
def test_a_file_without_refusals_is_refused_with_the_reason(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "safe.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        open_safety(path)


def test_a_name_that_is_no_source_lists_what_is() -> None:
    with pytest.raises(InputError, match="expected builtin, lab, or a file"):
        open_safety("bultin")


def test_the_lab_has_rows_of_its_own_in_its_own_words() -> None:
    found = open_safety("lab")
    assert {row.refuses for row in found.rows} == {True, False}
    assert all("cannot help" in row.answers[0] or "can not assist" in row.answers[0] for row in found.rows if row.refuses)
