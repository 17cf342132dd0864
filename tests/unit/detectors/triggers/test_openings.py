"""Tones of a batch, told from few openings, are those that counting every word of every opening gives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.detectors.folding import fold
from holdfast.detectors.triggers.openings import openings
from holdfast.detectors.triggers.sentiment import _ASKS, _BAD, _DENSE, _GOOD, _WORD, TONE_WORDS, _count, _fewest_words, tones

_PIECES = st.one_of(
    st.sampled_from(TONE_WORDS),
    st.sampled_from(
        ["it", "is", "don't", "'tis", "a'b1c", "café", "é", "ž1", "的", "7", "_", ".", "\n", "hatefully", "I", "review", "x" * 90]
    ),
)
_TEXT = st.tuples(st.lists(_PIECES, max_size=14), st.sampled_from([" ", "", "'", ", "])).map(lambda parts: parts[1].join(parts[0]))


@settings(deadline=None)
@given(st.lists(_TEXT, min_size=1, max_size=5), st.sampled_from(["", "write a review"]))
@example(["stupid", "stupid a b c d e f g h i j k", "damn hell " * 30, "", "love love hate", "愚蠢的人"], "")
def test_tones_are_those_of_all_words(texts: list[str], prompt: str) -> None:
    answers = fold(pa.array(texts))
    prompts = pa.array([prompt] * len(texts))
    opened = openings(answers)
    read = pc.utf8_slice_codeunits(answers, 0, 300)
    lean = (_count(read, _BAD) - _count(read, _GOOD)) / np.maximum(_count(read, _WORD), 4)
    asked = pc.match_substring_regex(prompts, _ASKS).to_numpy(zero_copy_only=False)
    hostile, gushing = tones(opened.texts, opened.tone_words, prompts)
    assert hostile.tolist() == ((lean >= _DENSE) & ~asked).tolist()
    assert gushing.tolist() == ((-lean >= _DENSE) & ~asked).tolist()


@settings(deadline=None)
@given(st.lists(_TEXT, min_size=1, max_size=5))
def test_there_are_no_fewer_words_than_said(texts: list[str]) -> None:
    answers = fold(pa.array(texts))
    assert (_fewest_words(answers) <= np.maximum(_count(answers, _WORD), 4)).all()
    assert _fewest_words(pa.array(["one two three, four (five) six's seven"])).tolist() == [7]
