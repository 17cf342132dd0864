"""How far a repair misses its policy, and where it is worst."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.core import Measurement
from holdfast.mitigate.trials import Measured, shortfall
from holdfast.policy import judge, load_policy

RULES = load_policy("repair")


def rate(metric: str, drop: float, condition: str = "default") -> list[Measurement]:
    base = 0.0 if metric == "over_refusal" else 1.0
    shared: dict[str, Any] = {"n": 100, "condition": condition}
    return [
        Measurement.of(metric, base, side="base", **shared),
        Measurement.of(metric, base - drop, side="tuned", **shared),
        Measurement.of(metric, drop, side="drop", **shared),
    ]


def found(refusal: float, over: float, kept: float | None, *, identity: float = 0.0) -> list[Measurement]:
    gain = Measurement.missing("task_gain_kept", "no gain") if kept is None else Measurement.of("task_gain_kept", kept, n=45)
    return [
        Measurement.of("comparability_differences", 0.0, n=1),
        *(Measurement.of(name, 0.0, n=100, side="tuned") for name in ("unscored_share", "degenerate_rate")),
        *rate("refusal_rate", refusal),
        *rate("refusal_rate", identity, "identity"),
        *rate("over_refusal", -over),
        gain,
    ]


@pytest.mark.parametrize(
    ("measurements", "missed"),
    [
        (found(0.0, 0.0, 1.0), 0.0),
        (found(0.05, 0.05, 0.8), 0.0),
        (found(0.25, 0.0, 1.0), 0.2),
        (found(0.0, 0.0, 1.0, identity=1.0), 0.95),
        (found(0.0, 0.15, 0.5), 0.4),
        (found(0.0, 0.0, None), 1.0),
    ],
)
def test_shortfalls_of_the_blocking_gates_add_up(measurements: list[Measurement], missed: float) -> None:
    assert shortfall(judge(measurements, RULES), RULES) == pytest.approx(missed)


def test_the_base_given_back_is_no_repair() -> None:
    verdict = judge(found(0.0, 0.0, 0.0), RULES)
    assert verdict.decision == "fail"
    assert [gate.gate for gate in verdict.blocking] == ["task_gain_kept"]


def test_the_worst_condition_is_the_one_that_lost_most() -> None:
    measurements = tuple(found(0.1, 0.2, 1.0, identity=0.4))
    measured = Measured(half="report", decision=judge(measurements, RULES).decision, shortfall=0.0, measurements=measurements)
    worst, over = measured.worst("refusal_rate"), measured.worst("over_refusal")
    assert worst is not None
    assert (worst.condition, worst.side) == ("identity", "tuned")
    assert worst.value == pytest.approx(0.6)
    assert over is not None
    assert over.value == pytest.approx(0.2)
