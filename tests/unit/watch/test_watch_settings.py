"""What a watched training is a record of: judges by their weights and canaries by their manifest, not by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.models.tiny import build_model, build_tokenizer

from holdfast.core import InputError, RunFolderError
from holdfast.plugins import open_judge
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


def test_other_canaries_are_another_run_wherever_their_manifest_lies(watched: Any, tmp_path: Path) -> None:
    first, moved = tmp_path / "canaries.json", tmp_path / "moved.json"
    first.write_text("{}", encoding="utf-8")
    moved.write_text("{}", encoding="utf-8")
    watched(canaries=first)
    watched(canaries=moved)
    first.write_text('{"seed": 1}', encoding="utf-8")
    with pytest.raises(RunFolderError, match="canaries was"):
        watched(canaries=first)
    with pytest.raises(RunFolderError, match="canaries was"):
        watched()
    with pytest.raises(InputError, match=r"gone\.json: the manifest of canaries cannot be read"):
        watched(canaries=tmp_path / "gone.json")


def test_the_decay_of_an_average_decides_evidence_and_what_is_done_about_a_fall_does_not() -> None:
    asked = {name: WatchSettings(suite="lab", **given).asked("refusal@1") for name, given in _GIVEN.items()}
    assert asked["plain"] == asked["rollback"]
    assert len({str(asked[name]) for name in ("plain", "slow", "fast")}) == 3


_GIVEN: dict[str, dict[str, Any]] = {"plain": {}, "rollback": {"on_fail": "rollback"}, "slow": {"ema": 0.99}, "fast": {"ema": 0.9}}
