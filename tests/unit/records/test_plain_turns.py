"""Chunks of plain turns are read by Arrow at once, with the same rows and the same refusals as row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.records import open_dataset, reading
from holdfast.records.formats.roles import ROLES
from holdfast.records.plain_turns import FEWEST, PlainKeys, plain_turns

_KEYS = PlainKeys("messages", "role", "content")
_PLAIN = [
    {"messages": [{"role": "user", "content": f"ask {number}"}, {"role": "assistant", "content": "é\u2028😀\x00\n" * (number % 3)}]}
    for number in range(FEWEST + 30)
]
_ODD = (
    b'{"messages":[{"role":"user","role":"user","content":"c"}]}',
    b'{"messages":[{"role":"user","content":"c","\\u0072ole":"user"}]}',
    b'{"messages":[],"messages":[]}',
    b'{"messages":[{"role":"user","content":"\\ud800"}]}',
    b'{"messages":[{"role":"user","content":"\\udc00"}]}',
    b'{"messages":[{"role":"user","content":"\xff"}]}',
    b'{"messages":[{"role":"user","content":"\xed\xa0\x80"}]}',
    b'{"messages":[{"role":"\xff","content":"c"}]}',
    b'{"messages":[{"role":"user","content":"a\tb"}]}',
    b'{"messages":[{"role":"user","content":1}]}',
    b'{"messages":[{"role":"user","content":null}]}',
    b'{"messages":[{"role":"user","content":NaN}]}',
    b'{"messages":[{"role":"user","content":["a"]}]}',
    b'{"messages":[{"role":"user","content":[{"type":"text","text":"part"}]}]}',
    b'{"messages":[{"role":"User","content":"c"}]}',
    b'{"messages":[{"role":"nobody","content":"c"}]}',
    b'{"messages":[{"role":null,"content":"c"}]}',
    b'{"messages":[{"role":true,"content":"c"}]}',
    b'{"messages":[{"role":"user"}]}',
    b'{"messages":[{"content":"c"}]}',
    b'{"messages":[{"role":"user","content":"c","name":"n"}]}',
    b'{"messages":[{"role":"assistant","content":"c","tool_calls":[]}]}',
    b'{"messages":[{}]}',
    b'{"messages":[null]}',
    b'{"messages":[[]]}',
    b'{"messages":{}}',
    b'{"messages":{"role":"user","content":"c"}}',
    b'{"messages":"[]"}',
    b'{"messages":"x"}',
    b'{"messages":null}',
    b'{"messages":[]}',
    b'{"messages":[],"id":1}',
    b'{"messages":[],"note":"these are more than six words of text that nothing reads"}',
    b'{"prompt":"p","completion":"c"}',
    b"{}",
    b"1",
    b"[]",
    b"null",
    b'{"messages":[]} {"messages":[]}',
    b'{"messages":[]}{"messages":[]}\n{"messages":',
    b'{"messages":[]} {"messages":[]}\n{"messages":[{"role":"user","content":"}\n{"}]}',
    b'{"messages":[]} {"messages":[]}\n{"messages":\n[]}',
    b'{"messages":[]} {"messages":[]}\n{"messages":[]}\x00{}',
    b'{"messages":[]}\x00',
    b'{"messages":[],}',
    b'{"messages":[]}}',
    b"{'messages':[]}",
    b'{"messages":[] /* x */}',
    b'{"messages":[{"role":"user","content":"\\q"}]}',
    b'{"messages":[{"role":"user","content":"cut',
    b'\xef\xbb\xbf{"messages":[]}',
    b'\x0b{"messages":[]}',
    b' \t{"messages":[{"role":"user","content":"blanks around"}]} \r',
    b'{"messages":[{"role":"user","content":"a feed of Windows"}]}\r',
    b'{"messages":[{"role":"human","content":"\\u00e9\\ud83d\\ude00 \\/ \\u0000"},{"role":"gpt","content":""}]}',
    b'{"messages":[{"role":"system","content":"s"},{"role":"user","content":"1"},{"role":"tool","content":"t"}]}',
)


def _read(path: Path) -> tuple[list[dict[str, Any]], list[tuple[int, int, str]]]:
    dataset = open_dataset(path, max_bad_rows=1_000)
    rows = [row for batch in dataset.batches() for row in batch.to_pylist()]
    return rows, [(bad.row, bad.line, bad.reason) for bad in dataset.bad_rows]


def _both_ways(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    at_once = _read(path)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "FEWEST", 1 << 30)
        return at_once, _read(path)


@pytest.mark.parametrize("odd", _ODD)
def test_a_row_that_is_not_plain_is_read_or_refused_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: bytes) -> None:
    lines = [json.dumps(row).encode() for row in _PLAIN]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join([*lines[:70], odd, *lines[70:]]))
    at_once, one_by_one = _both_ways(path, monkeypatch)
    assert at_once == one_by_one
    assert len(at_once[0]) + len(at_once[1]) >= len(_PLAIN) + 1


def test_plain_turns_are_read_at_once() -> None:
    """Else the tests above would compare a way with itself."""
    found = plain_turns([json.dumps(row).encode() for row in _PLAIN], _KEYS, ROLES)
    assert found is not None
    assert found.request.to_pylist() == [row["messages"][0]["content"] for row in _PLAIN]
    assert found.answer.to_pylist() == [row["messages"][1]["content"] for row in _PLAIN]
    assert set(found.system.to_pylist()) == {None}


def test_rows_read_again_are_read_at_once_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n\n".join(json.dumps(_PLAIN[number % 90]).encode() for number in range(20_000)))
    asked = list(range(5, 20_000, 40))
    again = open_dataset(path).rows(asked)
    monkeypatch.setattr(reading, "FEWEST", 1 << 30)
    assert again.equals(open_dataset(path).rows(asked))


_TURNS = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool", "human", "gpt"]), "content": st.text(max_size=8)},
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(_TURNS, min_size=1, max_size=20), ascii_only=st.booleans())
def test_turns_in_any_order_give_the_same_rows(rows: list[Any], ascii_only: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("turns") / "rows.jsonl"
    texts = [json.dumps({"messages": turns}, ensure_ascii=ascii_only) for turns in (rows * FEWEST)[: FEWEST + len(rows)]]
    path.write_text("\n".join(texts), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        at_once, one_by_one = _both_ways(path, patch)
    assert at_once == one_by_one
