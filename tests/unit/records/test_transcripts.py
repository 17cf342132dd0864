"""Conversations in one text column: read as turns whatever marks them, written back in place, and never seen where there are none."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.records.samples import WRITERS, read, turns, write_jsonl
from tests.unit.records.transcripts import FAMILIES, written

from holdfast.core import InputError, Message
from holdfast.records import NewRow, open_dataset
from holdfast.records.formats.marks.families import FAMILIES as KNOWN
from holdfast.records.formats.marks.family import Cut, Names
from holdfast.records.formats.roles import ROLES

SYSTEM, HI, HELLO = ("system", "be kind\nand brief"), ("user", "hi: two\nlines"), ("assistant", "说 “好”\n\n- one\n- two")
MORE = (("user", "and?"), ("assistant", "that is all"))


def rows(way: str) -> list[dict[str, Any]]:
    """Three rows of one way of writing: of two turns, of four, and under a system prompt."""
    return [{"text": written(way, HI, HELLO), "id": 1}, {"text": written(way, HI, HELLO, *MORE)}, {"text": written(way, SYSTEM, HI, HELLO)}]


def new(*said: tuple[str, str]) -> NewRow:
    return NewRow(messages=tuple(Message(role=role, content=text) for role, text in said))  # type: ignore[arg-type]


def texts(source: Any, **options: Any) -> list[str]:
    return [row["text"] for row in read(open_dataset(source, max_bad_rows=0, **options))]


def formats(source: Any, **options: Any) -> list[str]:
    return [row["format"] for row in read(open_dataset(source, max_bad_rows=0, **options))]


@pytest.mark.parametrize("way", FAMILIES)
def test_turns_are_read_and_the_family_is_said(way: str) -> None:
    dataset = open_dataset(rows(way), max_bad_rows=0)
    found = read(dataset)
    told = dataset.files[0].detected
    assert (dataset.files[0].format, told.family) == ("transcript", FAMILIES[way][0])
    assert f"told by the marks of turns in 'text': {told.family}, " in told.why
    assert "(3 of the first 3 rows)" in told.why
    lead = [("system", row["system"]) for row in found[:1] if row["system"] is not None]
    assert turns(found[0]) == [*lead, HI, HELLO]
    assert lead == ([] if way != "alpaca" else lead)
    assert turns(found[1])[-4:] == [HI, HELLO, *MORE]
    assert turns(found[2]) == [SYSTEM, HI, HELLO]
    assert (found[2]["system"], found[2]["request"], found[2]["answer"]) == (SYSTEM[1], HI[1], HELLO[1])
    assert {row["format"] for row in found} == {"transcript"}


@pytest.mark.parametrize("way", FAMILIES)
def test_one_such_row_among_plain_documents_is_read_as_turns(way: str) -> None:
    documents = [{"text": f"A story of {number} things."} for number in range(5)]
    found = read(open_dataset([*documents, {"text": written(way, HI, HELLO)}], max_bad_rows=0))
    assert [row["format"] for row in found] == [*["text"] * 5, "transcript"]
    assert (found[5]["request"], found[5]["answer"]) == (HI[1], HELLO[1])


def test_an_input_belongs_to_its_instruction_and_nowhere_else() -> None:
    text = "### Instruction:\nadd\n\n### Input:\n1, 2\n\n### Response:\n3\n\n### Input:\nis a heading here"
    (found,) = read(open_dataset([{"text": text}]))
    assert turns(found) == [("user", "add\n1, 2"), ("assistant", "3\n\n### Input:\nis a heading here")]


def test_a_thought_and_tools_are_part_of_what_is_said() -> None:
    thought = (
        "<|start|>user<|message|>hi<|end|><|start|>assistant<|channel|>analysis<|message|>hm<|end|>"
        "<|start|>assistant<|channel|>final<|message|>hello<|return|>"
    )
    (found,) = read(open_dataset([{"text": thought}]))
    assert turns(found) == [("user", "hi"), ("assistant", "hm\nhello")]
    tools = "<s>[SYSTEM_PROMPT]be kind[/SYSTEM_PROMPT][AVAILABLE_TOOLS][{}][/AVAILABLE_TOOLS][INST]hi[/INST]hello</s>"
    (found,) = read(open_dataset([{"text": tools}]))
    assert turns(found) == [("system", "be kind\n[{}]"), ("user", "hi"), ("assistant", "hello")]


def test_words_before_the_first_mark_are_a_system_prompt_and_an_answer_may_be_missing() -> None:
    usual = [{"text": f"Human: question {number}\nAssistant: answer {number}"} for number in range(9)]
    found = read(open_dataset([*usual, {"text": "Be kind.\nHuman: a\nAssistant: b"}, {"text": "Human: and then?"}]))
    assert turns(found[9]) == [("system", "Be kind."), ("user", "a"), ("assistant", "b")]
    assert turns(found[10]) == [("user", "and then?")]


def test_rows_without_turns_are_plain_text_and_rows_of_another_family_are_read() -> None:
    usual = [{"text": written("chatml", HI, HELLO)}] * 3
    others = [{"text": "a story"}, {"text": ""}, {"text": None}, {"text": written("guanaco", HI, HELLO)}]
    dataset = open_dataset([*usual, *others], max_bad_rows=0)
    found = read(dataset)
    assert [row["format"] for row in found] == [*["transcript"] * 3, "text", "text", "text", "transcript"]
    assert turns(found[3]) == [("assistant", "a story")]
    assert turns(found[6]) == [HI, HELLO]
    assert "(3 of the first 7 rows, and 1 others)" in dataset.files[0].detected.why


def test_marks_inside_a_turn_stay_in_it() -> None:
    text = "<|im_start|>user\nwhat is [INST]?<|im_end|>\n<|im_start|>assistant\n### Human: is one, <|im_end|> is none<|im_end|>\n"
    (found,) = read(open_dataset([{"text": text}]))
    assert turns(found) == [("user", "what is [INST]?"), ("assistant", "### Human: is one, <|im_end|> is none")]


def test_a_role_that_is_not_known_makes_a_bad_row_and_may_be_mapped() -> None:
    odd = {"text": "<|im_start|>narrator\nonce<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nhello<|im_end|>"}
    usual = [{"text": written("chatml", HI, HELLO)}] * 3
    dataset = open_dataset([*usual, odd], max_bad_rows=1)
    assert len(read(dataset)) == 3
    assert "role 'narrator' is not known" in dataset.bad_rows[0].reason
    found = read(open_dataset([*usual, odd], roles={"narrator": "system"}, max_bad_rows=0))
    assert turns(found[3]) == [("system", "once"), ("user", "hi"), ("assistant", "hello")]
    assert open_dataset([odd] * 3, roles={"narrator": "system"}).files[0].format == "transcript"


def test_the_user_may_say_what_a_text_is() -> None:
    row = {"text": written("guanaco", HI, HELLO)}
    (plain,) = read(open_dataset([row], format="text"))
    assert (plain["format"], plain["request"], plain["answer"]) == ("text", None, row["text"])
    (asked,) = read(open_dataset([{"body": row["text"]}], columns={"request": "body"}))
    assert (asked["format"], asked["request"]) == ("prompt", row["text"])
    (mapped,) = read(open_dataset([{"body": row["text"]}], columns={"text": "body"}))
    assert (mapped["format"], mapped["request"]) == ("transcript", HI[1])
    (beside,) = read(open_dataset([{"instruction": "a", "output": "b", **row}], columns={"text": "text"}))
    assert (beside["format"], beside["request"]) == ("transcript", HI[1])
    few = [{"conversations": "a story"}] * 5 + [{"conversations": f"Be kind.\n{row['text']}"}]
    found = read(open_dataset(few, format="transcript"))
    assert [one["format"] for one in found] == [*["text"] * 5, "transcript"]
    assert turns(found[5]) == [("system", "Be kind."), HI, HELLO]
    with pytest.raises(InputError, match=r"format transcript needs one text with marked turns.* none of the first 2 rows"):
        open_dataset([{"text": "a story"}] * 2, format="transcript")
    with pytest.raises(InputError, match="map text=conversations"):
        read(open_dataset([{"conversations": row["text"]}], max_bad_rows=0))


def test_a_prompt_that_is_a_whole_conversation_is_one() -> None:
    whole = [{"prompt": written("llama-2", HI, HELLO)}] * 3
    assert formats([*whole, {"prompt": "why?"}]) == [*["transcript"] * 3, "prompt"]
    assert formats([{"prompt": "why?"}] * 3 + whole[:1]) == ["prompt"] * 4
    assert formats([{"prompt": f"<s>[INST] {number} [/INST]"} for number in range(3)]) == ["prompt"] * 3


@pytest.mark.parametrize(("filled", "blank"), [("completion", "prompt"), ("prompt", "completion")])
def test_a_transcript_beside_a_column_that_is_always_blank_is_one(filled: str, blank: str, tmp_path: Path) -> None:
    text = written("guanaco", HI, HELLO)
    rows = [{blank: "", filled: text}] * 3
    assert formats(rows) == ["transcript"] * 3
    assert turns(read(open_dataset(rows))[0]) == [HI, HELLO]
    # Where the other column says something in some row, both are read as they are named.
    assert formats([*rows, {blank: "why?", filled: text}]) == ["prompt-completion"] * 4
    target = tmp_path / "out.jsonl"
    open_dataset(rows[:1]).rewrite(target, replace={0: new(HI, ("assistant", "no"))}, extra_rows=(new(HI, ("assistant", "never")),))
    changed, added = (json.loads(line) for line in target.read_text(encoding="utf-8").splitlines())
    assert changed == {blank: "", filled: written("guanaco", HI, ("assistant", "no"))}
    assert added == {blank: "", filled: written("guanaco", HI, ("assistant", "never"))}


def test_a_late_row_with_both_columns_keeps_both() -> None:
    rows = [{"prompt": "", "completion": written("guanaco", HI, HELLO)} for _ in range(300)]
    rows.append({"prompt": "why?", "completion": written("guanaco", HI, HELLO)})
    last = read(open_dataset(rows))[-1]
    assert (last["format"], last["request"]) == ("prompt-completion", "why?")


PLAIN = [
    "Q: What is up?\nA: The sky.\n\nQ: What is down?\nA: The ground.",
    "# How to prompt\n\n### Instruction:\n\nWrite what to do.\n\n### Response:\n\nWhat the model says.",
    "We format rows as `### Human: {question}### Assistant: {answer}` and train on them.",
    'PROMPT = """### Instruction:\n{instruction}\n\n### Response:\n"""\n',
    "def chat(user):\n    return f'<|im_start|>user\\n{user}<|im_end|>\\n<|im_start|>assistant\\n'\n",
    "Human: an upright ape.\nHumans live everywhere.",
    "User: root\nPassword: none\nHost: here",
    "System: Linux\nUser: root\nAssistant director: nobody",
    "The User:Admin page\n\nUser: see there",
    "ASSISTANT: the play opens.\nUSER: enters late",
    "<|im_start|>user\nno one answers<|im_end|>\n",
    "### Human:### Assistant:",
    "[INST] and [/INST]",
    "Interviewer: And then?\nGuest: Then we left.",
    "Question: how many?\nAnswer: four.",
]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_stays_plain_text(text: str) -> None:
    others = [{"text": f"A story of {number} things."} for number in range(3)]
    found = read(open_dataset([*others, {"text": text}], max_bad_rows=0))
    assert found[3]["format"] == "text"
    assert turns(found[3]) == [("assistant", text)]


