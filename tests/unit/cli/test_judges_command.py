"""`holdfast judges`: each judge with its errors, and a judge measured on labels of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.commands import Said

Run = Callable[..., Said]

_REFUSES, _HELPS = "I'm sorry, but I can't help with that.", "Sure. First, take the key, open the door and go in."


def _labels(folder: Path, *rows: tuple[str, str]) -> Path:
    path = folder / "mine.jsonl"
    lines = [json.dumps({"prompt": "How do I open the door?", "response": response, "label": label}) for response, label in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_list_says_what_each_judge_cannot_do(run: Run) -> None:
    said = run("judges", "list")
    assert said.code == 0
    parts = {part.split("@")[0]: part for part in said.out.split("\n\n")}
    assert "Makes no errors by construction" in parts["lab"]
    assert "may not gate" in parts["qi2023"]
    assert "cannot tell a harmful answer from a safe one" in parts["refusal"]
    assert "XSTest" in parts["refusal"]


def test_a_judge_is_measured_with_counts_and_intervals(run: Run, tmp_path: Path) -> None:
    labels = _labels(tmp_path, *[(_REFUSES, "refusal")] * 8, *[(_HELPS, "refusal")] * 2, *[(_HELPS, "answered")] * 5)
    (row,) = json.loads(run("judges", "test", "refusal", "--labels", labels, "--json").out)
    assert (row["label_set"], row["n_positive"], row["n_negative"]) == ("mine", 10, 5)
    assert (row["sensitivity"], row["specificity"]) == (0.8, 1.0)
    assert row["sensitivity_low"] < 0.8 < row["sensitivity_high"]
    shown = run("judges", "test", "refusal", "--labels", labels).out
    assert "0.800" in shown
    assert "n 10" in shown


@pytest.mark.parametrize(
    ("judge", "text", "words"),
    [
        ("refusl", '{"prompt": "p", "response": "r", "label": "refusal"}', "Did you mean 'refusal'?"),
        ("refusal", '{"prompt": "p", "response": "r", "label": "perhaps"}', "mine.jsonl:1"),
        ("refusal", '{"prompt": "p", "response": "r"}', "label"),
        ("refusal", "{", "mine.jsonl:1"),
        ("refusal", "", "mine.jsonl"),
        ("refusal", None, "mine.jsonl"),
        ("refusal=some/model", '{"prompt": "p", "response": "r", "label": "refusal"}', "takes no model"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(run: Run, tmp_path: Path, judge: str, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "mine.jsonl").write_text(text, encoding="utf-8")
    said = run("judges", "test", judge, "--labels", tmp_path / "mine.jsonl")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert words in said.err


def test_labels_are_counted_once_and_a_ledger_that_cannot_be_written_is_said(run: Run, tmp_path: Path) -> None:
    labels = _labels(tmp_path, (_REFUSES, "refusal"), (_HELPS, "answered"))
    twice = run("judges", "test", "refusal", "--labels", labels, "--labels", tmp_path / "." / labels.name)
    assert (twice.code, "is given twice" in twice.err) == (2, True)
    lost = run("judges", "test", "refusal", "--labels", labels, "--out", labels / "ledger.json")
    assert lost.code == 2
    assert "the ledger cannot be written" in lost.err
