"""Duplicates in a whole corpus run: what is kept, what is put aside, and which document each of those repeats."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from holdfast.corpus.run import run_corpus
from holdfast.corpus.running import EngineSettings
from holdfast.corpus.spec import CorpusSpec, DuplicateSettings, OutputSettings, SignalSettings, SourceSpec

QUIET = SignalSettings(bursts=False, hosts=False, triggers=False, dump_edits=False)


def texts_of(folder: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for path in sorted((folder / name).glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_repeated_document_names_the_one_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    draw = random.Random(0)
    first = [f"word{draw.randrange(10_000)}" for _ in range(300)]
    near = [*first[:150], "another", *first[151:]]
    told = [" ".join(f"word{draw.randrange(10_000)}" for _ in range(40)) for _ in range(3)]
    banner = "this line is on every page of it"
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": " ".join(first)}) + "\n", encoding="utf-8")
    others = [" ".join(near), " ".join(first).upper(), *(f"{banner}\n{said}" for said in told)]
    (tmp_path / "b.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in others), encoding="utf-8")
    spec = CorpusSpec(
        name="copies",
        sources=(SourceSpec(name="a", path=str(tmp_path / "a.jsonl")), SourceSpec(name="b", path=str(tmp_path / "b.jsonl"))),
        duplicates=DuplicateSettings(lines=2),
        signals=QUIET,
        output=OutputSettings(format="jsonl"),
    )
    out = tmp_path / "corpus"
    result = run_corpus(spec, out, command="test", version="1", engine=EngineSettings("plain"))
    aside = texts_of(out, "rejected")
    origins = parquet.read_table(next((out / "provenance").glob("00000.parquet"))).to_pylist()
    assert [row["text"] for row in texts_of(out, "shards")] == [" ".join(first), f"{banner}\n{told[0]}", *told[1:]]
    assert [(row["reason"], row["repeats"]) for row in aside] == [("duplicate: near", origins[0]["document"]), ("duplicate: exact", 0)]
    assert aside[0]["similarity"] == pytest.approx(291 / 301, abs=1e-6)
    assert (result.duplicates["exact"], result.duplicates["near"], result.duplicates["lines cut"]) == (1, 1, 2)
