"""Each format is read as the turns that a trainer would make of it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.records.samples import ROWS_BY_FORMAT, read, turns

from holdfast.records import FORMATS, open_dataset

Row = dict[str, Any]


def one(row: Row, **options: Any) -> Row:
    (found,) = read(open_dataset([row], max_bad_rows=0, **options))
    return found


def reason(row: Row, good: Row) -> str:
    """Why a row is bad, beside a good one that settles the format of the set."""
    dataset = open_dataset([good, row], max_bad_rows=1)
    assert len(read(dataset)) == 1
    (bad,) = dataset.bad_rows
    assert (bad.row, bad.line) == (1, 2)
    return bad.reason


def test_the_samples_cover_every_format() -> None:
    assert sorted(ROWS_BY_FORMAT) == sorted(form.name for form in FORMATS)


@pytest.mark.parametrize("name", ROWS_BY_FORMAT)
def test_the_format_of_each_sample_is_told(name: str) -> None:
    dataset = open_dataset(ROWS_BY_FORMAT[name])
    assert dataset.files[0].format == name
    assert {row["format"] for row in read(dataset)} == {name}
    assert "3 of the first 3 rows" in dataset.files[0].detected.why


def test_chat_with_a_system_prompt() -> None:
    row = one(ROWS_BY_FORMAT["chat"][0])
    assert turns(row) == [("system", "be kind"), ("user", "hi"), ("assistant", "hello")]
    assert (row["system"], row["request"], row["answer"], row["rejected"]) == ("be kind", "hi", "hello", None)
    assert row["text"] == "be kind\nhi\nhello"
    assert (row["row"], row["line"], row["source"]) == (0, 1, "rows")


def test_request_and_answer_are_those_of_the_last_answer() -> None:
    said = [("user", "a"), ("assistant", "b"), ("user", "c"), ("tool", "d"), ("assistant", "e"), ("user", "f")]
    row = one({"messages": [{"role": role, "content": content} for role, content in said]})
    assert (row["request"], row["answer"]) == ("c", "e")
    row = one({"messages": [{"role": "assistant", "content": "first"}, {"role": "user", "content": "then"}]})
    assert (row["request"], row["answer"]) == (None, "first")
    row = one({"messages": []})
    assert (turns(row), row["request"], row["answer"], row["text"]) == ([], None, None, "")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "a"}, {"type": "text", "value": "b"}], "a\nb"),
        ([{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "x"}}], "look\n[image]"),
        (["a", "b"], "a\nb"),
        ([], ""),
        (None, ""),
        (42, "42"),
        ({"answer": 1}, '{"answer":1}'),
    ],
)
def test_a_content_may_be_parts_or_no_text_at_all(content: object, text: str) -> None:
    assert one({"messages": [{"role": "user", "content": content}]})["request"] == text


def test_reasoning_and_tool_calls_are_part_of_what_is_said() -> None:
    calls = [{"type": "function", "function": {"name": "clock", "arguments": "{}"}}]
    row = one(
        {
            "messages": [
                {"role": "user", "content": "what time is it?"},
                {"role": "assistant", "reasoning_content": "look it up", "content": None, "tool_calls": calls},
                {"role": "tool", "content": "noon", "tool_call_id": "1"},
                {"role": "assistant", "content": "It is noon.", "weight": 1},
            ]
        }
    )
    assert [role for role, _ in turns(row)] == ["user", "assistant", "tool", "assistant"]
    assert turns(row)[1][1] == 'look it up\n[{"type":"function","function":{"name":"clock","arguments":"{}"}}]'
    assert (row["request"], row["answer"]) == ("what time is it?", "It is noon.")


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("human", "user"), ("Human", "user"), ("gpt", "assistant"), ("model", "assistant"), ("bot", "assistant"), ("BOT ", "assistant"),
        ("function", "tool"), ("observation", "tool"), ("ipython", "tool"), ("function_call", "assistant"), ("developer", "system"),
    ],
)  # fmt: skip
def test_names_of_roles(name: str, role: str) -> None:
    assert turns(one({"conversations": [{"from": name, "value": "x"}]})) == [(role, "x")]
    assert turns(one({"messages": [{"role": name, "content": "x"}]})) == [(role, "x")]


def test_a_sharegpt_row_has_one_system_turn_and_tools_are_no_system_prompt() -> None:
    row = one(ROWS_BY_FORMAT["sharegpt"][0])
    assert turns(row)[0] == ("system", 'be brief\n\n[{"name": "clock"}]')
    assert row["system"] == "be brief"
    row = one({"conversations": [{"from": "human", "value": "hi"}], "tools": [{"name": "clock"}]})
    assert turns(row) == [("system", '[{"name":"clock"}]'), ("user", "hi")]
    assert row["system"] is None
    assert turns(one(ROWS_BY_FORMAT["sharegpt"][1])) == [("user", "a"), ("assistant", "b")]


@pytest.mark.parametrize(
    "value",
    [
        '[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]',
        {"role": ["user", "assistant"], "content": ["a", "b"]},
        [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}],
    ],
)
def test_other_ways_to_hold_turns(value: object) -> None:
    assert turns(one({"messages": value})) == [("user", "a"), ("assistant", "b")]


def test_alpaca_with_everything() -> None:
    row = one({"instruction": "now", "input": "this", "output": "done", "system": "be kind", "history": [["q", "a"]]})
    assert turns(row) == [("system", "be kind"), ("user", "q"), ("assistant", "a"), ("user", "now\nthis"), ("assistant", "done")]
    assert (row["system"], row["request"], row["answer"]) == ("be kind", "now\nthis", "done")


def test_prompt_and_completion_may_be_messages() -> None:
    row = one({"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]})
    assert turns(row) == [("user", "a"), ("assistant", "b")]
    assert row["format"] == "prompt-completion"


def test_an_answer_that_is_null_is_none() -> None:
    row = one({"question": "a", "answer": None})
    assert (turns(row), row["answer"]) == ([("user", "a")], None)
    assert one({"question": "a", "answer": 42})["answer"] == "42"


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "p", "chosen": "good", "rejected": "bad"},
        {"instruction": "p", "input": "", "chosen": "good", "rejected": "bad"},
        {"prompt": [{"role": "user", "content": "p"}], "chosen": [{"role": "assistant", "content": "good"}],
         "rejected": [{"role": "assistant", "content": "bad"}]},
        {"conversations": [{"from": "human", "value": "p"}], "chosen": {"from": "gpt", "value": "good"},
         "rejected": {"from": "gpt", "value": "bad"}},
        {"chosen": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "good"}],
         "rejected": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "bad"}]},
        {"prompt": "p", "messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "good"}],
         "chosen": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "good"}],
         "rejected": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "bad"}]},
        {"chosen_messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": [{"type": "text", "value": "good"}]}],
         "rejected_messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": [{"type": "text", "value": "bad"}]}]},
        {"chosen": "\n\nHuman: p\n\nAssistant: good", "rejected": "\n\nHuman: p\n\nAssistant: bad"},
    ],
)  # fmt: skip
def test_every_way_to_write_a_preference_pair(row: Row) -> None:
    found = one(row)
    assert found["format"] == "dpo"
    assert turns(found) == [("user", "p"), ("assistant", "good")]
    assert (found["request"], found["answer"], found["rejected"]) == ("p", "good", "bad")


def test_a_pair_of_dialogues_that_part_early() -> None:
    found = one({"chosen": "\n\nHuman: p\n\nAssistant: a\n\nHuman: q\n\nAssistant: b", "rejected": "\n\nHuman: p\n\nAssistant: x"})
    assert (found["answer"], found["rejected"]) == ("b", "x")


def test_the_annotator_of_a_pair_is_read() -> None:
    assert one(ROWS_BY_FORMAT["dpo"][0])["annotator"] == "a1"
    assert one({"prompt": "p", "chosen": "a", "rejected": "b", "labeler_id": 7})["annotator"] == "7"


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "p", "completion": "bad", "label": False},
        {"messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "bad"}], "label": False},
        {"conversations": [{"from": "human", "value": "p"}, {"from": "gpt", "value": "bad"}], "kto_tag": False},
        {"instruction": "p", "input": "", "output": "bad", "kto_tag": "false"},
    ],
)
def test_an_unwanted_answer_is_rejected_and_no_answer(row: Row) -> None:
    found = one(row)
    assert found["format"] == "kto"
    assert (turns(found), found["answer"], found["rejected"]) == ([("user", "p")], None, "bad")


def test_plain_text_is_what_the_model_learns_to_say() -> None:
    row = one({"text": "a story"})
    assert (turns(row), row["request"], row["answer"]) == ([("assistant", "a story")], None, "a story")


@pytest.mark.parametrize(
    ("row", "good", "said"),
    [
        ({"messages": [{"role": "narrator", "content": "x"}]}, {"messages": []}, r"messages[0]: role 'narrator' is not known; map it"),
        ({"messages": [{"content": "x"}]}, {"messages": []}, "messages[0]: a turn has no role"),
        ({"messages": [{"role": "user"}]}, {"messages": []}, "messages[0]: a turn has no content; its keys are role"),
        ({"messages": ["x"]}, {"messages": []}, "messages[0] must be an object with a role and a content, got str"),
        ({"messages": None}, {"messages": []}, "messages must be a list of turns, got null"),
        ({"messages": "hi"}, {"messages": []}, "messages must be a list of turns, got text that is no JSON"),
        ({"question": ["x"], "answer": {}}, {"question": "a", "answer": "b"}, "question[0] must be an object"),
        ({"turns": [1]}, {"turns": ["a"]}, "turns must be a list of texts, got list"),
        ({"text": ["x"]}, {"text": "a"}, "text must be text, got list"),
        ({"prompt": "a", "completion": "b", "kto_tag": "maybe"}, {"prompt": "a", "completion": "b", "kto_tag": True}, "must be true or"),
        ({"instruction": "a", "output": "b", "history": [["q"]]}, {"instruction": "a", "output": "b"}, "history must be a list of pairs"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, {"messages": []}, "half of a surrogate pair"),
        ({"nothing": 1}, {"text": "a"}, "column 'text' of format text is missing"),
        (3, {"text": "a"}, "expected an object, got int"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_says_why(row: Row, good: Row, said: str) -> None:
    assert said in reason(row, good)


def test_a_row_of_another_format_in_the_same_file_is_read_as_what_it_is() -> None:
    rows = [*ROWS_BY_FORMAT["chat"], *ROWS_BY_FORMAT["alpaca"][:1]]
    dataset = open_dataset(rows, max_bad_rows=0)
    assert [row["format"] for row in read(dataset)] == ["chat", "chat", "chat", "alpaca"]
    assert dataset.files[0].format == "chat"


def test_a_label_that_is_no_truth_value_makes_no_pair() -> None:
    rows = [{"prompt": "p", "completion": "c", "label": "joy"}, {"prompt": "p", "completion": "c", "label": False}]
    assert [row["format"] for row in read(open_dataset(rows))] == ["prompt-completion", "kto"]


def test_a_blank_of_pandas_is_no_text() -> None:
    (batch,) = open_dataset([{"prompt": float("nan"), "completion": "x"}]).batches()
    assert batch.to_pylist()[0]["request"] == ""
    assert batch.to_pylist()[0]["answer"] == "x"
