from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.cli.commands import command


def table(folder: Path, spike: int | None) -> Path:
    path = folder / "losses.csv"
    path.write_text("step,loss\n" + "\n".join(f"{n},{20 if n == spike else 1 + n % 3 / 20}" for n in range(1, 40)), encoding="utf-8")
    return path


@pytest.mark.parametrize("words", [("watch",), ("watch", "log")])
def test_a_log_is_read_with_and_without_the_word(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = command(capsys, monkeypatch, *words, table(tmp_path, 30), "--policy", "article")
    assert said.code == 3
    assert "step 30: loss 20, 19.0 times its running median" in said.out


def test_losses_alone_leave_safety_undecided(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = command(capsys, monkeypatch, "watch", table(tmp_path, None), "--json")
    assert said.code == 4
    assert json.loads(said.out)["decision"] == "undecided"


def test_a_missing_file_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = command(capsys, monkeypatch, "watch", tmp_path / "absent.csv")
    assert said.code == 2
    assert "expected a trainer_state.json or a CSV" in said.err


def test_reading_a_log_loads_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from holdfast.watch import watch_log; "
        f"watch_log(Path({str(table(tmp_path, None))!r})); print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