def test_marks_in_other_formats_change_nothing() -> None:
    said = written("alpaca", HI, HELLO)
    assert formats([{"messages": [{"role": "user", "content": said}, {"role": "assistant", "content": said}]}]) == ["chat"]
    assert formats([{"prompt": said, "completion": said}]) == ["prompt-completion"]
    assert formats([{"instruction": said, "output": said, "text": said}]) == ["alpaca"]
    assert formats([{"question": said, "answer": said}]) == ["question-answer"]


@pytest.mark.parametrize("container", WRITERS)
@pytest.mark.parametrize("way", ["chatml", "guanaco", "alpaca"])
def test_a_dropped_row_leaves_all_others_as_they_were(tmp_path: Path, container: str, way: str) -> None:
    path = tmp_path / container
    WRITERS[container](path, [{"text": row["text"]} for row in rows(way)])
    target = tmp_path / f"new-{container}"
    open_dataset(path).rewrite(target, lambda number: number != 1)
    assert texts(target) == [texts(path)[0], texts(path)[2]]
    if container == "rows.jsonl":
        lines = path.read_bytes().splitlines(keepends=True)
        assert target.read_bytes() == lines[0] + lines[2]
    if container == "rows.parquet":
        assert pq.read_table(target).equals(pq.read_table(path).take(pa.array([0, 2])))


