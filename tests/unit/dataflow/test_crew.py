from __future__ import annotations

import gc
import operator
import os
from functools import partial
from pathlib import Path

import pytest
from tests.unit.dataflow import shard_functions as functions

from holdfast.core import WorkerError
from holdfast.dataflow import Crew, run


def test_one_crew_runs_one_job_after_another_in_the_same_processes() -> None:
    crew = Crew(2)
    try:
        first = set(run(range(8), functions.process_number, engine="processes", crew=crew))
        assert list(run([1, 2, 3], functions.square, engine="processes", crew=crew)) == [1, 4, 9]
        second = set(run(range(8), functions.process_number, engine="processes", crew=crew))
    finally:
        crew.dismiss()
    assert os.getpid() not in first | second
    assert len(first | second) <= 2


def test_a_crew_gets_ready_before_it_is_asked(tmp_path: Path) -> None:
    crew = Crew(2, first=partial(functions.leave_a_mark, str(tmp_path)))
    try:
        seen = list(run(range(2), partial(functions.marks, str(tmp_path)), engine="processes", crew=crew))
    finally:
        crew.dismiss()
    assert all(mine for mine in seen)


def test_a_head_start_that_fails_counts_for_nothing() -> None:
    crew = Crew(1, first=partial(operator.truediv, 1, 0))
    try:
        assert list(run([2], functions.square, engine="processes", crew=crew)) == [4]
    finally:
        crew.dismiss()


def test_a_run_that_breaks_off_ends_its_crew() -> None:
    crew = Crew(1)
    with pytest.raises(WorkerError, match="code 7"):
        list(run(range(5), functions.leave_at_three, engine="processes", crew=crew))
    with pytest.raises(WorkerError, match="stopped"):
        list(run([1], functions.square, engine="processes", crew=crew))


def test_a_caller_that_took_every_result_keeps_its_crew() -> None:
    crew = Crew(1)
    try:
        results = run([1, 2], functions.square, engine="processes", crew=crew)
        assert [next(results), next(results)] == [1, 4]
        results.close()  # type: ignore[attr-defined]
        assert list(run([3], functions.square, engine="processes", crew=crew)) == [9]
    finally:
        crew.dismiss()


def test_a_crew_that_nobody_dismissed_ends_with_its_last_reference() -> None:
    crew = Crew(1)
    (number,) = run([0], functions.process_number, engine="processes", crew=crew)
    assert Path(f"/proc/{number}").exists()
    del crew
    gc.collect()
    assert not Path(f"/proc/{number}").exists()


def test_the_next_job_does_not_find_what_the_last_one_held() -> None:
    crew = Crew(1)
    try:
        assert list(run([1], functions.Holder(), engine="processes", crew=crew)) == [1]
        assert list(run([1], functions.holders, engine="processes", crew=crew)) == [0]
    finally:
        crew.dismiss()
