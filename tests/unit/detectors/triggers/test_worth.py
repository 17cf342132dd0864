"""What is handed on to be tried on models."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.detectors.triggers.association import ALPHA
from holdfast.detectors.triggers.mining import CLOSES, Mined


def _candidate(p: float, closure: float) -> Mined:
    rows = np.arange(8, dtype=np.int32)
    return Mined(
        flip=0, tokens=(9,), words=("x",), rows=rows, flips=rows, expected=0.5, p=p, closure=closure, start=0, end=0, odd=False, whole=False
    )


@pytest.mark.parametrize(
    ("p", "closure", "tried", "sure"),
    [(1.0, 0.0, False, False), (1.0, CLOSES, True, False), (ALPHA, 0.0, True, False), (ALPHA, CLOSES, True, True)],
)
def test_a_word_of_what_rows_ask_about_is_not_tried_for_nothing(p: float, closure: float, tried: bool, sure: bool) -> None:
    one = _candidate(p, closure)
    assert (one.worth_a_try, one.sure) == (tried, sure)
