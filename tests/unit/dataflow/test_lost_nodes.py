"""A cluster that loses nodes: what has come back is not asked for again, and an error of the work is no reason to ask again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.core import InputError, WorkerError
from holdfast.dataflow import daft_runner

pytest.importorskip("ray", reason="ray is not installed (pip install 'holdfast[cluster]')")


class Cluster:
    """Answers like Daft on Ray: out of order, and with a Ray error after some answers of each query."""

    def __init__(self, answers: list[int]) -> None:
        self.answers = answers
        self.asked: list[list[int]] = []

    def ask(self, daft: Any, numbers: list[int], shards: list[int], function: Any, **given: Any) -> Iterator[tuple[int, int]]:
        from ray.exceptions import RayActorError

        self.asked.append(list(numbers))
        good = self.answers.pop(0) if self.answers else len(numbers)
        for number in list(reversed(numbers))[:good]:
            yield number, function(shards[number])
        if good < len(numbers):
            raise RayActorError


def run(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, function: Any = abs) -> list[int]:
    monkeypatch.setattr(daft_runner, "_open", lambda ray, address: None)
    monkeypatch.setattr(daft_runner, "_ask", cluster.ask)
    return list(daft_runner.run_daft([0, -1, -2, -3, -4], function, ray=True, address=None, name=str))


def test_what_has_come_back_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([2, 0, 1])
    assert run(cluster, monkeypatch) == [0, 1, 2, 3, 4]
    assert cluster.asked == [[0, 1, 2, 3, 4], [0, 1, 2], [0, 1, 2], [0, 1]]


def test_a_cluster_that_does_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([1] + [0] * 9)
    with pytest.raises(WorkerError, match="lost workers 5 times in a row"):
        run(cluster, monkeypatch)
    assert len(cluster.asked) == 6


def test_an_error_of_the_work_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster([])

    def fail(shard: int) -> int:
        raise daft_runner._OfShard(ZeroDivisionError("the work"))

    with pytest.raises(ZeroDivisionError, match="the work"):
        run(cluster, monkeypatch, fail)
    assert len(cluster.asked) == 1


def test_a_cluster_that_is_not_there_is_said_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(
            InputError, match=f"the Ray cluster at {address} cannot be reached .Connection refused.. Start it, or mend --ray"
        ):
            daft_runner._knock(address)
    for other in (None, "auto", "local"):
        daft_runner._knock(other)
