"""Sets that are put together as they are read are the sets joined at the end, whatever room was foreseen."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.detectors.duplicates.reread import _Filling
from holdfast.similarity.overlaps import ShingleSets, joined


def _sets(sizes: list[int], start: int) -> ShingleSets:
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return ShingleSets(np.arange(start, start + bounds[-1]).astype(np.uint64), bounds)


@pytest.mark.parametrize("room", [0, 1, 7, 1_000])
def test_sets_are_filled_as_they_are_joined(room: int) -> None:
    parts = [_sets([2, 0, 3], 0), _sets([], 5), _sets([1], 50), _sets([40, 0], 100), _sets([3], 900)]
    filling = _Filling(parts[0], room)
    for part in parts[1:]:
        filling.add(part)
    whole, wanted = filling.sets(), joined(parts)
    assert whole.values.tolist() == wanted.values.tolist()
    assert whole.bounds.tolist() == wanted.bounds.tolist()
