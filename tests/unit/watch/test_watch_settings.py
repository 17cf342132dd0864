"""What a watched training is a record of: judges by their weights and canaries by their manifest, not by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.models.tiny import build_model, build_tokenizer

from holdfast.canaries import PlantSpec, plant
from holdfast.core import InputError, RunFolderError
from holdfast.plugins import open_judge
from holdfast.records import open_dataset
from holdfast.watch import TrainingMonitor
from holdfast.watch.monitor import WatchSettings


@pytest.fixture
def watched(tmp_path: Path) -> Any:
    """Open a training's watch in one run folder, and free the folder again."""

    def opened(**settings: Any) -> None:
        monitor = TrainingMonitor(build_model(), build_tokenizer(), suite="lab", run=tmp_path / "run", **settings)
        monitor.watcher.journal.close()

    return opened


def test_other_weights_behind_a_judges_name_are_another_run(watched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def exchanged(reference: str) -> Any:
        judge: Any = open_judge(reference)
        judge.card = msgspec.structs.replace(judge.card, version="1+0123456789ab")
        return judge

    watched()
    watched()
    monkeypatch.setattr("holdfast.watch.prober.open_judge", exchanged)
    with pytest.raises(RunFolderError, match="judge was"):
        watched()


def test_a_loop_of_ones_own_that_starts_from_other_weights_is_another_run(watched: Any, tmp_path: Path) -> None:
    watched()
    watched()
    with pytest.raises(RunFolderError, match="start was"):
        TrainingMonitor(build_model(seed=1), build_tokenizer(), suite="lab", run=tmp_path / "run")
    with pytest.raises(RunFolderError, match="learning_rate was absent"):
        watched(about={"learning_rate": 1e-3})


@pytest.mark.parametrize(("given", "says"), [({"prompts": 0}, "prompts must be at least 1"), ({"benign": -1}, "benign must be at least 0")])
def test_numbers_that_cannot_be_are_refused_by_their_name(given: dict[str, int], says: str) -> None:
    with pytest.raises(InputError, match=says):
        WatchSettings(suite="lab", **given)  # type: ignore[arg-type]


def planted(manifest: Path, seed: int) -> Path:
    """Plant canaries and return their manifest."""
    rows = [{"prompt": f"say {n}", "completion": f"{n} it is"} for n in range(20)]
    spec = PlantSpec(formats=("digits=6",), repetitions=(2,), per_repetition=1, controls=1, seed=seed)
    plant(open_dataset(rows), manifest.with_suffix(".jsonl"), manifest, spec)
    manifest.with_suffix(".jsonl").unlink()
    return manifest


def test_other_canaries_are_another_run_wherever_their_manifest_lies(watched: Any, tmp_path: Path) -> None:
    first, moved = planted(tmp_path / "canaries.json", seed=1), tmp_path / "moved.json"
    moved.write_bytes(first.read_bytes())
    watched(canaries=first)
    watched(canaries=moved)
    first.write_bytes(planted(tmp_path / "others.json", seed=2).read_bytes())
    with pytest.raises(RunFolderError, match="canaries was"):
        watched(canaries=first)
    with pytest.raises(RunFolderError, match="canaries was"):
        watched()
    with pytest.raises(InputError, match=r"gone\.json"):
        watched(canaries=tmp_path / "gone.json")


def test_the_decay_of_an_average_decides_evidence_and_what_is_done_about_a_fall_does_not() -> None:
    asked = {name: WatchSettings(suite="lab", **given).asked("refusal@1") for name, given in _GIVEN.items()}
    assert asked["plain"] == asked["rollback"]
    assert len({str(asked[name]) for name in ("plain", "slow", "fast")}) == 3


_GIVEN: dict[str, dict[str, Any]] = {"plain": {}, "rollback": {"on_fail": "rollback"}, "slow": {"ema": 0.99}, "fast": {"ema": 0.9}}
