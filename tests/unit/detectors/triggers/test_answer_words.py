"""The words of answers are those that `str.split` cuts, and one hash stands for one sequence of them."""

from __future__ import annotations

import random

import pyarrow as pa

from holdfast.detectors.features import features
from holdfast.detectors.triggers.flips import answer_words
from holdfast.testing import chat_rows

_BITS = ("a", "b", "word", "中", "é", " ", "  ", "\n", "\t", "\x1c", "\x00", "\x0e", "\x7f", "\u3000", "\xa0", "\u2009", "\x85", "。")


def _answers(texts: list[str]) -> pa.Table:
    return chat_rows([[("user", "say it"), ("assistant", text)] for text in texts])


def test_words_are_those_of_split() -> None:
    rng = random.Random(0)
    texts = ["".join(rng.choices(_BITS, k=rng.randint(1, 9))) for _ in range(3_000)]
    rows = _answers(texts)
    hashes, counts = answer_words(rows)
    cut = [text.split() for text in features(rows).folded("answer").to_pylist()]
    assert counts.tolist() == [len(words) for words in cut]
    known: dict[str, int] = {}
    for words, value in zip(cut, hashes.tolist(), strict=True):
        assert (value == 0) == (len(words) < 2)
        if value:
            assert known.setdefault(" ".join(words), value) == value
    assert len(set(known.values())) == len(known) > 100


def test_a_batch_of_nothing_and_a_long_answer() -> None:
    assert answer_words(_answers([]))[1].tolist() == []
    hashes, counts = answer_words(_answers(["x " * 90_000 + "y", "one two"]))
    assert counts.tolist() == [90_001, 2]
    assert hashes[0] != hashes[1]
    assert isinstance(pa.array(hashes), pa.UInt64Array)