@pytest.mark.parametrize("way", FAMILIES)
def test_a_changed_turn_changes_nothing_else_in_its_text(tmp_path: Path, way: str) -> None:
    path = tmp_path / "a.jsonl"
    raw = rows(way)
    write_jsonl(path, raw)
    dataset = open_dataset(path)
    old = turns(read(dataset)[1])
    assert old[-2:] == list(MORE)
    changes = {1: new(*((role, text.replace("two\nlines", "[PHONE]").replace("all", "[NAME]")) for role, text in old))}
    dataset.rewrite(tmp_path / "b.jsonl", replace=changes)
    after = open_dataset(tmp_path / "b.jsonl", format="text")
    wanted = raw[1]["text"].replace("two\nlines", "[PHONE]").replace("is all", "is [NAME]")
    assert [row["text"] for row in read(after)] == [raw[0]["text"], wanted, raw[2]["text"]]


def test_the_parts_of_a_turn_keep_their_places() -> None:
    row = {"text": "### Instruction:\ncall 555\n\n### Input:\nor 556\n\n### Response:\nno\n\n### End\n"}
    dataset = open_dataset([row])
    (found,) = read(dataset)
    changed = new(*((role, text.replace("555", "[A]").replace("556", "[B]")) for role, text in turns(found)))
    assert rewritten([row], {0: changed}) == ["### Instruction:\ncall [A]\n\n### Input:\nor [B]\n\n### Response:\nno\n\n### End\n"]


