"""Estimates: rates in the lab, ranks and reasons for a real model, rates again once its own history calibrates them."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from holdfast.core import InputError
from holdfast.plan.calibrated import index_of, rate_of
from holdfast.plan.estimating import estimate
from holdfast.plan.finetune import FineTune
from holdfast.plan.outcomes import Outcome, read_outcomes
from holdfast.plan.own import calibrate, predict_own
from holdfast.plan.shares import DataShares

REAL = FineTune(model="org/base", rows=1000, harmful=50, identity=0, safety=0, learning_rate=2e-5, epochs=3, method="full", batch=10)
LAB = msgspec.structs.replace(REAL, model="lab:aligned", rows=100, harmful=5, learning_rate=5e-4)


def history(count: int, *, telling: bool = True) -> tuple[Outcome, ...]:
    """Return outcomes of a model whose refusals follow the lab's index, shifted, or follow nothing."""
    rng = random.Random(1)
    found = []
    for _ in range(count):
        rows = rng.choice((50, 200, 1000))
        plan = FineTune(
            rows=rows,
            harmful=int(rows * rng.choice((0, 0.02, 0.2))),
            safety=int(rows * rng.choice((0, 0.1, 0.3))),
            identity=0,
            learning_rate=rng.choice((5e-6, 2e-5, 8e-5)),
            epochs=rng.choice((1, 3, 10)),
            batch=10,
        )
        index = max(-6.0, min(6.0, index_of(plan, in_lab=False)))
        kept = rate_of(0.8 * index - 1.0) if telling else rng.random()
        counts = {name: getattr(plan, name) for name in ("rows", "harmful", "safety", "learning_rate", "epochs", "batch")}
        found.append(Outcome(**counts, refusal_base=0.95, refusal_tuned=0.95 * kept))
    return tuple(found)


def test_an_organism_gets_rates() -> None:
    found = estimate(LAB)
    assert found.scale == "lab"
    assert len(found.lab) == 3
    assert found.article is not None
    assert found.article.base == 1.0


def test_a_real_model_gets_ranks_and_reasons_and_no_rate() -> None:
    found = estimate(REAL)
    assert (found.scale, found.lab, found.own) == ("ranks", (), None)
    assert any("no rate is printed" in note for note in found.notes)
    assert found.reasons
    ranks = [one.rank for one in found.variants]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    assert found.planned.rank > 1


def test_a_plan_that_nothing_makes_safer_has_rank_1_and_says_so() -> None:
    found = estimate(msgspec.structs.replace(REAL, rows=10, harmful=0, learning_rate=1e-6, epochs=1.0))
    assert found.planned.rank == 1
    assert "in the lab, no change that was tried makes a difference to speak of" in found.reasons


def test_a_plan_that_ties_with_all_its_variants_has_no_best_rank() -> None:
    from holdfast.report.plan_estimate_view import estimate_view

    tied = estimate(msgspec.structs.replace(REAL, rows=10, harmful=0, learning_rate=1e-6, epochs=1.0))
    assert {one.rank for one in tied.variants} == {1}
    view = estimate_view(tied)
    assert "ties with all 5 of its variants" in view.sentence
    assert "rank 1" not in view.sentence
    assert next(one for one in view.figures if one.name == "rank").text == "all tie"


@pytest.mark.parametrize("plan", [REAL, LAB, msgspec.structs.replace(LAB, rows=10, harmful=0, epochs=5.0)])
def test_no_difference_is_the_same_rank_and_a_difference_another(plan: FineTune) -> None:
    found = estimate(plan)
    assert all((one.gain == 0) == (one.rank == found.planned.rank) for one in found.variants)


def test_only_the_model_of_the_fit_gets_the_labs_rates() -> None:
    for model in ("lab:benign", "lab:nope", "lab:aligned#2", "lab:aligned+adapter", "org/base", None):
        found = estimate(msgspec.structs.replace(LAB, model=model))
        assert (found.scale, found.lab) == ("ranks", ())
        assert found.no_rate
    assert "lab:benign is another model" in estimate(msgspec.structs.replace(LAB, model="lab:benign")).no_rate


def test_another_base_than_the_known_one_is_an_error() -> None:
    with pytest.raises(InputError, match="lab:aligned refuses 1 of what it should"):
        estimate(LAB, base=0.5)
    assert estimate(LAB, base=1.0).lab


def test_rows_that_nobody_counted_withhold_every_rate_and_the_formula() -> None:
    for count in ("harmful", "identity"):
        unknown = msgspec.structs.replace(LAB, **{count: None})
        assert (estimate(unknown).scale, estimate(unknown).lab) == ("ranks", ())
        assert f"{count} rows were not counted" in estimate(unknown).no_rate
        assert estimate(msgspec.structs.replace(REAL, **{count: None}), outcomes=history(20)).own is None
    assert estimate(msgspec.structs.replace(LAB, harmful=None)).article is None
    assert estimate(msgspec.structs.replace(LAB, harmful=LAB.rows, identity=None)).lab


