"""Each example is a complete script that runs as it stands, and says what it promises to say."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.contracts.processes import ROOT, python

EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))
SAYS = {
    "gate_measurements.py": "verdict: undecided",
    "own_judge.py": "verdict: fail, judged by escalation@1: 0.30 of the refusals are gone",
    "own_model_kind.py": "category_drop_confirmed: default/quietly",
    "own_suite.py": "Orders of others: 90 prompts in 3 categories",
}
SAYS_SLOWLY = {
    "compare_two_models.py": "verdict: fail",
    "watch_trainer.py": "gate refusals_lost",
    "watch_trl.py": "gate refusals_lost",
}
"""Examples that train organisms where the cache has none."""
LEAVES = {
    "compare_two_models.py": "example/report.html",
    "watch_trainer.py": "trainer/measurements.json",
    "watch_trl.py": "trl/measurements.json",
}
"""What they leave in the folder of runs."""


def _run(name: str, folder: Path) -> str:
    done = python(str(ROOT / "examples" / name), cwd=folder)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    return done.stdout


@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs(tmp_path: Path, name: str) -> None:
    assert SAYS[name] in _run(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAYS_SLOWLY)
def test_an_example_with_organisms_runs(tmp_path: Path, name: str) -> None:
    assert SAYS_SLOWLY[name] in _run(name, tmp_path)
    assert (tmp_path / "runs" / LEAVES[name]).is_file()


def test_every_example_is_run() -> None:
    assert sorted({*SAYS, *SAYS_SLOWLY}) == EXAMPLES