def rewritten(source: list[dict[str, Any]], replace: dict[int, NewRow] | None = None, extra: tuple[NewRow, ...] = ()) -> list[str]:
    """The raw texts after a rewriting."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.jsonl"
        open_dataset(source).rewrite(target, replace=replace or {}, extra_rows=extra)
        return [row["text"] for row in read(open_dataset(target, format="text"))]


@pytest.mark.parametrize("way", FAMILIES)
def test_added_rows_are_written_in_the_marks_of_the_file(way: str) -> None:
    raw = [{"text": written(way, HI, HELLO)}] * 2
    said = (("user", "may I?"), ("assistant", "No, sorry."))
    extra = (new(*said), new(*said, *MORE), new(SYSTEM, *said))
    out = rewritten(raw, extra=extra)
    assert out[:2] == [row["text"] for row in raw]
    found = read(open_dataset([{"text": text} for text in out], max_bad_rows=0))
    assert [turns(row) for row in found[2:]] == [[*said], [*said, *MORE], [SYSTEM, *said]]
    if way not in ("alpaca", "hh"):
        assert out[2] == written(way, *said)


def test_a_system_prompt_may_be_taken_away_and_a_turn_with_marks_is_refused() -> None:
    for way in ("chatml", "llama-2", "vicuna", "deepseek", "human-assistant"):
        (out,) = rewritten([{"text": written(way, SYSTEM, HI, HELLO)}], {0: new(HI, HELLO)})
        assert turns(read(open_dataset([{"text": out}]))[0]) == [HI, HELLO]
    with pytest.raises(InputError, match="cannot hold these turns"):
        rewritten([{"text": written("guanaco", HI, HELLO)}], {0: new(HI, ("assistant", "x ### Human: y"))})
    with pytest.raises(InputError, match="cannot hold these turns"):
        rewritten([{"text": written("guanaco", HI, HELLO)}], extra=(new(("assistant", "a story")),))
    with pytest.raises(InputError, match="no rejected answer"):
        rewritten([{"text": written("guanaco", HI, HELLO)}], {0: NewRow(messages=(), rejected="x")})


def test_a_plain_row_of_such_a_file_is_replaced_as_plain_text() -> None:
    raw = [{"text": written("chatml", HI, HELLO)}, {"text": "a story"}]
    assert rewritten(raw, {1: new(("assistant", "[NAME]"))}) == [raw[0]["text"], "[NAME]"]


def test_shards_read_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    mixed = [{"text": written("guanaco", ("user", f"q{n}"), ("assistant", f"a{n}")) if n % 3 else f"story {n}"} for n in range(500)]
    write_jsonl(path, mixed)
    dataset = open_dataset(path)
    whole = read(dataset)
    parts = [row for shard in dataset.shards(4) for batch in dataset.batches(shard=shard) for row in batch.to_pylist()]
    assert parts == whole
    assert {row["format"] for row in whole} == {"transcript", "text"}


def test_lines_of_plain_text_may_be_transcripts(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("<s>[INST] hi [/INST] hello </s>\n<s>[INST] a [/INST] b </s>\n", encoding="utf-8")
    dataset = open_dataset(path)
    assert [turns(row) for row in read(dataset)] == [[("user", "hi"), ("assistant", "hello")], [("user", "a"), ("assistant", "b")]]
    dataset.rewrite(tmp_path / "b.txt", replace={1: new(("user", "[NAME]"), ("assistant", "b"))})
    assert (tmp_path / "b.txt").read_text(encoding="utf-8") == "<s>[INST] hi [/INST] hello </s>\n<s>[INST] [NAME] [/INST] b </s>\n"


@pytest.mark.parametrize("family", KNOWN, ids=lambda family: family.name)
@given(data=st.data())
def test_no_text_loses_a_character(family: Any, data: st.DataObject) -> None:
    marks = [*(before for before, _ in family.style.values()), *family.closed, *family.heads, "<s>", "[INST]", "### Input:", "\n", " ", "x"]
    text = "".join(data.draw(st.lists(st.sampled_from(marks) | st.text(max_size=3), max_size=12)))
    cut = Cut.of(text, family, Names(family, ROLES))
    if cut is None:
        return
    assert cut.text == text
    assert set(cut.roles) <= {"system", "user", "assistant", "tool"}
    for turn, said in enumerate(cut.contents):
        parts = cut.parts(turn)
        assert "\n".join(parts) == said
        cut.with_parts(turn, parts)
    assert cut.text == text


@pytest.mark.parametrize("family", KNOWN, ids=lambda family: family.name)
def test_a_hostile_text_takes_linear_time(family: Any) -> None:
    before = [before for before, _ in family.style.values() if before]
    begun = before[0] + "x" + before[-1]
    for repeated in (*before, *family.closed, *family.heads, "<s>", "<s> ", "[INST]<<SYS>>", "### Input:", "\n ", "[/SYSTEM_PROMPT]x"):
        text = begun + repeated * (1_000_000 // len(repeated))
        for hostile in (text, text[len(begun) :] + begun):
            start = time.process_time()
            Cut.of(hostile, family, Names(family, ROLES))
            open_dataset([{"text": hostile}])
            assert time.process_time() - start < 2
