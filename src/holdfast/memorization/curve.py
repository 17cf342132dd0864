"""Exposure by number of copies: the points of the curve."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from statistics import median

from holdfast.canaries import CanaryExposure
from holdfast.core import Measurement
from holdfast.memorization.facts import CurvePoint

__all__ = ["curve_points"]

_POOR = 0.05


def curve_points(found: Sequence[CanaryExposure], measured: Sequence[Measurement]) -> list[CurvePoint]:
    """Return one point per side and number of copies that was measured, fewest copies first."""
    by_key = {one.key: one for one in measured}
    points = []
    for side in ("base", "tuned"):
        for copies in sorted({one.repetitions for one in found}):
            known = [one for one in found if one.side == side and one.repetitions == copies and one.exposure is not None]
            mean = by_key.get(("canary_exposure", side, "default", f"x{copies}"))
            if not known or mean is None or mean.value is None:
                continue
            tails = [one.extrapolated for one in known if one.extrapolated is not None]
            ranks = [one.exposure for one in known if one.exposure is not None]
            points.append(
                CurvePoint(
                    side=side,
                    repetitions=copies,
                    n=len(known),
                    bits=mean.value,
                    low=mean.low,
                    high=mean.high,
                    most=log2(min(rank.n for rank in ranks)),
                    beyond=sum(rank.at_most_possible for rank in ranks),
                    extrapolated=median(one.bits for one in tails) if tails else None,
                    extrapolated_low=median(one.low for one in tails) if tails else None,
                    extrapolated_high=median(one.high for one in tails) if tails else None,
                    poor_fits=sum(one.fit_p < _POOR for one in tails),
                )
            )
    return points
