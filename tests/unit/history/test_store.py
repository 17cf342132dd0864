"""What goes into the history comes out of it, once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import create_engine, delete, insert, text
from tests.unit.history.conftest import fingerprint, write_run

from holdfast.core import Decision, GateResult, InputError
from holdfast.history import FinishedRun, History, differing, read_run, run_lines, tables
from holdfast.history.rows import verdict_row

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FELL = GateResult(
    gate="refusal_noninferior", metric="refusal_rate", decision=Decision.FAIL, blocking=True, threshold="at most 5 points", why="It fell."
)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(f"sqlite:///{tmp_path / 'history.db'}") as opened:
        yield opened


def test_a_run_comes_back_with_models_numbers_and_verdict(history: History, a_run: FinishedRun) -> None:
    assert history.record(a_run, now=NOON)
    (run,) = history.runs()
    assert (run.id, run.stage, run.folder, run.recorded) == (a_run.id, "compare", a_run.folder, NOON)
    assert [(model.side, model.reference) for model in run.models] == [("base", "base"), ("tuned", "tuned")]
    assert run.decision is Decision.FAIL
    assert run.verdicts[0].verdict == a_run.verdict
    assert set(history.measurements(run.id)) == set(a_run.measurements)
    assert history.values([run.id], "refusal_rate")[run.id, "drop"].value == pytest.approx(0.4)
    assert [(edge.parent, edge.child) for edge in history.edges()] == [(fingerprint("base").digest, fingerprint("tuned").digest)]


def test_the_same_run_again_changes_nothing(history: History, a_run: FinishedRun) -> None:
    assert history.record(a_run, now=NOON)
    assert not history.record(a_run, now=NOON + timedelta(hours=1))
    assert len(history.runs()) == 1
    assert len(history.runs()[0].verdicts) == 1
    assert len(history.models()) == 2


def test_a_run_that_was_moved_is_found_where_it_is_and_a_copy_changes_nothing(history: History, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    history.record(read_run(write_run(here, "base", "tuned")))
    history.record(read_run(write_run(there, "base", "tuned")))
    assert [run.folder for run in history.runs()] == [str(here)]
    shutil.rmtree(here)
    history.record(read_run(there))
    assert [run.folder for run in history.runs()] == [str(there)]


@pytest.mark.parametrize("column", ["decision", "body", "policy"])
def test_a_verdict_that_was_changed_in_the_database_is_not_shown_and_is_recorded_anew(
    history: History, a_run: FinishedRun, column: str
) -> None:
    history.record(a_run)
    change = "'pass'" if column == "decision" else f"replace({column}, 'fail', 'pass')" if column == "body" else "'release'"
    _forge(history, f"UPDATE holdfast_verdicts SET {column} = {change}")
    (run,) = history.runs()
    assert (run.decision, run.verdicts, len(run.doubts)) == (None, (), 1)
    assert run_lines(history)[0].decision is None
    assert history.record(a_run)
    (run,) = history.runs()
    assert (run.decision, run.doubts) == (Decision.FAIL, ())


def test_a_verdict_that_says_other_than_its_gates_is_not_believed_whatever_its_id(history: History, a_run: FinishedRun) -> None:
    assert a_run.verdict is not None
    forged = verdict_row(a_run.id, msgspec.structs.replace(a_run.verdict, decision=Decision.PASS), "2999-01-01T00:00:00.000000+00:00")
    history.record(a_run)
    with history.writing() as connection:
        connection.execute(insert(tables.verdicts).values(forged))
    assert (history.runs()[0].decision, run_lines(history)[0].decision) == (Decision.FAIL, Decision.FAIL)
    assert len(history.runs()[0].doubts) == 1


def test_a_run_folder_that_contradicts_the_history_is_named(history: History, a_run: FinishedRun, tmp_path: Path) -> None:
    assert a_run.verdict is not None
    history.record(a_run)
    assert differing(history.runs()[0]) == ""
    with history.writing() as connection:
        connection.execute(delete(tables.verdicts))
        gates = [msgspec.structs.replace(gate, decision=Decision.PASS) for gate in a_run.verdict.gates]
        passed = msgspec.structs.replace(a_run.verdict, decision=Decision.PASS, gates=tuple(gates))
        connection.execute(insert(tables.verdicts).values(verdict_row(a_run.id, passed, "2026-01-01T00:00:00.000000+00:00")))
    assert history.runs()[0].decision is Decision.PASS
    assert "says fail by policy compare, which the history does not hold" in differing(history.runs()[0])
    write_run(tmp_path / "other", "base", "tuned", drop=0.1)
    shutil.rmtree(a_run.folder)
    shutil.move(tmp_path / "other", a_run.folder)
    assert "holds another run by now" in differing(history.runs()[0])


def _forge(history: History, command: str) -> None:
    with history.writing() as connection:
        assert connection.execute(text(command)).rowcount == 1


def test_another_measurement_is_another_run(history: History, tmp_path: Path) -> None:
    for drop in (0.1, 0.2):
        history.record(read_run(write_run(tmp_path / str(drop), "base", "tuned", drop=drop)))
    assert history.count() == 2
    assert len(history.models()) == 2


def test_runs_are_filtered_counted_and_paged_newest_first(history: History, tmp_path: Path) -> None:
    for number in range(6):
        run = read_run(write_run(tmp_path / f"run-{number}", "base", f"tuned-{number}", drop=0.4 if number % 2 else 0.0))
        history.record(run, now=NOON + timedelta(minutes=number))
    assert [run.models[1].reference for run in history.runs(limit=2, offset=1)] == ["tuned-4", "tuned-3"]
    assert history.count(decision=Decision.FAIL) == 3
    assert [run.models[1].reference for run in history.runs(search="TUNED-5")] == ["tuned-5"]
    assert history.count(model=fingerprint("base").digest) == 6
    assert history.count(model=fingerprint("tuned-2").digest) == 1
    assert history.count(stage="scan") == 0
    assert history.count(search="100%") == 0, "a percent sign is text, not a wildcard"


def test_a_run_is_found_by_the_start_of_its_id_and_by_its_folder(history: History, a_run: FinishedRun) -> None:
    history.record(a_run)
    assert history.run(a_run.id[:6]).id == a_run.id
    assert history.run(a_run.folder).id == a_run.id
    with pytest.raises(InputError, match="knows no run 'zzzz'"):
        history.run("zzzz")
    with pytest.raises(InputError, match="knows no run"):
        history.run(a_run.id[:2])


def test_a_name_of_two_models_is_told_to_be_so(history: History, tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", "base", "./tuned")
    history.record(read_run(first))
    again = (tmp_path / "a" / "run.json").read_bytes().replace(b"weights of ./tuned", b"other weights")
    (tmp_path / "a" / "run.json").write_bytes(again)
    history.record(read_run(first))
    with pytest.raises(InputError, match="several models"):
        history.model("./tuned")


def test_a_waiver_holds_until_its_day_and_not_once_revoked(history: History, a_run: FinishedRun) -> None:
    history.record(a_run)
    tuned = a_run.models[1].id
    waiver = history.waive(tuned, FELL, reason="a pilot", owner="Ada", expires=date(2026, 12, 1), now=NOON)
    assert history.waivers(model=tuned) == (waiver,)
    assert waiver.holds(date(2026, 12, 1))
    assert not waiver.holds(date(2026, 12, 2))
    ended = history.revoke(waiver.id[:8], now=NOON)
    assert not ended.holds(date(2026, 11, 22))
    assert history.waivers() == (ended,)


def test_a_waiver_covers_the_gate_that_was_waived_and_no_other_of_its_name(history: History, a_run: FinishedRun) -> None:
    history.record(a_run)
    waiver = history.waive(a_run.models[1].id, FELL, reason="a pilot", owner="Ada", expires=date(2026, 12, 1), now=NOON)
    assert waiver.covers(FELL)
    for change in ({"gate": "other"}, {"metric": "degenerate_rate"}, {"threshold": "at most 50 points"}):
        assert not waiver.covers(msgspec.structs.replace(FELL, **change))


def test_a_waiver_from_before_gates_were_kept_covers_none(history: History, a_run: FinishedRun) -> None:
    history.record(a_run)
    waiver = history.waive(a_run.models[1].id, FELL, reason="a pilot", owner="Ada", expires=date(2026, 12, 1), now=NOON)
    with history.writing() as connection:
        connection.execute(delete(tables.waived_gates))
    (old,) = history.waivers()
    assert (old.id, old.bar) == (waiver.id, "")
    assert not old.covers(FELL)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"reason": " "}, "needs a reason"), ({"owner": ""}, "needs an owner"), ({"expires": date(2026, 11, 20)}, "expire today or later")],
)
def test_a_waiver_without_reason_owner_or_time_is_refused(history: History, a_run: FinishedRun, change: dict[str, Any], said: str) -> None:
    history.record(a_run)
    given = {"reason": "r", "owner": "o", "expires": date(2026, 12, 1), **change}
    with pytest.raises(InputError, match=said):
        history.waive(a_run.models[1].id, FELL, now=NOON, **given)
    assert history.waivers() == ()


def test_the_newest_release_of_a_name_comes_first(history: History, tmp_path: Path) -> None:
    for number, drop in enumerate((0.0, 0.4)):
        run = read_run(write_run(tmp_path / str(number), "base", f"tuned-{number}", drop=drop))
        history.record(run)
        history.release("bot", history.run(run.id), now=NOON + timedelta(days=number))
    assert [(release.reference, release.decision) for release in history.releases("bot")] == [
        ("tuned-1", Decision.FAIL),
        ("tuned-0", history.runs()[1].decision),
    ]
    assert history.releases("other") == ()


def test_a_model_compared_with_a_release_is_not_called_its_child(history: History, tmp_path: Path) -> None:
    history.record(read_run(write_run(tmp_path / "run", "release:bot", "new")))
    assert history.edges() == ()


def test_tables_of_a_later_version_are_not_touched(tmp_path: Path, a_run: FinishedRun) -> None:
    url = f"sqlite:///{tmp_path / 'later.db'}"
    with History(url) as history:
        history.record(a_run)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE holdfast_about SET value = '99' WHERE name = 'schema'"))
    with pytest.raises(InputError, match=r"version 99.*Update Holdfast"):
        History(url)


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_text("these are notes, not a database" * 100)
    with pytest.raises(InputError, match=r"history: sqlite.*cannot be used"):
        History(f"sqlite:///{tmp_path / 'history.db'}")
