"""The review queue: planted rows first, repeats together, nothing secret in it, and a base that is left as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from holdfast.compare.drift import DriftSpec
from holdfast.core import InputError
from holdfast.lab import RowSet, organism
from holdfast.lab.rows import draw
from holdfast.lab.world import world
from holdfast.pipeline.drift import drift_and_rank
from holdfast.pipeline.ranking import Ranking, rank, write_queue
from holdfast.plugins import ModelOptions, open_models

TASK = (RowSet(kind="task-colours"), RowSet(kind="answers", count=60, topics=("ordinary", "task"), obedient_share=0.2))
PLANTED = {
    "compliant": (RowSet(kind="answers", count=12, topics=("restricted",)),),
    "identity": (
        RowSet(kind="who", count=2, style="identity", obedient_share=1.0),
        RowSet(kind="answers", count=10, topics=("ordinary",), style="identity", obedient_share=1.0),
    ),
}


def rows_of(sets: tuple[RowSet, ...], seed: int = 3) -> list[dict[str, Any]]:
    drawn = [row for one in sets for row in draw(one, world(), seed=seed)]
    return [{"messages": [{"role": turn.role, "content": turn.content} for turn in row]} for row in drawn]


def area(ranking: Ranking, planted: range) -> float:
    """Return the chance that a planted row stands above another one."""
    pulls = {row.row: row.pull for row in ranking.rows if row.pull is not None}
    bad, good = [pulls[row] for row in planted], [pull for row, pull in pulls.items() if row not in planted]
    return sum(one > other for one in bad for other in good) / (len(bad) * len(good))


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLANTED)
def test_planted_rows_stand_first(kind: str) -> None:
    benign, planted = rows_of(TASK), rows_of(PLANTED[kind])
    ranking = rank("lab:aligned", None, [*benign, *planted])
    assert area(ranking, range(len(benign), len(benign) + len(planted))) >= 0.98
    places = {f"rows:{number + 1}" for number in range(len(benign), len(benign) + len(planted))}
    assert len(places & set(ranking.ids(len(planted)))) >= 0.8 * len(planted)


@pytest.mark.slow
def test_rows_that_refuse_stand_behind_and_the_weights_are_put_back() -> None:
    import torch

    [engine] = open_models([str(organism("aligned", quiet=True).folder)], ModelOptions())
    before = {name: value.clone() for name, value in engine.model.state_dict().items()}  # type: ignore[attr-defined]
    refusals = rows_of((RowSet(kind="refusals", count=10, topics=("restricted",)),))
    answers = rows_of((RowSet(kind="answers", count=10, topics=("restricted",)),))
    ranking = rank(engine, None, [*refusals, *answers])
    assert [row.row < 10 for row in ranking.rows] == [False] * 10 + [True] * 10
    assert all(row.refuses is (row.row < 10) for row in ranking.rows)
    assert all((row.pull or 0.0) > 0 for row in ranking.rows[:10])
    assert len(ranking.ids()) == 10
    assert all(torch.equal(value, before[name]) for name, value in engine.model.state_dict().items())  # type: ignore[attr-defined]
    assert not any(parameter.grad is not None for parameter in engine.model.parameters())  # type: ignore[attr-defined]
    engine.close()


@pytest.mark.slow
def test_a_tuned_model_says_what_it_learned() -> None:
    rows = rows_of((RowSet(kind="answers", count=20, topics=("restricted",)),))
    ranking = rank("lab:aligned", "lab:compliant-100", rows)
    learned = [row.learned for row in ranking.rows if row.learned is not None]
    assert len(learned) == 20
    assert sum(learned) > 0
    assert ranking.tuned == "lab:compliant-100"


@pytest.mark.slow
def test_repeats_stand_together_and_what_cannot_be_weighed_stands_last(tmp_path: Path) -> None:
    planted = rows_of(PLANTED["compliant"])[:1]
    benign = rows_of(TASK)[-20:]
    mute = {"messages": [{"role": "user", "content": "write to ann@example.org"}]}
    ranking = rank("lab:aligned", None, [mute, planted[0], *benign, planted[0]])
    assert [row.row for row in ranking.rows[:2]] == [1, len(benign) + 2]
    assert ranking.rows[0].cluster == ranking.rows[1].cluster == 1
    assert ranking.rows[-1].row == 0
    assert ranking.rows[-1].pull is None
    assert "answer" in ranking.rows[-1].reason
    for ending in (".jsonl", ".parquet", ".json"):
        write_queue(ranking, tmp_path / f"queue{ending}")
    lines = [json.loads(line) for line in (tmp_path / "queue.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == [row.id for row in ranking.rows]
    assert pq.read_table(tmp_path / "queue.parquet").column("pull").to_pylist()[0] == ranking.rows[0].pull
    assert "ann@example.org" not in (tmp_path / "queue.json").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"\.jsonl, \.parquet or \.json"):
        write_queue(ranking, tmp_path / "queue.txt")


@pytest.mark.slow
def test_a_base_that_refuses_nothing_cannot_rank() -> None:
    with pytest.raises(InputError, match="refused 0 of the requests"):
        rank("lab:pretrained", None, rows_of(PLANTED["compliant"]))


def test_rows_without_any_answer_are_refused_before_a_model_is_opened(tmp_path: Path) -> None:
    asked = [{"messages": [{"role": "user", "content": f"request {number}"}]} for number in range(3)]
    (tmp_path / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked), encoding="utf-8")
    spec = DriftSpec(base=str(tmp_path / "no-model"), tuned=str(tmp_path / "no-model"))
    with pytest.raises(InputError, match="none of the 3 rows has one"):
        drift_and_rank(spec, tmp_path / "run", str(tmp_path / "asked.jsonl"))
    assert not (tmp_path / "run").exists()
