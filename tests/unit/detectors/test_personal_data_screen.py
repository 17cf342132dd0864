"""The screen of personal data and secrets: nothing that the finder finds is in a text that the screen leaves out."""

from __future__ import annotations

import random
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.detectors.personal_data import GENERIC_KIND, PERSONAL_KINDS, SECRET_KINDS, Finder, Kind
from holdfast.detectors.personal_data.found import _held
from holdfast.detectors.personal_data.kinds import _ipv6
from holdfast.detectors.personal_data.screen import may_hold
from holdfast.detectors.screens import _BLOCK, bytes_of
from holdfast.testing.invented_values import MAKERS

_KINDS = (*PERSONAL_KINDS, *SECRET_KINDS, GENERIC_KIND)


def _passes(text: str) -> bool:
    return bool(may_hold(bytes_of(pa.array([text])))[0])


@pytest.mark.parametrize("number", range(len(_KINDS)), ids=[f"{number}-{kind.name}" for number, kind in enumerate(_KINDS)])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_a_pattern_hits_passes(number: int, data: st.DataObject) -> None:
    kind = _KINDS[number]
    pattern = re.compile(kind.pattern.replace(r"\z", r"\Z"), re.ASCII)
    text = data.draw(st.from_regex(pattern, fullmatch=True))
    # Without their checks patterns hit more, but that of IPv6, which hits 'a:b:c'.
    loose = kind if kind.check is _ipv6 else Kind(kind.name, kind.pattern, 1.0)
    assert _passes(text) or not Finder([loose]).spans(text)


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_invented_values_pass(kind: str) -> None:
    rng = random.Random(11)
    make, _ = MAKERS[kind]
    assert all(_passes(make(rng)) for _ in range(40))


@pytest.mark.parametrize(
    "text",
    [
        "1.1.1.1",
        "::1:af",
        "1:2:3:4:5:6:7:8",
        "aa-bb-cc-dd-ee-ff",
        "xapp-1-A-1-a",
        "xoxb-abcdefghij",
        "a@b.co",
        "GB82 WEST LOND ABCD",
        "bc1qqqqqqqqqqq",
    ],
)
def test_short_values_pass(text: str) -> None:
    assert _passes(text)


@pytest.mark.parametrize(
    "text",
    ["", "Ordinary words, and 3 of 12 are numbers.", "普通的句子，没有号码，也没有地址，只有三个逗号和一个句号。", "Is it: so - or so?"],
)
def test_ordinary_text_is_left_out(text: str) -> None:
    assert not _passes(text)


def test_a_large_batch_is_screened_as_its_texts_are_one_by_one() -> None:
    filler = "nothing here " * 100
    texts = pa.array([f"{filler}a@b.co" if place % 7 == 3 else filler for place in range(2 * _BLOCK // len(filler))])
    assert np.flatnonzero(may_hold(bytes_of(texts))).tolist() == list(range(3, len(texts), 7))
    found = _held(texts, pa.nulls(len(texts), pa.string()), Finder(PERSONAL_KINDS))
    assert [one.row for one in found] == list(range(3, len(texts), 7))
