from __future__ import annotations

from collections import Counter

from holdfast.training.ordering import StepOrder, total_steps


def order(**values: int | None) -> list[int]:
    given = {"rows": 10, "steps": 5, "rows_per_step": 4, "seed": 0, "epochs": 2, **values}
    return list(StepOrder(**given))  # type: ignore[arg-type]


def test_every_row_comes_once_per_pass_in_another_order() -> None:
    seen = order()
    assert Counter(seen) == dict.fromkeys(range(10), 2)
    assert seen[:10] != seen[10:]
    assert len(StepOrder(rows=10, steps=5, rows_per_step=4, seed=0, epochs=2)) == len(seen)


def test_the_same_seed_gives_the_same_order_and_another_one_does_not() -> None:
    assert order(seed=3) == order(seed=3)
    assert order(seed=3) != order(seed=4)


def test_every_third_step_is_on_safety_rows_alone() -> None:
    steps = total_steps(10, rows_per_step=4, epochs=2, every=3)
    seen = order(steps=steps, safety_rows=3, every=3)
    chunks = [seen[at : at + 4] for at in range(0, len(seen), 4)]
    assert [all(row >= 10 for row in chunk) for chunk in chunks] == [False, False, True, False, False, True, False]
    assert Counter(row for row in seen if row < 10) == dict.fromkeys(range(10), 2)
    assert {row for row in seen if row >= 10} == {10, 11, 12}
    assert len(StepOrder(rows=10, steps=steps, rows_per_step=4, seed=0, epochs=2, safety_rows=3, every=3)) == len(seen)


def test_training_rows_keep_their_order_when_safety_rows_are_replayed() -> None:
    replayed = [row for row in order(steps=7, safety_rows=3, every=3) if row < 10]
    assert replayed == order()


def test_steps_may_go_round_more_often_than_an_epoch() -> None:
    seen = order(steps=10, epochs=None)
    assert len(seen) == 40
    assert Counter(seen) == dict.fromkeys(range(10), 4)
