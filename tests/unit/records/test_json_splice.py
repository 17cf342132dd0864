"""A changed row keeps the bytes of all that did not change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.core import Message
from holdfast.records import NewRow, open_dataset
from holdfast.records.containers.json_text import change_json

ODD = (
    '{ "id" : 7 ,"messages":[{"role":"user","content":"Where? caf\\u00e9 \\/ x","weight":1},'
    '{"role":"assistant","content":"mail a@b.org"}],"meta":{"z":1.50, "big":123456789012345678901234567890},"score":1e3, "n": -0 }'
)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_replaced_row_keeps_every_other_byte(tmp_path: Path, name: str, ending: str) -> None:
    other = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}'
    text = f"{other}{ending}  {ODD}  {ending}" if name == "a.jsonl" else f"[{other},{ending}  {ODD}  ]"
    (tmp_path / name).write_bytes(text.encode())
    turns = (Message(role="user", content="Where? café / x"), Message(role="assistant", content="mail [EMAIL]"))
    open_dataset(tmp_path / name).rewrite(tmp_path / f"new-{name}", replace={1: NewRow(messages=turns)})
    assert (tmp_path / f"new-{name}").read_bytes() == text.replace("a@b.org", "[EMAIL]").encode()


@pytest.mark.parametrize(
    ("data", "new", "said"),
    [
        ('{"a": [1.0, "x", 2.50]}', {"a": [1.0, "y", 2.5]}, '{"a": [1.0, "y", 2.50]}'),
        ('{"a": 1.0, "b": {}}', {"a": 1.0, "b": {"c": 1}}, '{"a": 1.0, "b": {"c": 1}}'),
        ('{"a":1.0}', {"a": 1.0, "b": "x"}, '{"a":1.0,"b":"x"}'),
        ('{"a": 1.0, "c": 2}', {"a": 1.0, "c": 2, "b": "x"}, '{"a": 1.0, "c": 2, "b": "x"}'),
        ('{"a": "\\u00e9", "b": "x"}', {"a": "é", "b": "ü"}, '{"a": "\\u00e9", "b": "\\u00fc"}'),
        ('{"a": NaN, "b": "x"}', None, '{"a": NaN, "b": "y"}'),
        ('{"a": 1.0, "b": "x"}', {"a": 1.0, "b": None}, '{"a": 1.0, "b": null}'),
        ('{"a": 1.0, "b": [1, 2]}', {"a": 1.0, "b": [1, 2, 3]}, '{"a": 1.0, "b": [1, 2, 3]}'),
        ('{"a": 1.50, "b": [{"c": 1e2, "d": "x"}]}', {"a": 1.5, "b": [{"c": 1e2, "d": "y"}]}, '{"a": 1.50, "b": [{"c": 1e2, "d": "y"}]}'),
    ],
)
def test_only_what_differs_is_written(data: str, new: dict[str, Any] | None, said: str) -> None:
    old = json.loads(data)
    made = change_json(data.encode(), old, {**old, "b": "y"} if new is None else new)
    assert made is not None
    assert made.decode() == said


def test_a_row_that_loses_a_key_is_written_anew() -> None:
    made = change_json(b'{"a": {"b": 1.0, "c": 2}}', {"a": {"b": 1.0, "c": 2}}, {"a": {"b": 1.0}})
    assert made is not None
    assert json.loads(made) == {"a": {"b": 1.0}}


def test_bytes_that_cannot_be_followed_are_left_to_the_encoder() -> None:
    assert change_json(b'{"a": ' + b"[" * 9000 + b"]" * 9000 + b', "b": 1}', {"a": 1, "b": 1}, {"a": 2, "b": 1}) is None
    assert change_json(b"{", {"a": 1}, {"a": 2}) is None


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
_rows = st.dictionaries(st.text(max_size=3), _values, max_size=4)


@given(_rows, _rows, st.sampled_from([None, 1]), st.booleans())
def test_whatever_changes_the_bytes_hold_the_new_row(
    old: dict[str, Any], new: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    new = {**old, **new}
    data = json.dumps(old, indent=indent, ensure_ascii=ascii_only).encode()
    made = change_json(data, old, new)
    assert made is not None
    assert orjson.loads(made) == new
