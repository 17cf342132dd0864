from __future__ import annotations

from pathlib import Path

from tests.unit.history.conftest import write_run

from holdfast.core import Decision, Verdict
from holdfast.history import History, read_run, run_lines


def test_lines_say_what_runs_say_newest_first(tmp_path: Path) -> None:
    with History(f"sqlite:///{tmp_path / 'history.db'}") as history:
        assert run_lines(history) == ()
        for number in range(3):
            history.record(read_run(write_run(tmp_path / f"r{number}", "base", f"t{number}", drop=0.2 * number, seed=number)))
        whole, lines = history.runs(), run_lines(history)
        assert [one.id for one in lines] == [one.id for one in whole]
        for one, entry in zip(lines, whole, strict=True):
            assert (one.stage, one.folder, one.decision, one.policy) == (entry.stage, entry.folder, entry.decision, "compare")
            assert one.models == {model.side: (model.reference, model.id) for model in entry.models}
        assert [one.drop for one in lines] == [0.4, 0.2, 0.0]


def test_the_newest_verdict_counts_and_a_run_without_one_has_none(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "r", "base", "tuned", drop=0.4)
    run = read_run(folder)
    (folder / "verdict.json").unlink()
    with History(f"sqlite:///{tmp_path / 'history.db'}") as history:
        history.record(read_run(folder))
        assert (run_lines(history)[0].decision, run_lines(history)[0].policy) == (None, None)
        history.record(run)
        assert run_lines(history)[0].decision is Decision.FAIL
        assert isinstance(run.verdict, Verdict)