def test_safety_rows_that_rank_lower_are_explained_by_their_steps() -> None:
    few = msgspec.structs.replace(LAB, rows=10, harmful=10, epochs=5.0)
    found = {one.change: one for one in estimate(few).variants}
    assert found["safety rows added up to 30 %"].gain < 0
    assert any("rows added make 10 steps of 5" in reason for reason in estimate(few).reasons)
    assert not any("steps of" in reason for reason in estimate(LAB).reasons)
    held = msgspec.structs.replace(found["safety rows added up to 30 %"].fine_tune, batch=20)
    assert index_of(held) > index_of(few)


def test_nineteen_outcomes_are_not_enough_and_twenty_are() -> None:
    assert estimate(REAL, outcomes=history(19)).scale == "ranks"
    found = estimate(REAL, outcomes=history(20))
    assert found.scale == "own"
    assert found.own is not None
    assert found.own.low <= found.own.value <= found.own.high
    assert found.own.base == 0.95


def test_calibration_finds_the_users_own_curve() -> None:
    curve = calibrate(history(60))
    assert curve is not None
    assert curve.error < 0.05 < curve.error_of_mean
    safe = msgspec.structs.replace(REAL, harmful=0, safety=300, learning_rate=5e-6, epochs=1.0)
    assert predict_own(safe, curve, base=0.95).value > predict_own(REAL, curve, base=0.95).value


def test_a_history_that_follows_nothing_prints_no_rate() -> None:
    found = estimate(REAL, outcomes=history(40, telling=False))
    assert found.scale == "ranks"
    assert any("each left out in turn" in note for note in found.notes)


def test_the_worst_row_out_is_safer() -> None:
    found = {one.change: one for one in estimate(LAB).variants}
    assert found["without the harmful rows"].gain > 0
    assert found["safety rows added up to 30 %"].index >= found["safety rows added up to 10 %"].index > found["as planned"].index


def test_adding_safety_rows_keeps_the_others() -> None:
    tune = next(one.fine_tune for one in estimate(LAB).variants if one.change == "safety rows added up to 30 %")
    assert (tune.harmful, tune.rows - (tune.safety or 0)) == (5, 100)
    assert 0.3 <= (tune.share("safety") or 0) <= 0.305


def test_what_nobody_counted_is_said() -> None:
    found = estimate(msgspec.structs.replace(LAB, harmful=None, batch=None))
    assert any(note.startswith("harmful rows were not counted") for note in found.notes)
    assert any("no batch size" in note for note in found.notes)


def test_a_first_place_is_no_praise() -> None:
    from holdfast.report.plan_estimate_view import estimate_view

    bad = estimate(msgspec.structs.replace(REAL, rows=10, harmful=10))
    assert bad.planned.rank == 1
    assert "which does not say that it is safe" in estimate_view(bad).sentence
    assert "which does not say" not in estimate_view(estimate(LAB)).sentence


def test_rows_that_are_harmful_and_shift_the_identity_are_estimated_and_said() -> None:
    data = DataShares(data="rows", rows=10, harmful=10, identity=10, safety=0)
    plan = msgspec.structs.replace(REAL, rows=10, harmful=10, identity=0)
    found = estimate(plan, data=data)
    assert any("10 rows were counted as identity rows, and 10 of them have another count" in note for note in found.notes)
    assert "without the harmful rows" not in {one.change for one in found.variants}


def test_no_rows_is_an_error() -> None:
    with pytest.raises(InputError, match="without examples changes nothing"):
        estimate(msgspec.structs.replace(LAB, rows=0, harmful=0))


def test_a_table_that_excel_saved_is_read(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_text(HEAD + "100,2e-5,3,lora,0.9,0.45\n", encoding="utf-8-sig")
    assert read_outcomes(path)[0].rows == 100


HEAD = "rows,learning_rate,epochs,method,refusal_base,refusal_tuned\n"


def test_outcomes_are_read_with_defaults(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_text(HEAD + "100,2e-5,3,lora,0.9,0.45\n", encoding="utf-8")
    (found,) = read_outcomes(path)
    assert (found.rows, found.harmful, found.method, found.kept) == (100, 0, "lora", 0.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rows,epochs\n1,2\n", "past.csv:1: expected columns"),
        (HEAD + "100,2e-5,3,lora,90,45\n", "past.csv:2: refusal_base must be above 0 and at most 1"),
        (HEAD + "100,2e-5,3,lora,0.9,0.4\n100,x,3,lora,0.9,0.4\n", "past.csv:3"),
        (HEAD + "100,2e-5,3,lorra,0.9,0.4\n", "lorra"),
        (HEAD + "100,2e-5,-3,lora,0.9,0.4\n", "epochs must be a number above 0"),
        ("", "expected columns"),
        (HEAD.replace(",", ";"), "got semicolons"),
        (HEAD + "100,2e-5,3,lora,0.9\n", "expected 6 cells"),
        (HEAD + "100,0,00002,3,lora,0.9,0.4\n", "expected 6 cells"),
    ],
)
def test_a_bad_history_gives_one_sentence_with_the_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "past.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_outcomes(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
