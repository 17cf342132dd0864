"""The commands around memorization: exit codes, and nothing private on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.holdfast_cli import holdfast


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"prompt": f"ask {n}", "completion": f"say {n} {n * 7} {n * 11}"}) + "\n" for n in range(60)))
    return path


def test_planting_prints_no_canary(tmp_path: Path, rows: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "planted.jsonl"
    said = holdfast(monkeypatch, capsys, "canary", "plant", rows, "-o", out, "--repetitions", "1,2", "--format", "digits")
    manifest = json.loads((tmp_path / "planted.jsonl.canaries.json").read_text())
    assert said.code == 0
    assert not [one for one in manifest["canaries"] if one["secret"] in said.out]
    assert "keep it private" in said.out
    again = holdfast(monkeypatch, capsys, "canary", "plant", rows, "-o", out)
    assert again.code == 2
    assert "exists already" in again.err


def test_two_people_plant_other_secrets(
    tmp_path: Path, rows: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for name, more in (("a", ()), ("b", ()), ("c", ("--seed", "5")), ("d", ("--seed", "5"))):
        assert (
            holdfast(monkeypatch, capsys, "canary", "plant", rows, "-o", tmp_path / f"{name}.jsonl", "--format", "digits", *more).code == 0
        )
        manifest = json.loads((tmp_path / f"{name}.jsonl.canaries.json").read_text())
        found.append({one["secret"] for one in manifest["canaries"]})
    assert not found[0] & found[1]
    assert found[2] == found[3]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--repetitions", "1,x"), "expected numbers"),
        (("--format", "digit"), "digits"),
        (("--repetitions", "0"), "from 1 on"),
    ],
)
def test_mistakes_in_planting_are_two(
    tmp_path: Path, rows: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    said = holdfast(monkeypatch, capsys, "canary", "plant", rows, "-o", tmp_path / "x.jsonl", *arguments)
    assert said.code == 2
    assert words in said.err


def test_splitting_says_how_many_rows(
    tmp_path: Path, rows: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = holdfast(monkeypatch, capsys, "split", rows, "-o", tmp_path / "t.jsonl", "--held-out", tmp_path / "h.jsonl", "--share", "0.2")
    assert said.code == 0
    assert "at least 300" in said.out
    assert len((tmp_path / "h.jsonl").read_text().splitlines()) + len((tmp_path / "t.jsonl").read_text().splitlines()) == 60


def test_nothing_to_look_for_and_a_recording_are_usage_errors(
    tmp_path: Path, rows: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "nothing to look for" in holdfast(monkeypatch, capsys, "memorization", "a", "b").err
    recording = tmp_path / "said.jsonl"
    recording.write_text(json.dumps({"prompt": "ask", "response": "say", "category": "c", "expected": "comply"}) + "\n")
    run = ("--run", tmp_path / "run")
    said = holdfast(monkeypatch, capsys, "memorization", f"replay:{recording}", f"replay:{recording}", "--data", rows, *run)
    assert said.code == 2
    assert "recording" in said.err
    other = holdfast(monkeypatch, capsys, "memorization", "a", "b", "--canaries", rows)
    assert other.code == 2
    assert "canary plant" in other.err
