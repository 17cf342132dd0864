"""Canaries in a corpus that was really run."""

from __future__ import annotations

import json
from pathlib import Path

from holdfast.canaries import manifest_digest, read_manifest
from holdfast.corpus.documents import place_of, shard_of
from holdfast.corpus.result import CorpusResult
from holdfast.corpus.run import run_corpus
from holdfast.corpus.running import EngineSettings
from holdfast.corpus.spec import CanarySettings, CorpusSpec, OutputSettings, SourceSpec

WORDS = [f"{one}{other}" for one in "abcdefgh" for other in "klmnop"]
SECRET_SEED = 7_654_321


def run(tmp_path: Path, name: str) -> tuple[CorpusResult, list[list[str]]]:
    """Run a corpus of three shards with canaries of its own words."""
    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    for number in range(3):
        rows = [
            " ".join(WORDS[(number + row + place) % len(WORDS)] for place in range(row % 7 + 5)) + f" {number} {row}" for row in range(40)
        ]
        (data / f"{number}.jsonl").write_text("".join(json.dumps({"text": row}) + "\n" for row in rows), encoding="utf-8")
    spec = CorpusSpec(
        name="small",
        sources=tuple(SourceSpec(name=f"s{number}", path=str(data / f"{number}.jsonl")) for number in range(3)),
        canaries=CanarySettings(formats=("words=4", "digits"), repetitions=(1, 8), per_repetition=2, controls=2, seed=SECRET_SEED),
        output=OutputSettings(format="jsonl"),
    )
    out = tmp_path / name
    result = run_corpus(spec, out, command="", version="0", engine=EngineSettings("plain", None, None, lambda *told: None))
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
