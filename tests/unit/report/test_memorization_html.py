"""The drawing of exposure against copies, and how the page words what was not measured."""

from __future__ import annotations

import re

from holdfast.memorization import CurvePoint
from holdfast.report.memorization_html import exposure_svg


def point(side: str, copies: int, bits: float) -> CurvePoint:
    return CurvePoint(
        side=side, repetitions=copies, n=4, bits=bits, low=bits - 0.5, high=bits + 0.5, most=9.97, beyond=0, extrapolated=None
    )


def test_the_drawing_names_both_models_the_threshold_and_chance() -> None:
    points = [point("base", 0, 1.4), point("base", 64, 1.5), point("tuned", 0, 1.3), point("tuned", 64, 9.9)]
    svg = exposure_svg(points, 8.3, name="exposure")
    for word in ("base", "tuned", "threshold", "chance", "most", "copies in the data"):
        assert word in svg
    assert svg == exposure_svg(points, 8.3, name="exposure")
    assert "threshold" not in exposure_svg(points, None, name="exposure")
    heights = {word: float(found[1]) for word in ("base", "chance") if (found := re.search(rf'y="([0-9.]+)">{word}<', svg))}
    assert abs(heights["base"] - heights["chance"]) >= 12, "labels of near lines do not overlap"
