from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest

from holdfast.similarity.folding import LONGEST, folded, folded_bytes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Hello,\t WORLD \r\n again ", "hello, world again"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ！", "full width!"),
        ("ﬁne Straße İ", "fine strasse i̇"),
        ("cafe\u0301", "café"),
        ("no\u00a0break\u2003em\u2028line\u0085next", "no break em line next"),
        ("hid\u200bden \ufeffmark\u00ad", "hidden mark"),
        ("a\x00b\x1fc\x7fd", "a b c d"),
        ("你好，world", "你 好 ,world"),
        ("ไทย", "ไ ท ย"),
        ("한국어 문장", "한국어 문장"),
        ("\U00020001\U00020002", "\U00020001 \U00020002"),
        ("", ""),
        (" \n\u3000", ""),
    ],
)
def test_what_does_not_count_is_folded_away(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_folding_again_changes_nothing() -> None:
    once = folded("Ｔhe  ﬁrst\u200b 你好。 Straße")
    assert folded(once) == once


def test_a_batch_is_one_array_with_bounds() -> None:
    made = folded_bytes(pa.array(["Ab C", None, "", "É"]))
    assert [bytes(made.data[start:stop]).decode() for start, stop in zip(made.bounds, made.bounds[1:], strict=False)] == [
        "ab c",
        "",
        "",
        "é",
    ]


def test_slices_and_chunks_are_read_where_they_start() -> None:
    column = pa.chunked_array([pa.array(["x", "Yes", "No"]).slice(1, 2), pa.array(["MAYBE", "z"]).slice(0, 1)])
    made = folded_bytes(column)
    assert bytes(made.data) == b"yesnomaybe"
    assert made.bounds.tolist() == [0, 3, 5, 10]


def test_the_callers_column_is_not_changed() -> None:
    column = pa.array(["ABC", "É"])
    folded_bytes(column)
    assert column.to_pylist() == ["ABC", "É"]


@pytest.mark.parametrize("column", [pa.array([], pa.string()), pa.chunked_array([], pa.string()), pa.array([None], pa.string())])
def test_nothing_gives_no_bytes(column: pa.Array) -> None:
    made = folded_bytes(column)
    assert len(made.data) == 0
    assert made.bounds.tolist() == [0] * (len(column) + 1)


def test_the_end_of_a_huge_text_is_one_word() -> None:
    ends = ["x y", "x  z", "x y"]
    made = folded_bytes(pa.array(["a " * (LONGEST // 2) + end for end in ends] + ["short"]))
    texts = [bytes(made.data[start:stop]) for start, stop in pairwise(made.bounds)]
    assert [len(said.split()) for said in texts] == [LONGEST // 2 + 1] * 3 + [1]
    assert texts[0] == texts[2] != texts[1]
