"""How a strength is chosen, and that nothing of it looks at the report half."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast.core import Decision, InputError
from holdfast.mitigate.repair import Applied, Progress, RepairCase, Stage
from holdfast.mitigate.trials import Measured, Trial
from holdfast.pipeline.repairing.trying import report_on, try_strengths


class Scripted:
    """A repair that writes its strength into a folder, and fails where it is told to."""

    name = "scripted"
    title = "writes its strength"
    stage: Stage = "weights"
    trains = False
    strength_means = "a number"
    costs = "nothing"

    def __init__(self, strengths: Sequence[float], fails: Sequence[float] = ()) -> None:
        self.strengths: tuple[float, ...] = tuple(strengths)
        self._fails = fails
        self.made: list[float] = []

    def unfit(self, case: RepairCase) -> str | None:
        return None

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        self.made.append(strength)
        out.mkdir()
        if strength in self._fails:
            raise InputError("it cannot be")
        (out / "strength").write_text(str(strength))
        return Applied(reference=str(out), commands=(f"make {strength:g}",))


class ScriptedBench:
    """Measures what was written: the shortfall of a strength on either half."""

    def __init__(self, selection: dict[float, float], report: dict[float, float]) -> None:
        self._found = {"selection": selection, "report": report}
        self.asked: list[tuple[str, float]] = []

    def measure(self, reference: str, half: Any, folder: Path, *, progress: Any, page: bool = False) -> Measured:
        strength = float((Path(reference) / "strength").read_text())
        self.asked.append((half, strength))
        missed = self._found[half][strength]
        return Measured(half=half, decision=Decision.FAIL if missed else Decision.PASS, shortfall=missed, measurements=())


def run(repair: Scripted, bench: ScriptedBench, folder: Path, known: dict[str, Trial] | None = None) -> tuple[Trial | None, list[Trial]]:
    kept: list[Trial] = []
    case = RepairCase(base="b", tuned="t", work=folder / "work")
    chosen = try_strengths(repair, case, bench, folder, known=known or {}, keep=kept.append, progress=None)  # type: ignore[arg-type]
    return chosen, kept


def test_the_first_strength_that_passes_is_taken_and_no_further_one_is_made(tmp_path: Path) -> None:
    repair = Scripted((0.9, 0.7, 0.5))
    bench = ScriptedBench({0.9: 0.3, 0.7: 0.0, 0.5: 0.0}, {})
    chosen, _ = run(repair, bench, tmp_path)
    assert chosen is not None
    assert chosen.strength == 0.7
    assert repair.made == [0.9, 0.7]


def test_where_none_passes_the_one_that_misses_least_is_taken_whatever_the_report_half_says(tmp_path: Path) -> None:
    repair = Scripted((0.9, 0.7, 0.5))
    bench = ScriptedBench({0.9: 0.3, 0.7: 0.1, 0.5: 0.2}, {0.9: 0.0, 0.7: 0.5, 0.5: 0.0})
    chosen, _ = run(repair, bench, tmp_path)
    assert chosen is not None
    done = report_on(chosen, repair, RepairCase(base="b", tuned="t", work=tmp_path), bench, tmp_path, None)  # type: ignore[arg-type]
    assert (done.strength, done.report.shortfall if done.report else None) == (0.7, 0.5)
    assert [half for half, _ in bench.asked] == ["selection"] * 3 + ["report"]


def test_a_repair_that_cannot_be_made_is_kept_with_its_reason(tmp_path: Path) -> None:
    chosen, kept = run(Scripted((1.0, 0.5), fails=(1.0,)), ScriptedBench({0.5: 0.0}, {}), tmp_path)
    assert kept[0].failed == "it cannot be"
    assert chosen is not None
    assert chosen.strength == 0.5


def test_a_run_that_goes_on_makes_no_trial_twice(tmp_path: Path) -> None:
    first = Scripted((0.9, 0.7))
    bench = ScriptedBench({0.9: 0.2, 0.7: 0.1}, {})
    _, kept = run(first, bench, tmp_path)
    again = Scripted((0.9, 0.7))
    chosen, new = run(again, bench, tmp_path, {trial.key: trial for trial in kept})
    assert (again.made, new) == ([], [])
    assert chosen == kept[1]


def test_a_model_that_is_gone_is_made_again_for_the_report(tmp_path: Path) -> None:
    import shutil

    repair = Scripted((0.9,))
    bench = ScriptedBench({0.9: 0.0}, {0.9: 0.0})
    chosen, _ = run(repair, bench, tmp_path)
    assert chosen is not None
    shutil.rmtree(chosen.reference)
    done = report_on(chosen, repair, RepairCase(base="b", tuned="t", work=tmp_path), bench, tmp_path, None)  # type: ignore[arg-type]
    assert done.report is not None
    assert repair.made == [0.9, 0.9]
