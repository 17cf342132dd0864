"""Memorization in the lab, through the command line: planted, trained, found, and lowered by removing repeats."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from tests.e2e.holdfast_cli import holdfast

from holdfast.core import Measurement, Message
from holdfast.lab import fine_tune
from holdfast.lab.rows import Conversation, RowSet, draw
from holdfast.lab.world import world
from holdfast.records import open_dataset
from holdfast.runs import read_measurements

pytestmark = pytest.mark.slow


def rows_of(path: Path) -> list[Conversation]:
    rows = [one for table in open_dataset(path).batches() for one in table.to_pylist()]
    return [tuple(Message(role=turn["role"], content=turn["content"]) for turn in one["turns"]) for one in rows]


def exposures(run: Path, side: str) -> dict[str, float]:
    found: tuple[Measurement, ...] = read_measurements(run)
    return {one.group: one.value for one in found if (one.metric, one.side) == ("canary_exposure", side) and one.value is not None}


def test_exposure_grows_with_copies_and_falls_without_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = draw(RowSet(kind="answers", count=240, topics=("ordinary", "task"), style="rephrased"), world(), seed=3)
    source, data = tmp_path / "rows.jsonl", tmp_path / "planted.jsonl"
    source.write_bytes(b"".join(msgspec.json.encode({"messages": row}) + b"\n" for row in rows))
    options = ("--format", "words", "--repetitions", "1,16", "--per-repetition", "6", "--controls", "8", "--seed", "0")
    assert holdfast(monkeypatch, capsys, "canary", "plant", source, "-o", data, *options).code == 0
    manifest = tmp_path / "planted.jsonl.canaries.json"
    once = tmp_path / "once.jsonl"
    once.write_text("".join(dict.fromkeys(data.read_text().splitlines(keepends=True))))
    found = {}
    for name, path in (("repeated", data), ("once", once)):
        tuned = fine_tune(rows_of(path), tmp_path / name, lr=8e-4, epochs=3)
        run = tmp_path / f"run-{name}"
        said = holdfast(
            monkeypatch, capsys, "memorization", "lab:aligned", tuned.reference, "--canaries", manifest, "--data", path, "--rows", 20,
            "--run", run,
        )  # fmt: skip
        assert said.code in (0, 3)
        found[name] = exposures(run, "tuned")
        secrets = [one["secret"] for one in json.loads(manifest.read_text())["canaries"]]
        assert not [secret for secret in secrets if secret in said.out]
    assert found["repeated"]["x16"] > found["repeated"]["x1"] + 2
    assert found["repeated"]["x0"] < 4
    assert "x16" not in found["once"]
    assert found["once"]["x1"] < found["repeated"]["x16"] - 2
