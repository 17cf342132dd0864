"""The filters read whole batches with numpy; whatever the texts, they must say what a plain reading of each text says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from benchmarks.plain_filters import plain_c4, plain_fineweb, plain_fold, plain_gopher
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.corpus.filters.asking import opened

from holdfast.corpus.filters import Documents

PLAIN = {"gopher": plain_gopher, "c4": plain_c4, "fineweb": plain_fineweb}

# Few words, so that they repeat; every mark that a rule looks for; scripts of one to four bytes; white space of all kinds.
PIECES = [
    *[
        "the",
        "and",
        "river",
        "Stone",
        "walks",
        "é",
        "naïve",
        "的",
        "是",
        "河流",
        "你好",
        "，",
        "。",
        "！",
        "ก",
        "ア",
        "\U00020001",
        "\U0001f600",
    ],
    *[" ", " ", " ", "\n", "\n", "\n\n", "\r\n", "\t", "\x0b", "\x85", "\u2028", "\u3000", "\u200b", "\x00", "\x7f"],
    *[".", "...", "…", "!", "?", '"', "”", ")", "'", "#", "- ", "• ", "* ", "{", "12", "—", "؟", "।", "\U0001100a"],
    *["lorem ipsum", "JavaScript", "privacy policy", "uses cookies", "x" * 1001, "use of", "cookies"],
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.mark.parametrize("name", sorted(PLAIN))
@given(texts=st.lists(TEXTS | ANY, max_size=5))
@example(texts=["", "lorem", " ipsum", "a " * 300, "the river " * 40 + "\r\n" + "the river " * 40, "\n\n", "..", ".", "x" * 500])
@example(texts=["thethetheriverriverééé。\x85river", "河流" * 7 + "\u3000" + "a\u00a0\u2028b" * 4])
def test_a_batch_is_measured_as_each_text_is(name: str, texts: list[str]) -> None:
    found = opened(name).measure(Documents(pa.array(texts, pa.large_string()))).to_pylist()
    for text, measures in zip(texts, found, strict=True):
        expected = PLAIN[name](plain_fold(text))
        rounded = {key: None if value is None else float(np.float32(value)) for key, value in expected.items()}
        assert measures == rounded


@given(texts=st.lists(TEXTS | ANY, max_size=6), cut=st.integers(0, 6))
def test_measures_do_not_depend_on_the_batch(texts: list[str], cut: int) -> None:
    for one in map(opened, [*PLAIN, "language", "personal-data"]):
        whole = one.measure(Documents(pa.array(texts, pa.large_string())))
        parts = [one.measure(Documents(pa.array(part, pa.large_string()))) for part in (texts[:cut], texts[cut:])]
        assert pa.concat_tables(parts).to_pylist() == whole.to_pylist()
