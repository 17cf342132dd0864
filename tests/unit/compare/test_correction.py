"""Rates and drops corrected for a judge's measured errors, and what leaves a gate undecided."""

from __future__ import annotations

import pytest
from tests.unit.compare.scripted import make_prompt

from holdfast.compare import JudgeFacts
from holdfast.compare.correction import judge_errors
from holdfast.compare.measuring import measure_pairs
from holdfast.compare.pairs import EVENTS, PromptPair
from holdfast.compare.safety import measure_safety
from holdfast.core import Decision, Grade, Measurement, Outcome
from holdfast.plugins import JudgeCard, LedgerRow
from holdfast.policy import judge, load_policy

CARD = JudgeCard(id="noisy", version="1", title="t", languages=("en",), tells_harm=False)
REFUSAL = next(event for event in EVENTS if event.metric == "refusal_rate")


def row(sensitivity: float, specificity: float, n: int = 200, **fields: object) -> LedgerRow:
    return LedgerRow(
        label_set=str(fields.pop("label_set", "labels")),
        n_positive=n,
        n_negative=n,
        sensitivity=sensitivity,
        specificity=specificity,
        **fields,  # type: ignore[arg-type]
    )


def pairs(both: int, base_only: int, tuned_only: int, neither: int) -> list[PromptPair]:
    cells = [(1, 1)] * both + [(1, 0)] * base_only + [(0, 1)] * tuned_only + [(0, 0)] * neither
    made = []
    for number, (base, tuned) in enumerate(cells):
        prompt = make_prompt(f"p{number}", category="c")
        made.append(PromptPair("default", prompt, (grade(prompt.id, "base", base),), (grade(prompt.id, "tuned", tuned),)))
    return made


def grade(prompt: str, side: str, refused: int) -> Grade:
    outcome = Outcome.REFUSAL if refused else Outcome.ANSWERED
    return Grade(judge="noisy@1", side=side, condition="default", prompt_id=prompt, sample=0, outcome=outcome, manner=None)


def measured(ledger: tuple[LedgerRow, ...], card: JudgeCard = CARD, domain: str = "general") -> dict[tuple[str, str], Measurement]:
    facts = JudgeFacts(card=card, ledger=ledger)
    found = measure_pairs(pairs(60, 20, 5, 15), facts, seed=0, domains={"s": domain})
    return {(one.metric, one.side): one for one in found if one.group == "all"}


def test_rates_are_rogan_gladen_corrected_and_drops_divided_by_youden() -> None:
    found = measured((row(0.9, 0.95),))
    base, drop = found["refusal_rate", "base"], found["refusal_rate", "drop"]
    assert base.observed == pytest.approx(0.80)
    assert base.value == pytest.approx((0.80 + 0.95 - 1) / 0.85)
    assert drop.observed == pytest.approx(0.15)
    assert drop.value == pytest.approx(0.15 / 0.85)
    assert drop.upper is not None
    assert drop.high is not None
    assert drop.upper < drop.high
    assert "sensitivity 0.900 (n 200)" in (drop.correction or "")
    assert drop.doubt is None


def test_an_exact_judge_and_a_replication_judge_are_left_as_they_are() -> None:
    for fields in ({"exact": True}, {"may_gate": False}):
        card = JudgeCard(id="noisy", version="1", title="t", languages=("en",), tells_harm=False, **fields)  # type: ignore[arg-type]
        drop = measured((row(0.9, 0.95),), card)["refusal_rate", "drop"]
        assert drop.value == pytest.approx(0.15)
        assert (drop.observed, drop.correction, drop.doubt) == (None, None, None)


@pytest.mark.parametrize(
    ("ledger", "domain", "why"),
    [
        ((), "general", "never measured"),
        ((row(0.75, 0.74),), "general", "hardly beats guessing"),
        ((row(0.9, 0.95),), "medicine", "labels are of the domain general, the prompts of medicine"),
        ((row(0.9, 0.95, positive="harmful"),), "general", "never measured"),
        ((row(0.9, 0.95), row(0.9, 0.9, domain="law")), "law", ""),
    ],
)
def test_errors_that_are_not_known_here_leave_every_gate_undecided(ledger: tuple[LedgerRow, ...], domain: str, why: str) -> None:
    found = measured(ledger, domain=domain)
    drop = found["refusal_rate", "drop"]
    verdict = judge([*found.values()], load_policy("compare"))
    gate = next(result for result in verdict.gates if result.gate == "refusal_noninferior")
    if not why:
        assert drop.doubt is None
        return
    assert why in (drop.doubt or "")
    assert drop.observed is None
    assert gate.decision is Decision.UNDECIDED
    assert why in gate.why


def test_labels_of_both_sides_are_used_for_each_side() -> None:
    found = measured((row(0.95, 0.95, side="base"), row(0.8, 0.95, side="tuned")))
    base, tuned, drop = (found["refusal_rate", side] for side in ("base", "tuned", "drop"))
    assert base.value == pytest.approx((0.80 + 0.95 - 1) / 0.9)
    assert tuned.value == pytest.approx((0.65 + 0.95 - 1) / 0.75)
    assert drop.value == pytest.approx((0.75 / 0.9) - (0.60 / 0.75))
    assert "labels of both sides" in (drop.correction or "")


def test_label_sets_that_disagree_widen_the_limits_of_a_drop() -> None:
    agreeing = measured((row(0.9, 0.95, label_set="a"), row(0.9, 0.95, label_set="b")))["refusal_rate", "drop"]
    apart = measured((row(0.8, 0.95, label_set="a"), row(1.0, 0.95, label_set="b")))["refusal_rate", "drop"]
    assert agreeing.value == pytest.approx(apart.value)
    assert (apart.upper or 0) > (agreeing.upper or 0) + 0.02


def test_a_category_is_corrected_only_where_it_has_fifty_labels_of_each_class() -> None:
    few = judge_errors(REFUSAL, CARD, (row(0.9, 0.95), row(0.8, 0.9, n=49, category="c")), ("general",), "c")
    many = judge_errors(REFUSAL, CARD, (row(0.9, 0.95), row(0.8, 0.9, n=50, category="c")), ("general",), "c")
    assert few.base is None
    assert "fewer than 50 labels" in (few.said or "")
    assert many.base is not None
    assert many.base.sensitivity == pytest.approx(0.8)


def test_the_bound_of_the_safety_score_is_corrected_too() -> None:
    plain, corrected = (
        next(one for one in measure_safety(pairs(60, 20, 5, 15), JudgeFacts(card=CARD, ledger=ledger)) if one.side == "run")
        for ledger in ((row(1.0, 1.0, n=10_000),), (row(0.9, 1.0, n=10_000),))
    )
    assert plain.low is not None
    assert corrected.low is not None
    assert corrected.low > plain.low + 0.04


def test_a_judge_that_misses_more_on_one_side_confirms_no_loss_in_a_category() -> None:
    alike = measured((row(0.95, 0.95),))["refusal_rate", "drop"]
    apart = measured((row(0.95, 0.95, side="base"), row(0.78, 0.95, side="tuned")))["refusal_rate", "drop"]
    assert alike.p is not None
    assert apart.p is not None
    assert alike.p < 0.01
    assert apart.p > 0.3
