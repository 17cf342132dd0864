"""The command itself: what it refuses, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.holdfast_cli import holdfast


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    rows = [{"text": f"A document with the number {n}. It has two sentences."} for n in range(20)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "corpus.yaml").write_text("name: small\nsources: [{name: web, path: a.jsonl}]\n", encoding="utf-8")
    return tmp_path / "corpus.yaml"


def test_the_same_command_again_says_the_same(config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    first = holdfast(monkeypatch, capsys, "corpus", "run", config, "--out", "made")
    assert first.code == 0, first.err
    assert "20 of 20 documents stay" in first.out
    assert "report.html" in first.out
    assert holdfast(monkeypatch, capsys, "corpus", "run", config, "--out", "made", "--engine", "plain") == first
    summary = json.loads(holdfast(monkeypatch, capsys, "corpus", "run", config, "--out", "made", "--json").out)
    assert summary["sources"][0]["kept"] == 20
    assert "--out" not in summary["command"]


def test_mistakes_are_one_sentence(config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    holdfast(monkeypatch, capsys, "corpus", "run", config, "--out", "made")
    config.write_text(config.read_text(encoding="utf-8") + "seed: 4\n", encoding="utf-8")
    for arguments, said in (
        (("--out", "made"), "holds another run: seed was 0 and is now 4. Choose another folder with --out"),
        (("--ray", "auto", "--engine", "plain"), "--ray asks for a cluster, and --engine plain for none"),
        (("--out", "other", "--engine", "spark"), "engine 'spark' is not known"),
    ):
        ended = holdfast(monkeypatch, capsys, "corpus", "run", config, *arguments)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert said in ended.err


def test_canaries_are_told_of_and_a_lost_manifest_is_an_error(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = "canaries: {formats: [digits], repetitions: [1, 4], per_repetition: 2, controls: 2}\n"
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    first = holdfast(monkeypatch, capsys, "corpus", "run", config, "--out", "made")
    assert first.code == 0, first.err
    private = config.parent / "made.canaries.json"
    assert f"Canaries: 10 rows planted. Private manifest, keep it: {private}" in first.out
    assert holdfast(monkeypatch, capsys, "corpus", "run", config, "--out", "made") == first
    private.unlink()
    gone = holdfast(monkeypatch, capsys, "corpus", "run", config, "--out", "made")
    assert (gone.code, gone.err.count("\n")) == (2, 1)
    assert "the private manifest of the canaries in made is missing" in gone.err
