"""The frame that texts of one template share, told from edited copies by where they differ.

Filled templates all keep the frame; edited copies each lose another part of the original.
"""

from __future__ import annotations

import numpy as np

from holdfast.similarity.overlaps import ShingleSets
from holdfast.similarity.words import U64

__all__ = ["FEWEST", "SAMPLE", "frame_of"]

FEWEST = 5
"""Different texts from which on it can be told whether they are a template."""
SAMPLE = 256
"""Texts of a cluster by which that is told, those with the smallest content hashes."""
_FEW_LOST = 1 / 3
_SPREAD = 1 / 4


def frame_of(sets: ShingleSets) -> U64 | None:
    """Return the shingles of the frame that these texts fill, or None where they are no template.

    The frame is what more than half of the texts have. They fill it where what they lose of it is little against what they have
    of their own, or stands in few places: a slot with two or three usual values costs the same shingles again and again.
    """
    count = len(sets.sizes)
    values, held = np.unique(sets.values, return_counts=True)
    common = held * 2 > count
    shared, lost = int(held[common].sum()), int((count - held[common]).sum())
    own = int(sets.sizes.sum()) - shared
    if not own or not shared:
        return None
    places = int((held[common] < count).sum())
    few = lost <= _FEW_LOST * own
    narrow = places <= _SPREAD * min(own, int(common.sum()))
    return values[common] if few or narrow else None
