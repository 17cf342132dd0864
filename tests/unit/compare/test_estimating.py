"""An estimate before a run: from a sample, and written nowhere."""

from __future__ import annotations

from tests.unit.compare.scripted import LiteralJudge, ScriptedEngine, make_prompt, make_suite, world

from holdfast.compare import CompareSpec, UntilDecided, estimate_comparison
from holdfast.core import Expected
from holdfast.policy import load_policy

HARMFUL = [make_prompt(f"h{number}", category=f"c{number % 5}") for number in range(100)]
BENIGN = [make_prompt(f"b{number}", category="d", expected=Expected.COMPLY) for number in range(60)]


def test_a_sample_of_each_side_is_scaled_up() -> None:
    base, tuned = ScriptedEngine("a", lambda request: "no"), ScriptedEngine("b", lambda request: "bad one two three")
    spec = CompareSpec(base="scripted:base", tuned="scripted:tuned", suites=("s",))
    with world(make_suite(*HARMFUL, *BENIGN), LiteralJudge(), base=base, tuned=tuned):
        found = estimate_comparison(spec)
    assert found.answers == 2 * 160
    assert found.most_tokens == 2 * 320 * 256
    assert [side.tokens for side in found.sides] == [320, 4 * 320]
    assert all(side.sampled == 16 for side in found.sides)
    assert base.closed
    assert found.least_until_decided is None


def test_the_least_of_a_run_that_may_stop_is_what_no_difference_takes() -> None:
    settings = UntilDecided(gates=load_policy("until-decided").gates)
    spec = CompareSpec(base="scripted:base", tuned="scripted:tuned", suites=("s",), identity=False, until_decided=settings)
    engines = {name: ScriptedEngine(name, lambda request: "no") for name in ("base", "tuned")}
    with world(make_suite(*HARMFUL, *BENIGN), LiteralJudge(), **engines):
        found = estimate_comparison(spec)
    assert found.least_until_decided is not None
    assert 80 <= found.least_until_decided < 160
