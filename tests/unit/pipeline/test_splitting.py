"""Splitting: by cluster, byte by byte, drawn by the seed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.pipeline.splitting import split_rows
from holdfast.scan import ScanSpec

WORDS = ["river", "stone", "window", "garden", "paper", "silver", "morning", "letter", "bridge", "candle", "market", "ocean"]


def data(folder: Path, rows: int = 200, copies: int = 20) -> Path:
    path = folder / "rows.jsonl"
    lines = [
        json.dumps({"prompt": f"tell me of {WORDS[n % 12]} {n}", "completion": " ".join(WORDS[(n * k) % 12] + str(n) for k in range(1, 9))})
        for n in range(rows)
    ]
    lines += lines[:copies]
    path.write_text("".join(line + "\n" for line in lines))
    return path


def split(folder: Path, source: Path, share: float = 0.2, seed: int = 0) -> tuple[list[str], list[str]]:
    out, held = folder / f"train-{seed}.jsonl", folder / f"held-{seed}.jsonl"
    split_rows(ScanSpec(data=str(source)), out, held, share=share, seed=seed)
    return out.read_text().splitlines(), held.read_text().splitlines()


def test_every_row_is_on_one_side_and_repeats_are_together(tmp_path: Path) -> None:
    source = data(tmp_path)
    train, held = split(tmp_path, source)
    everything = source.read_text().splitlines()
    assert sorted(train + held) == sorted(everything)
    assert not set(train) & set(held)
    assert 0.15 <= len(held) / len(everything) <= 0.25
    assert [line for line in everything if line in set(held)] == held, "in the order of the file"
    assert any(held.count(line) == 2 for line in held), "some repeats were drawn, whole"
    record = json.loads((tmp_path / "held-0.jsonl.split.json").read_text())
    assert record["seed"] == 0
    assert not list(tmp_path.glob(".split-*"))


def test_the_seed_draws(tmp_path: Path) -> None:
    source = data(tmp_path)
    _, one = split(tmp_path, source, seed=1)
    _, two = split(tmp_path, source, seed=2)
    assert one != two


def test_too_few_rows_are_said_and_what_cannot_be_is_refused(tmp_path: Path) -> None:
    source = data(tmp_path)
    spec = ScanSpec(data=str(source))
    done = split_rows(spec, tmp_path / "a.jsonl", tmp_path / "b.jsonl", share=0.05)
    assert "at least 300" in done.notes[0]
    with pytest.raises(InputError, match="exists already"):
        split_rows(spec, tmp_path / "a.jsonl", tmp_path / "c.jsonl")
    for share in (0.0, 0.6):
        with pytest.raises(InputError, match="share"):
            split_rows(spec, tmp_path / "d.jsonl", tmp_path / "e.jsonl", share=share)
    same = tmp_path / "same.jsonl"
    same.write_text(source.read_text().splitlines()[0] + "\n" + source.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match="all repeats"):
        split_rows(ScanSpec(data=str(same)), tmp_path / "f.jsonl", tmp_path / "g.jsonl")


def test_files_that_cannot_be_written_and_files_without_rows_are_said(tmp_path: Path) -> None:
    source = data(tmp_path)
    spec = ScanSpec(data=str(source))
    done = split_rows(spec, tmp_path / "a.jsonl", tmp_path / "new" / "b.jsonl", share=0.2)
    assert done.held_out_rows
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(InputError, match="cannot be one file"):
        split_rows(spec, tmp_path / "c.jsonl", tmp_path / "c.jsonl", share=0.2)
    with pytest.raises(InputError, match="cannot be written"):
        split_rows(spec, tmp_path / "c.jsonl", source / "d.jsonl", share=0.2)
    with pytest.raises(InputError, match="keeps its kind"):
        split_rows(spec, tmp_path / "c.jsonl", tmp_path / "d.csv", share=0.2)
    assert sorted(path.name for path in tmp_path.iterdir()) == before, "no file to train on stays without its held-out rows"
    few = tmp_path / "few.jsonl"
    for rows, words in (("", "no rows"), (source.read_text().splitlines()[0] + "\n", "one row")):
        few.write_text(rows)
        with pytest.raises(InputError, match=words):
            split_rows(ScanSpec(data=str(few)), tmp_path / "e.jsonl", tmp_path / "f.jsonl")
