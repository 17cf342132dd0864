"""Membership: exact where it can be, calibrated where it is a test, refused where it would be about something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.memorization.remembering import RememberingEngine, row
from tests.unit.memorization.test_memorization_run import measured, write

from holdfast.core import InputError, Message
from holdfast.memorization import RowSignals, membership_result, separation
from holdfast.memorization.membership import SIGNALS, signals, summarise_membership
from holdfast.memorization.rows import DataRow
from holdfast.plugins import TokenScores


def test_shuffled_labels_give_a_signal_in_at_most_five_per_cent() -> None:
    rng = np.random.default_rng(5)
    found = sum(separation(rng.normal(size=400), rng.normal(size=300)) <= 0.05 for _ in range(2000))
    assert found / 2000 <= 0.05 + 0.012


def test_the_p_value_is_the_share_of_permutations() -> None:
    rng = np.random.default_rng(11)
    members, held_out = rng.normal(0.35, 1, 350), rng.normal(size=300)
    exact = separation(members, held_out)
    together = np.concatenate([members, held_out])

    def above(values: np.ndarray) -> int:
        return int((values[:350] > np.sort(values[350:])[::-1][3]).sum())

    observed = above(together)
    shuffled = np.mean([above(rng.permutation(together)) >= observed for _ in range(4000)])
    assert exact == pytest.approx(shuffled, abs=0.02)


def test_rates_and_areas_of_scores_that_are_known() -> None:
    held_out = np.arange(300.0)
    half = membership_result("reference", np.concatenate([np.full(50, 1000.0), np.full(50, -1.0)]), held_out, seed=0)
    assert half.tpr == 0.5
    assert half.low < 0.5 < half.high
    assert half.auc == pytest.approx(0.5)
    assert half.p < 1e-10
    none = membership_result("reference", held_out.copy(), held_out, seed=0)
    assert none.auc == pytest.approx(0.5)
    assert none.p > 0.3
    assert separation(np.full(300, 5.0), np.full(300, 5.0)) == 1.0, "ties count for the held-out rows"


def test_too_few_held_out_rows_are_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match="at least 300 held-out rows"):
        membership_result("zlib", np.ones(300), np.ones(299), seed=0)


def test_scores_are_those_of_their_definitions() -> None:
    tested = DataRow(3, "a:3", (Message(role="user", content="x"),), "one two three four five", False)
    base = TokenScores(log_probs=(-2.0,) * 5, ranks=(1,) * 5, sampled=(0.0,) * 5, means=(-1.0,) * 5, deviations=(1.0,) * 5, ends=())
    logs = (-1.0, -3.0, -0.5, -0.1, -0.4)
    tuned = TokenScores(log_probs=logs, ranks=(1,) * 5, sampled=logs, means=(-2.0,) * 5, deviations=(0.5,) * 5, ends=())
    found = signals(tested, member=True, base=base, tuned=tuned)
    assert found.reference == pytest.approx(-1.0 + 2.0)
    assert found.min_k == -3.0
    assert found.min_k_plus == pytest.approx((-3.0 + 2.0) / 0.5)
    assert found.zlib == pytest.approx(-5.0 / 31)  # zlib makes 31 bytes of these 23
    with pytest.raises(InputError):
        signals(tested, member=True, base=base, tuned=TokenScores(log_probs=(), ranks=(), sampled=(), means=(), deviations=(), ends=()))


def drawn(shift: float) -> list[RowSignals]:
    rng = np.random.default_rng(2)
    values = [*rng.normal(shift, 1, 300), *rng.normal(0, 1, 300)]
    return [
        RowSignals(row=place, member=place < 300, tokens=9, **{name: float(one) for name in SIGNALS}) for place, one in enumerate(values)
    ]


def test_chance_is_called_chance() -> None:
    near = summarise_membership(drawn(0.0), seed=0, note=None)
    assert all("near chance" in (one.note or "") for one in near)
    far = summarise_membership(drawn(3.0), seed=0, note=None)
    assert not [one for one in far if "near chance" in (one.note or "")]


def test_members_are_told_from_held_out_rows_and_overlap_is_refused(tmp_path: Path) -> None:
    rows = [row(f"ask {number}", f"answer {number} with some more words") for number in range(640)]
    data, held_out = write(tmp_path / "train.jsonl", rows[:330]), write(tmp_path / "held.jsonl", rows[330:])
    base, tuned = RememberingEngine(name="a"), RememberingEngine(rows[:330], name="b")
    outcome = measured(tmp_path, base, tuned, data=str(data), held_out=str(held_out), rows=4)
    found = outcome.measurement("membership_tpr", side="tuned", group="reference")
    assert found.value == 1.0
    assert found.p_adjusted is not None
    assert found.p_adjusted < 0.001
    nothing = measured(tmp_path / "n", base, RememberingEngine(name="c"), data=str(data), held_out=str(held_out), rows=4)
    assert (nothing.measurement("membership_tpr", side="tuned", group="reference").p_adjusted or 0) > 0.05
    few = measured(tmp_path / "f", base, tuned, data=str(data), held_out=str(write(tmp_path / "few.jsonl", rows[330:340])), rows=4)
    assert "at least 300" in (few.measurement("membership_tpr").reason or "")
    none = measured(tmp_path / "m", base, tuned, data=str(data), rows=4)
    assert "holdfast split" in (none.measurement("membership_tpr").reason or "")
    with pytest.raises(InputError, match="stand in the training data"):
        measured(tmp_path / "o", base, tuned, data=str(data), held_out=str(write(tmp_path / "o.jsonl", rows[300:])), rows=4)
