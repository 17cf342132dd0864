"""Words of answers are those that reading the answers by themselves gives, wherever they are taken from."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.detectors.duplicates.answer_words import _answers_come_last, _read, answers_read
from holdfast.detectors.duplicates.sentences import sentences_of
from holdfast.detectors.features import features
from holdfast.testing import chat_rows

_PIECES = (
    "Word",
    "two",
    " ",
    "\n",
    "\r\n",
    ".",
    "!",
    "one more sentence, of seven words it is. ",
    "。",
    "你好",
    "ﬁ",
    "İ",
    "\u200b",
    "\x7f",
    "\x85",
    "é",
)
_CONTENT = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join)
_TURNS = st.lists(st.tuples(st.sampled_from(["user", "assistant", "tool"]), _CONTENT), max_size=2)
_CHAT = st.tuples(st.lists(st.just(("system", "Be\nkind.")), max_size=1), _TURNS, _CONTENT).map(
    lambda one: [*one[0], *one[1], ("assistant", one[2])]
)


def _same(rows: pa.Table) -> None:
    told, plain = answers_read(rows), _read(features(rows))
    assert told.words.hashes.tolist() == plain.words.hashes.tolist()
    assert told.words.bounds.tolist() == plain.words.bounds.tolist()
    sentences, expected = sentences_of(*told), sentences_of(*plain)
    assert sentences.hashes.tolist() == expected.hashes.tolist()
    assert sentences.bounds.tolist() == expected.bounds.tolist()


@settings(deadline=None)
@given(st.lists(_CHAT, min_size=1, max_size=5))
@example([[("assistant", "a\n\nb")], [("user", "x\ny"), ("assistant", "")], [("user", ""), ("assistant", "\n")]])
def test_answers_that_come_last(chats: list[list[tuple[str, str]]]) -> None:
    rows = chat_rows(chats)
    assert _answers_come_last(features(rows))
    _same(rows)


def test_other_rows_are_read_by_themselves() -> None:
    chat = [("user", "Ask me."), ("assistant", "Say one more sentence, of nine words it is.")]
    for rows in (
        chat_rows([chat, [*chat, ("tool", "42")]]),
        chat_rows([chat, [("user", "Nobody answers.")]]),
        chat_rows([chat, chat], rejected=[None, "Another."]),
        chat_rows([chat, []]),
        chat_rows([]),
        chat_rows([chat, [("user", "long " * 900_000), ("assistant", "so")]]),
    ):
        assert not _answers_come_last(features(rows))
        _same(rows)
