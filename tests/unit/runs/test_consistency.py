"""Measurements that cannot all be true are refused when they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from holdfast.core import Direction, Measurement, PairedCounts, RunFolderError, Unit
from holdfast.runs import read_measurements
from holdfast.runs.consistency import contradiction_in

BASE = Measurement.of("refusal_rate", 1.0, n=40, side="base", low=0.9, high=1.0)
TUNED = Measurement.of("refusal_rate", 0.75, n=40, side="tuned", low=0.6, high=0.85)
PAIRS = PairedCounts(both=30, base_only=10, tuned_only=0, neither=0)
DROP = Measurement.of("refusal_rate", 0.25, n=40, side="drop", low=0.1, high=0.4, paired=PAIRS)
OTHER = replace(DROP, condition="identity")


def test_what_a_run_writes_is_no_contradiction() -> None:
    assert contradiction_in([BASE, TUNED, DROP]) is None
    assert contradiction_in([BASE, Measurement.missing("refusal_rate", "no answer", side="tuned")]) is None
    corrected = [
        replace(one, correction="for the judge's errors", observed=one.value, value=0.9 * (one.value or 0)) for one in (BASE, TUNED)
    ]
    assert contradiction_in([*corrected, replace(DROP, correction="the same", observed=0.25, value=0.3)]) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ([BASE, TUNED, replace(DROP, value=0.2)], r"its pairs say 0\.25"),
        ([BASE, TUNED, replace(DROP, value=0.2, paired=None)], r"is 0\.2, and base minus tuned is 0\.25"),
        ([BASE, TUNED, OTHER], "the drop between them is not"),
        ([replace(TUNED, value=0.99)], r"is 0\.99, outside of its own interval \(0\.6 to 0\.85\)"),
        ([replace(TUNED, value=0.99, low=None, high=None, lower=0.5, upper=0.9)], r"\(0\.5 to 0\.9\)"),
        ([replace(DROP, paired=replace(PAIRS, neither=5))], "has n 40 and 45 pairs"),
        ([replace(BASE, n=-5)], "has n -5"),
        ([replace(BASE, unit=Unit.COUNT)], "is count, higher_is_better, and the metric is fraction"),
        ([replace(BASE, direction=Direction.LOWER_IS_BETTER)], "lower_is_better"),
        ([BASE, BASE], r"refusal_rate \(base, default, all\) stands there twice"),
    ],
)
def test_a_contradiction_is_named(changed: list[Measurement], said: str, tmp_path: Path) -> None:
    whole: dict[str, Any] = {"measurements": changed, "schema": 1}
    (tmp_path / "measurements.json").write_bytes(msgspec.json.encode(whole))
    with pytest.raises(RunFolderError, match=said):
        read_measurements(tmp_path)
