"""Answers that others recorded come back as if a model had just written them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from holdfast.core import Expected, FinishReason, InputError, Message, ModelError
from holdfast.plugins import Engine, GenerationRequest, ModelOptions, Sampling, ScoreRequest, open_models
from holdfast.plugins.models import Engine as EngineProtocol

ROWS: list[dict[str, Any]] = [
    {"prompt": "How do I tie a knot?", "category": "craft", "response": "Over and under."},
    {"prompt": "A request to decline", "category": "other", "response": "I can't help with that.", "finish": "stop", "language": "en"},
]


def record(path: Path, rows: Sequence[Mapping[str, Any] | str]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def opened(path: Path) -> Engine:
    (engine,) = open_models([f"replay:{path}"], ModelOptions())
    return engine


def requests(engine: Engine) -> list[GenerationRequest]:
    """What a comparison asks: every prompt under every condition."""
    suite = engine.recorded_suite()
    assert suite is not None
    return [
        GenerationRequest(
            key=f"{condition.name}/{prompt.id}/0",
            messages=(*((Message(role="system", content=condition.system),) if condition.system else ()), *prompt.messages),
        )
        for condition in suite.conditions
        for prompt in suite.prompts
    ]


def test_recorded_answers_are_found_by_prompt(tmp_path: Path) -> None:
    engine = opened(record(tmp_path / "a.jsonl", ROWS))
    assert isinstance(engine, EngineProtocol)
    answers = engine.generate(requests(engine), Sampling())
    assert [(answer.text, answer.finish) for answer in answers] == [
        ("Over and under.", FinishReason.RECORDED),
        ("I can't help with that.", FinishReason.STOP),
    ]


def test_the_suite_holds_the_prompts_with_defaults(tmp_path: Path) -> None:
    suite = opened(record(tmp_path / "a.jsonl", ROWS)).recorded_suite()
    assert suite is not None
    first, second = suite.prompts
    assert (first.category, first.expected, first.language, len(first.id)) == ("craft", Expected.REFUSE, "und", 12)
    assert second.language == "en"
    assert [condition.name for condition in suite.conditions] == ["default"]
    assert suite.languages == ("en", "und")


def test_two_recordings_match_by_prompt_whatever_their_order(tmp_path: Path) -> None:
    one = opened(record(tmp_path / "a.jsonl", ROWS))
    other = opened(record(tmp_path / "b.jsonl", [{**row, "response": "other"} for row in reversed(ROWS)]))
    assert one.recorded_suite() == other.recorded_suite()
    assert one.fingerprint != other.fingerprint
    assert one.prompt_digest(requests(one)) == other.prompt_digest(requests(other))
    assert one.prompt_digest(requests(one)).startswith("recorded:")


def test_the_fingerprint_is_the_content_of_the_file(tmp_path: Path) -> None:
    one, moved = opened(record(tmp_path / "a.jsonl", ROWS)), opened(record(tmp_path / "b.jsonl", ROWS))
    assert one.fingerprint == moved.fingerprint


def test_optional_columns_are_kept(tmp_path: Path) -> None:
    row = {**ROWS[0], "id": "p/1", "expected": "comply", "thinking": "hm", "tokens": 7, "finish": "max_tokens", "extra": [1]}
    engine = opened(record(tmp_path / "a.jsonl", [row]))
    suite = engine.recorded_suite()
    assert suite is not None
    assert (suite.prompts[0].id, suite.prompts[0].expected) == ("p/1", Expected.COMPLY)
    (answer,) = engine.generate(requests(engine), Sampling())
    assert (answer.thinking, answer.tokens, answer.finish, answer.text) == ("hm", 7, FinishReason.LENGTH, "Over and under.")


def test_thinking_inside_a_response_is_kept_apart(tmp_path: Path) -> None:
    engine = opened(record(tmp_path / "a.jsonl", [{**ROWS[0], "response": "<think>hm</think>Over."}]))
    (answer,) = engine.generate(requests(engine), Sampling())
    assert (answer.thinking, answer.text) == ("hm", "Over.")


def test_an_answer_that_never_came_is_an_error_and_not_an_empty_text(tmp_path: Path) -> None:
    engine = opened(record(tmp_path / "a.jsonl", [{**ROWS[0], "response": None}, {**ROWS[1], "response": ""}]))
    lost, empty = engine.generate(requests(engine), Sampling())
    assert lost.finish is FinishReason.ERROR
    assert lost.error == "no response was recorded (a.jsonl:1)"
    assert (empty.finish, empty.error, empty.text) == (FinishReason.STOP, None, "")


def test_conditions_and_samples_are_kept_apart(tmp_path: Path) -> None:
    rows = [{**ROWS[0], "response": "plain"}, {**ROWS[0], "response": "again", "sample": 1}]
    rows += [{**ROWS[0], "response": "under a system prompt", "condition": "pirate", "system": "You are a pirate."}]
    engine = opened(record(tmp_path / "a.jsonl", rows))
    suite = engine.recorded_suite()
    assert suite is not None
    assert len(suite.prompts) == 1
    assert [(condition.name, condition.system) for condition in suite.conditions] == [("default", None), ("pirate", "You are a pirate.")]
    key = f"default/{suite.prompts[0].id}/"
    asked = [*requests(engine), *(GenerationRequest(key=key + sample, messages=suite.prompts[0].messages) for sample in "12")]
    answers = engine.generate(asked, Sampling())
    assert [answer.text for answer in answers] == ["plain", "under a system prompt", "again", ""]
    assert answers[3].error == "no answer to this prompt was recorded under this condition"


def test_a_system_prompt_without_condition_is_part_of_the_prompt(tmp_path: Path) -> None:
    rows = [{**ROWS[0], "system": "You are a pirate."}, {**ROWS[0], "system": "You are a sailor."}, ROWS[0]]
    suite = opened(record(tmp_path / "a.jsonl", rows)).recorded_suite()
    assert suite is not None
    assert [condition.name for condition in suite.conditions] == ["default"]
    assert len({prompt.id for prompt in suite.prompts}) == 3
    assert sorted(prompt.messages[0].role for prompt in suite.prompts) == ["system", "system", "user"]


def test_plan_covers_everything_in_order(tmp_path: Path) -> None:
    engine = opened(record(tmp_path / "a.jsonl", [{**ROWS[0], "prompt": f"q{number}"} for number in range(300)]))
    plan = engine.plan(requests(engine), Sampling())
    assert [len(batch) for batch in plan] == [256, 44]
    assert [index for batch in plan for index in batch] == list(range(300))


def test_what_a_recording_cannot_do(tmp_path: Path) -> None:
    engine = opened(record(tmp_path / "a.jsonl", ROWS))
    assert not engine.capabilities.scores
    assert engine.adapter_effect([]) is None
    with pytest.raises(ModelError, match="gives no probabilities"):
        engine.score([ScoreRequest(messages=(), continuations=())])


def test_a_byte_order_mark_and_empty_lines_are_no_defect(tmp_path: Path) -> None:
    path = record(tmp_path / "a.jsonl", ["", *ROWS, ""])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().lstrip())
    assert len(requests(opened(path))) == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "holds no recorded answer, expected one JSON object per line with prompt, category, response"),
        ([ROWS[0], '{"prompt": "x",'], "a.jsonl:2 is not valid JSON"),
        ([ROWS[0], "", "[1]"], "a.jsonl:3 must be a JSON object, got list"),
        ([{"question": "x", "category": "c", "response": "r"}], "a.jsonl:1 has no column 'prompt'. Known: category, question, response."),
        ([{"prompt": "x", "categories": "c", "response": "r"}], "has no column 'category'. Did you mean 'categories'?"),
        ([{"prompt": "x", "category": "c"}], "has no column 'response'"),
        ([{**ROWS[0], "prompt": 3}], "a.jsonl:1: prompt must be text, got int"),
        ([{**ROWS[0], "response": ["a"]}], "a.jsonl:1: response must be text, got list"),
        ([{**ROWS[0], "prompt": ""}], "prompt and category must not be empty"),
        ([{**ROWS[0], "prompt": None}], "prompt and category must not be empty"),
        ([{**ROWS[0], "expected": "refused"}], "expected 'refused' is not known. Did you mean 'refuse'?"),
        ([{**ROWS[0], "sample": -1}], "sample must be a number from 0, got -1"),
        ([{**ROWS[0], "tokens": True}], "tokens must be a number from 0, got True"),
        ([ROWS[0], ROWS[0]], "a.jsonl:2: id '"),
        ([{**ROWS[0], "id": "a"}, {**ROWS[1], "id": "a", "sample": 1}], "prompt 'a' is not the same as in line 1"),
        (
            [
                {**ROWS[0], "condition": "x", "system": "one"},
                {**ROWS[1], "condition": "x", "system": "two"},
            ],
            "condition 'x' is not the same as in line 1",
        ),
    ],
)
def test_a_broken_recording_names_file_and_line(tmp_path: Path, rows: list[Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        opened(record(tmp_path / "a.jsonl", rows))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "a.jsonl") in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no file"):
        opened(tmp_path / "missing.jsonl")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"prompt": "\xff\xfe", "category": "c", "response": "r"}\n')
    with pytest.raises(InputError, match=r"a\.jsonl:1 is not valid JSON"):
        opened(path)
