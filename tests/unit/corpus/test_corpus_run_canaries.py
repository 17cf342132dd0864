"""Canaries in a corpus that was really run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from holdfast.canaries import manifest_digest, read_manifest
from holdfast.core import InputError
from holdfast.corpus.documents import place_of, shard_of
from holdfast.corpus.result import CorpusResult
from holdfast.corpus.running import EngineSettings
from holdfast.corpus.spec import CanarySettings, CorpusSpec, OutputSettings, SourceSpec
from holdfast.corpus.writing import WriteShard
from holdfast.pipeline.corpus_running import run_corpus_and_show

WORDS = [f"{one}{other}" for one in "abcdefgh" for other in "klmnop"]
SECRET_SEED = 7_654_321


def spec_of(tmp_path: Path, seed: int | None) -> CorpusSpec:
    return CorpusSpec(
        name="small",
        sources=tuple(SourceSpec(name=f"s{number}", path=str(tmp_path / "data" / f"{number}.jsonl")) for number in range(3)),
        canaries=CanarySettings(formats=("words=4", "digits"), repetitions=(1, 8), per_repetition=2, controls=2, seed=seed),
        output=OutputSettings(format="jsonl"),
    )


def run(tmp_path: Path, name: str, seed: int | None = SECRET_SEED) -> tuple[CorpusResult, list[list[str]]]:
    """Run a corpus of three shards with canaries of its own words."""
    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    for number in range(3):
        rows = [
            " ".join(WORDS[(number + row + place) % len(WORDS)] for place in range(row % 7 + 5)) + f" {number} {row}" for row in range(40)
        ]
        # A file that is written anew is another one to a run that goes on.
        if not (data / f"{number}.jsonl").exists():
            (data / f"{number}.jsonl").write_text("".join(json.dumps({"text": row}) + "\n" for row in rows), encoding="utf-8")
    out = tmp_path / name
    result = run_corpus_and_show(
        spec_of(tmp_path, seed), out, command="", version="0", engine=EngineSettings("plain", None, None, lambda *told: None)
    )
    texts = [
        [json.loads(line)["text"] for line in (out / shard.name).read_text(encoding="utf-8").splitlines()]
        for shard in result.version.shards
    ]
    return result, texts


def test_copies_survive_deduplication_and_stand_where_the_manifest_says(tmp_path: Path) -> None:
    result, texts = run(tmp_path, "corpus")
    manifest = read_manifest(tmp_path / "corpus.canaries.json")
    assert result.version.canaries == manifest_digest(manifest)
    for canary in manifest.canaries:
        assert sum(shard.count(canary.text) for shard in texts) == canary.repetitions
        assert all(texts[shard_of(number)][place_of(number)] == canary.text for number in canary.rows)
    assert all(word in WORDS for canary in manifest.canaries if canary.format == "words" for word in canary.secret.split())


def test_the_corpus_folder_tells_neither_the_secrets_nor_the_seed(tmp_path: Path) -> None:
    run(tmp_path, "corpus")
    manifest = read_manifest(tmp_path / "corpus.canaries.json")
    secrets = [str(SECRET_SEED), *(canary.secret for canary in (*manifest.canaries, *manifest.controls))]
    told = [path for path in (tmp_path / "corpus").rglob("*") if path.is_file() and "shards" not in path.parts]
    assert told
    for path in told:
        text = path.read_bytes().decode("utf-8", "replace")
        assert [secret for secret in secrets if secret in text] == [], path


def test_a_second_run_of_the_same_corpus_has_the_same_canaries(tmp_path: Path) -> None:
    _, first = run(tmp_path, "corpus")
    (tmp_path / "corpus.canaries.json").rename(tmp_path / "first.json")
    (tmp_path / "corpus").rename(tmp_path / "old")
    _, second = run(tmp_path, "corpus")
    assert first == second
    assert read_manifest(tmp_path / "first.json") == read_manifest(tmp_path / "corpus.canaries.json")


def test_without_a_seed_a_secret_one_is_drawn_that_only_the_manifest_holds(tmp_path: Path) -> None:
    _, texts = run(tmp_path, "corpus", None)
    manifest = read_manifest(tmp_path / "corpus.canaries.json")
    for path in (path for path in (tmp_path / "corpus").rglob("*") if path.is_file()):
        assert str(manifest.seed) not in path.read_bytes().decode("utf-8", "replace"), path
    assert run(tmp_path, "corpus", None)[1] == texts
    _, others = run(tmp_path, "other", None)
    assert not {one.secret for one in manifest.canaries} & {one.secret for one in read_manifest(tmp_path / "other.canaries.json").canaries}
    assert others != texts


def test_a_run_that_goes_on_needs_the_manifest_with_which_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written, private = WriteShard.__call__, tmp_path / "corpus.canaries.json"

    def killed(self: WriteShard, item: tuple[int, int]) -> Mapping[str, pa.Table]:
        if item[0] == 2:
            raise KeyboardInterrupt
        return written(self, item)

    monkeypatch.setattr(WriteShard, "__call__", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "corpus", None)
    monkeypatch.setattr(WriteShard, "__call__", written)
    private.rename(tmp_path / "kept.json")
    with pytest.raises(InputError, match="this run began to write its shards is missing"):
        run(tmp_path, "corpus", None)
    assert not private.exists(), "no other canaries are drawn"
    (tmp_path / "kept.json").rename(private)
    result, texts = run(tmp_path, "corpus", None)
    manifest = read_manifest(private)
    assert result.version.canaries == manifest_digest(manifest)
    for canary in manifest.canaries:
        assert sum(shard.count(canary.text) for shard in texts) == canary.repetitions


def test_a_finished_corpus_without_its_manifest_says_so(tmp_path: Path) -> None:
    run(tmp_path, "corpus", None)
    private = tmp_path / "corpus.canaries.json"
    run(tmp_path, "other", None)
    data = private.read_bytes()
    private.unlink()
    with pytest.raises(InputError, match=r"corpus.canaries.json: the private manifest of the canaries in .* is missing"):
        run(tmp_path, "corpus", None)
    (tmp_path / "other.canaries.json").rename(private)
    with pytest.raises(InputError, match="is not the manifest of the canaries"):
        run(tmp_path, "corpus", None)
    private.write_bytes(data)
    run(tmp_path, "corpus", None)
