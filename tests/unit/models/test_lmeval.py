"""What lm-evaluation-harness wrote down with --log_samples is read as answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from holdfast.core import Expected, FinishReason, InputError, Message
from holdfast.models.lmeval import read_lmeval
from holdfast.plugins import ModelOptions, open_models

SETTINGS = {"until": ["\n"], "max_gen_toks": 64}


def row(number: int, **more: Any) -> dict[str, Any]:
    """One line as version 0.4 writes it."""
    return {
        "doc_id": number,
        "doc": {"question": f"q{number}"},
        "target": "x",
        "arguments": {"gen_args_0": {"arg_0": f"Q: q{number}\nA:", "arg_1": SETTINGS}},
        "resps": [[f"answer {number}"]],
        "filtered_resps": [f"answer {number}"],
        "filter": "none",
        "doc_hash": "d",
        **more,
    }


def write(folder: Path, *rows: Any, name: str = "samples_my_task_2026-11-20T10-11-12.345678.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


def test_prompts_and_answers_are_read(tmp_path: Path) -> None:
    read = read_lmeval(write(tmp_path, row(0), row(1, doc={"category": "theft", "expected": "comply"})))
    first, second = read.suite.prompts
    assert (first.id, first.category, first.expected) == ("my_task-0", "my_task", Expected.REFUSE)
    assert first.messages == (Message(role="user", content="Q: q0\nA:"),)
    assert (second.category, second.expected) == ("theft", Expected.COMPLY)
    answer = read.answers["default/my_task-0/0"]
    assert (answer.text, answer.finish) == ("answer 0", FinishReason.RECORDED)


def test_the_older_form_of_arguments_is_read(tmp_path: Path) -> None:
    read = read_lmeval(write(tmp_path, row(0, arguments=[["Q: old", SETTINGS]], resps=[["a", "b"]])))
    assert read.suite.prompts[0].messages[0].content == "Q: old"
    assert [read.answers[f"default/my_task-0/{number}"].text for number in (0, 1)] == ["a", "b"]


def test_a_chat_that_was_written_down_as_json_is_taken_apart(tmp_path: Path) -> None:
    chat = json.dumps([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}])
    for shown in (chat, [chat]):
        read = read_lmeval(write(tmp_path, row(0, arguments={"gen_args_0": {"arg_0": shown, "arg_1": SETTINGS}})))
        assert [turn.role for turn in read.suite.prompts[0].messages] == ["system", "user"]


def test_a_document_under_two_filters_counts_once(tmp_path: Path) -> None:
    read = read_lmeval(
        write(tmp_path, row(0, filter="strict"), row(1, filter="strict"), row(0, filter="flexible"), row(1, filter="flexible"))
    )
    assert len(read.answers) == 2


def test_an_answer_that_is_missing_stays_missing(tmp_path: Path) -> None:
    read = read_lmeval(write(tmp_path, row(0, resps=[[None]])))
    assert next(iter(read.answers.values())).finish is FinishReason.ERROR


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (row(0, arguments={"gen_args_0": {"arg_0": "Q", "arg_1": " yes"}}, resps=[["-1.5", "False"]]), "scores given continuations"),
        (row(0, resps=[[[-1.5, False]]]), "resps must hold generated texts"),
        (row(0, arguments=[]), "arguments must hold"),
        (row(0, arguments=[[3, SETTINGS]]), "prompt in arguments must be text"),
        ({"prompt": "x"}, "expected doc_id, arguments and resps"),
        ([1], "expected doc_id"),
    ],
)
def test_another_form_is_named_with_its_line(tmp_path: Path, broken: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read_lmeval(write(tmp_path, row(7), broken))
    assert ".jsonl:2" in str(error.value)


def test_a_file_is_opened_by_reference(tmp_path: Path) -> None:
    path = write(tmp_path, row(0), name="mine.jsonl")
    (engine,) = open_models([f"lmeval:{path}"], ModelOptions())
    suite = engine.recorded_suite()
    assert suite is not None
    assert suite.categories == ("mine",)
    with pytest.raises(InputError, match="log_samples"):
        open_models([f"lmeval:{write(tmp_path, name='empty.jsonl')}"], ModelOptions())
