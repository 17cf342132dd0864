from __future__ import annotations

import itertools

from holdfast.watch.schedule import Schedule


def looks(steps: int, *, moves: range | None = None, longest: int | None = None) -> tuple[list[int], list[int]]:
    schedule, seen, asked = Schedule(longest), [], []
    for step in range(1, steps + 1):
        if schedule.due(step):
            seen.append(step)
            if schedule.asks_anyway():
                asked.append(step)
            schedule.looked(step, moved=moves is not None and step in moves)
    return seen, asked


def test_dense_at_the_start_and_sparse_when_flat() -> None:
    seen, asked = looks(500)
    assert seen[:6] == [1, 2, 3, 4, 6, 10]
    assert len(seen) < 20
    gaps = [b - a for a, b in itertools.pairwise(seen)]
    assert gaps == sorted(gaps)
    assert max(gaps) <= 200
    assert asked


def test_movement_makes_it_dense_again() -> None:
    flat, moving = looks(500)[0], looks(500, moves=range(258, 300))[0]
    assert len([step for step in moving if step >= 200]) > 2 * len([step for step in flat if step >= 200])


def test_every_bounds_the_gap() -> None:
    seen = looks(200, longest=7)[0]
    assert max(b - a for a, b in itertools.pairwise(seen)) == 7


def test_every_one_looks_at_every_step() -> None:
    assert looks(30, longest=1)[0] == list(range(1, 31))


def test_a_resumed_run_starts_dense() -> None:
    schedule = Schedule()
    schedule.start_at(300)
    assert [schedule.due(300), schedule.due(301)] == [False, True]
