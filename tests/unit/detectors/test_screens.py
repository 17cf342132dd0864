"""A screen may let through too much, and never too little: what a pattern hits passes its screen."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.detectors import hidden_text, mojibake, template_risk, truncated_answer
from holdfast.detectors.features import Features
from holdfast.detectors.screens import bytes_of, holding, odd_texts, times_held
from holdfast.testing import chat_rows

_PIECES = (
    *(
        "a",
        "Z",
        "7",
        " ",
        "\n",
        "\t",
        ".",
        "!",
        "?",
        "`",
        "```",
        "，",
        "。",
        "[",
        "]",
        "(",
        "）",
        "【",
        ">",
        "</s>",
        "<s>",
        "[INST]",
        "<|end|>",
    ),
    *("### Response:", "Human: hi", "\nAssistant: ho", " the", " of", "的", "truncated", "未完待续", "[continued]", "<|truncated|>"),
    *("\x00", "\x0b", "\x7f", "\x85", "\u200b", "\u202e", "\U000e0041", "о", "Ã", "©", "\ufffd", "锟斤拷", "â€™", "<reserved_1>", "<eos>"),
)
_LONG = "Long enough to be an answer that counts, as it has sixty bytes. "
_TEXT = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join)
_TEXTS = st.lists(_TEXT, min_size=1, max_size=6)


def _hits(texts: pa.Array, pattern: str) -> list[int]:
    places: list[int] = pc.indices_nonzero(pc.match_substring_regex(texts, pattern)).to_pylist()
    return places


@settings(deadline=None)
@given(_TEXTS)
def test_hidden_and_wrongly_decoded_text_is_odd(texts: list[str]) -> None:
    seen = Features(chat_rows([[("user", text), ("assistant", "Yes.")] for text in texts]))
    odd = np.flatnonzero(odd_texts(seen)).tolist()
    for pattern in (hidden_text._ANY, mojibake._ANY):
        assert set(_hits(seen.column("text"), pattern)) <= set(odd)


def test_plain_text_is_not_odd() -> None:
    seen = Features(chat_rows([[("user", "Tabs\tand\r\nlines\f."), ("assistant", "Yes.")], [("user", "é"), ("assistant", "Yes.")]]))
    assert odd_texts(seen).tolist() == [False, True]


@settings(deadline=None)
@given(_TEXTS)
@example(["Human: hi\nAssistant: ho"])
def test_a_turn_with_a_template_token_is_read(texts: list[str]) -> None:
    rows = chat_rows([[("user", text), ("assistant", "Yes.")] for text in texts])
    hit = _hits(pa.array(texts), f"(?:{template_risk._TOKEN})|(?:{template_risk._MARK})")
    assert sorted({hit.place for hit in template_risk._tokens(Features(rows))}) == hit


@settings(deadline=None)
@given(_TEXTS)
@example(["[continued].", "It goes on,", "```"])
def test_a_cut_answer_is_read(texts: list[str]) -> None:
    answers = pa.array([*texts, *(_LONG + text for text in texts)])
    assert truncated_answer._found(answers) == truncated_answer._cut(answers)


def test_most_answers_need_no_look_at_their_end() -> None:
    whole = "This answer is as long as one must be to be looked at, and it ends well."
    assert truncated_answer._closed(bytes_of(pa.array([whole, whole[:-1], f"{whole} And the", "", "."]))).tolist() == [True, *[False] * 4]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text("ab`\u4f60", max_size=5)), min_size=1, max_size=8))
def test_bytes_are_counted_per_text(texts: list[str | None]) -> None:
    array = pa.array(["x`", *texts], pa.string())[1:]
    held = bytes_of(array)
    assert times_held(held, held.data == ord("`")).tolist() == [(text or "").count("`") for text in texts]
    assert holding(held, b"`b").tolist() == [any(mark in (text or "") for mark in "`b") for text in texts]
