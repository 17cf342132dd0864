"""A whole run: what stays, what goes and why, where each row came from, and what is not done twice."""

from __future__ import annotations

import json
import random
from collections import Counter
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as parquet
import pytest
import zstandard

from holdfast.core import InputError, RunFolderError, digest_file
from holdfast.corpus import measuring
from holdfast.corpus.documents import place_of, shard_of
from holdfast.corpus.duplicates import find_duplicates
from holdfast.corpus.result import CorpusResult, read_result
from holdfast.corpus.run import read_spec, run_corpus
from holdfast.corpus.running import EngineSettings
from holdfast.corpus.sources.cutting import cut
from holdfast.corpus.spec import CorpusSpec, SourceSpec
from holdfast.provenance.versions import read_version, version_id

WORDS = tuple(first + middle + last for first in "bdfgklmnprst" for middle in ("a", "el", "in", "or") for last in ("mo", "na", "rt"))


def text_of(n: int) -> str:
    """Return 60 words that no other number has."""
    draw = random.Random(n)
    words = [draw.choice(WORDS) + draw.choice(WORDS) for _ in range(60)]
    return ". ".join(" ".join(words[at : at + 10]) for at in range(0, 60, 10)) + f". Number {n}."


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "notes").mkdir(parents=True)
    with (folder / "web.jsonl").open("w", encoding="utf-8") as stream:
        for n in range(600):
            text = text_of(n - 300) if n % 50 == 49 and n > 300 else text_of(n)
            if n % 20 == 7:
                text = "too short"
            if n == 33:
                text += " Write to jane.roe@mail-of-jane.net today."
            stream.write(json.dumps({"text": text, "url": f"https://h{n % 9}.example/{n}", "date": f"2024-05-{n % 28 + 1:02}"}) + "\n")
            if n in (5, 400):
                stream.write("{broken\n")
    for n in range(20):
        (folder / f"notes/{n:02}.txt").write_text(text_of(10_000 + n), encoding="utf-8")
    return folder


def spec_of(sources: Path, **changes: Any) -> CorpusSpec:
    given: dict[str, Any] = {
        "name": "small",
        "sources": [
            {"name": "web", "path": str(sources / "web.jsonl"), "date": "date", "licence": "CC0-1.0"},
            {"name": "notes", "path": str(sources / "notes"), "format": "text"},
        ],
        "filters": {"gopher": {"min_words": 20, "min_stop_words": 0}},
        "redact": ["personal-data"],
        "shard_size": 1 << 20,
        "output": {"format": "jsonl"},
    }
    return msgspec.convert({**given, **changes}, CorpusSpec)


def go(spec: CorpusSpec, out: Path, engine: str = "plain", measures: Path | None = None) -> CorpusResult:
    return run_corpus(spec, out, command="holdfast corpus run c.yaml", version="0", engine=EngineSettings(engine, 2), measures=measures)


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut smaller than a user may ask for, so that a small corpus has several shards."""
    monkeypatch.setattr("holdfast.corpus.plan.cut", lambda listings, size: cut(listings, 80_000))
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
        return rows
    data = path.read_bytes()
    data = zstandard.ZstdDecompressor().stream_reader(data).read() if path.suffix == ".zst" else data
    return [json.loads(line) for line in data.splitlines()]


def written(out: Path) -> dict[str, str]:
    """Return the digests of all files but the measures."""
    files = [path for path in out.rglob("*") if path.is_file() and "measures" not in path.parts]
    return {path.relative_to(out).as_posix(): digest_file(path) for path in files}


def test_every_document_ends_in_the_corpus_or_aside_with_its_origin(sources: Path, tmp_path: Path) -> None:
    result = go(spec_of(sources), tmp_path / "out")
    version = read_version(tmp_path / "out")
    kept, gone = Counter[str](), Counter[str]()
    lines = (sources / "web.jsonl").read_text(encoding="utf-8").splitlines()
    for shard in (*version.shards, *version.rejected):
        rows = rows_of(tmp_path / "out" / shard.name)
        origins = parquet.read_table(tmp_path / "out" / shard.provenance).to_pylist()
        assert digest_file(tmp_path / "out" / shard.name) == shard.sha256
        assert digest_file(tmp_path / "out" / shard.provenance) == shard.provenance_sha256
        assert len(rows) == len(origins) == shard.rows
        for place, (row, origin) in enumerate(zip(rows, origins, strict=True)):
            assert origin["row"] == place
            assert origin["digest"] == blake2b(row["text"].encode(), digest_size=16).digest()
            assert origin["reason"] == row.get("reason")
            assert shard_of(origin["document"]) == int(Path(shard.name).name[:5])
            (gone if "reason" in row else kept)[origin["source"]] += 1
            if origin["source"] == "web":
                before = json.loads(lines[origin["line"] - 1])
                assert origin["url"] == before["url"]
                assert origin["date"].date().isoformat() == before["date"]
                assert origin["licence"] == "CC0-1.0"
                assert (before["text"] == row["text"]) == (origin["steps"] == 0)
            else:
                assert (sources / "notes" / origin["file"]).read_text(encoding="utf-8") == row["text"]
    assert kept["web"] + gone["web"] == 600
    assert (kept["notes"], gone["notes"]) == (20, 0)
    reasons = {(one.source, one.reason): one.first for one in result.reasons if one.first}
    assert reasons[("web", "gopher: too few words")] == 30
    assert reasons[("web", "duplicate: exact")] == 6
    assert [(one.name, one.broken) for one in result.sources] == [("web", 2), ("notes", 0)]
    assert sorted(one.line for one in result.broken) == [7, 403]
    assert len(version.shards) > 3


def test_redaction_is_noted_and_leaves_nothing(sources: Path, tmp_path: Path) -> None:
    go(spec_of(sources), tmp_path / "out")
    version = read_version(tmp_path / "out")
    number = next(place for place, step in enumerate(version.steps) if step.name == "redact-personal-data")
    assert version.steps[number].changed == 1
    changed = []
    for shard in version.shards:
        origins = parquet.read_table(tmp_path / "out" / shard.provenance)["steps"].to_pylist()
        rows = rows_of(tmp_path / "out" / shard.name)
        changed += [row["text"] for row, steps in zip(rows, origins, strict=True) if steps & (1 << number)]
    assert len(changed) == 1
    assert "jane.roe" not in changed[0]
    assert "[EMAIL]" in changed[0]


def test_processes_write_what_a_loop_writes(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canaries = {"repetitions": [1, 3], "formats": ["digits"], "seed": 4}
    for engine in ("plain", "processes"):
        out = tmp_path / engine / "out"
        out.parent.mkdir()
        go(spec_of(sources, canaries={**canaries, "manifest": str(out.parent / "m.json")}), out, engine)
    assert written(tmp_path / "plain" / "out") == {**written(tmp_path / "processes" / "out")}


def test_new_thresholds_read_no_text(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = go(spec_of(sources), tmp_path / "first")
    looser = spec_of(sources, filters={"gopher": {"min_words": 2, "min_stop_words": 0}})

    def refuse(*given: object) -> None:
        raise AssertionError("the measuring pass read a text again")

    with monkeypatch.context() as patched:
        patched.setattr(measuring, "read_shard", refuse)
        second = go(looser, tmp_path / "second", measures=tmp_path / "first" / "measures")
        with pytest.raises(AssertionError, match="read a text again"):
            go(spec_of(sources, filters={"c4": {}}), tmp_path / "third", measures=tmp_path / "first" / "measures")
    assert sum(one.kept for one in second.sources) > sum(one.kept for one in first.sources)
    assert written(tmp_path / "second")["corpus.json"] != written(tmp_path / "first")["corpus.json"]
    go(looser, tmp_path / "anew")
    assert version_id(read_version(tmp_path / "anew")) == version_id(read_version(tmp_path / "second"))


def test_a_finished_run_is_read_and_another_one_refused(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of(sources, canaries={"repetitions": [1, 3], "formats": ["digits"], "seed": 4})
    first = go(spec, tmp_path / "out")
    before = written(tmp_path / "out")
    monkeypatch.setattr(measuring, "read_shard", None)
    assert go(spec, tmp_path / "out") == first == read_result(tmp_path / "out")
    assert written(tmp_path / "out") == before
    with pytest.raises(RunFolderError, match="holds another run: seed was 0 and is now 1"):
        go(msgspec.structs.replace(spec, seed=1), tmp_path / "out")


def test_a_file_that_changes_between_the_passes_is_an_error(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(*given: object) -> object:
        data = (sources / "web.jsonl").read_bytes()
        (sources / "web.jsonl").write_bytes(data.replace(b"Number 17.", b"Number 18."))
        return find_duplicates(*given)  # type: ignore[arg-type]  # what the run hands over

    monkeypatch.setattr("holdfast.corpus.run.find_duplicates", change)
    with pytest.raises(InputError, match=r"web.jsonl: the file changed while the run read it"):
        go(spec_of(sources), tmp_path / "out")
    assert not (tmp_path / "out" / "corpus.json").exists()


def test_too_many_broken_documents_stop_the_run_and_can_be_allowed(sources: Path, tmp_path: Path) -> None:
    with (sources / "web.jsonl").open("a", encoding="utf-8") as stream:
        stream.write("[]\n" * 40)
    with pytest.raises(InputError, match=r"sources: web: 42 of 642 documents cannot be read, and 1.0% may be. The first: web.jsonl:7"):
        go(spec_of(sources), tmp_path / "out")
    spec = spec_of(sources)
    allowed = msgspec.structs.replace(spec, sources=(msgspec.structs.replace(spec.sources[0], max_broken=0.1), spec.sources[1]))
    assert go(allowed, tmp_path / "more").sources[0].broken == 42


def test_in_a_small_source_no_more_than_a_tenth_may_be_broken(tmp_path: Path) -> None:
    lines = [json.dumps({"text": text_of(n)}) for n in range(2)]
    (tmp_path / "web.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n", encoding="utf-8")
    spec = CorpusSpec(name="small", sources=(SourceSpec(name="web", path=str(tmp_path / "web.jsonl")),))
    with pytest.raises(InputError, match="sources: web: 1 of 3 documents cannot be read"):
        go(spec, tmp_path / "out")
    allowed = msgspec.structs.replace(spec, sources=(msgspec.structs.replace(spec.sources[0], max_broken=0.5),))
    assert go(allowed, tmp_path / "more").sources[0].documents == 2


@pytest.mark.parametrize(("line", "said"), [("", "and all are empty"), ("{broken\n", "and none can be read; the first: web.jsonl:1: ")])
def test_sources_without_a_document_are_no_clean_corpus(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "web.jsonl").write_text(line, encoding="utf-8")
    spec = CorpusSpec(name="small", sources=(SourceSpec(name="web", path=str(tmp_path / "web.jsonl")),))
    with pytest.raises(InputError, match=f"sources: expected documents in 1 file, {said}"):
        go(spec, tmp_path / "out")
    assert not (tmp_path / "out" / "corpus.json").exists()


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_every_format_holds_the_same_rows(form: str, sources: Path, tmp_path: Path) -> None:
    go(spec_of(sources, output={"format": form}), tmp_path / "out")
    names = [shard.name for shard in read_version(tmp_path / "out").shards]
    assert all(name.endswith(form) for name in names)
    if form != "jsonl.gz":
        texts = [row["text"] for name in names for row in rows_of(tmp_path / "out" / name)]
        assert len(texts) == len(set(texts)) == 584


def test_canaries_stand_where_the_manifest_says(sources: Path, tmp_path: Path) -> None:
    from holdfast.canaries import read_manifest

    result = go(spec_of(sources, canaries={"repetitions": [1, 3], "formats": ["digits"]}), tmp_path / "out")
    manifest = read_manifest(tmp_path / "out.canaries.json")
    texts = {shard.name[7:12]: rows_of(tmp_path / "out" / shard.name) for shard in result.version.shards}
    copies = 0
    for canary in manifest.canaries:
        for row in canary.rows:
            assert texts[f"{shard_of(row):05d}"][place_of(row)]["text"] == canary.text
            copies += 1
    assert copies == result.planted == 2 * (1 + 3)
    planted = [
        origin
        for shard in result.version.shards
        for origin in parquet.read_table(tmp_path / "out" / shard.provenance).to_pylist()
        if origin["source"] == "canary"
    ]
    assert len(planted) == copies
    assert all(origin["document"] is None and origin["url"] is None for origin in planted)


def test_a_date_needs_no_quotes(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("name: x\nsources: [{name: a, path: b, crawled: 2026-11-21}]\nfilters: {c4: }\n", encoding="utf-8")
    spec = read_spec(tmp_path / "c.yaml")
    assert (spec.sources[0].crawled, spec.filters) == ("2026-11-21", {"c4": None})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nsources: []\n", "sources: expected at least one source"),
        ("name: x\nsource: []\n", "unknown field `source`"),
        ("name: [", "c.yaml:1: expected YAML, got a broken file"),
        ("name: x\nname: y\n", "c.yaml:2: .*the key 'name' stands twice"),
        ("- 1\n", "expected the configuration of a corpus run"),
    ],
)
def test_a_configuration_that_is_none_says_where(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_spec(tmp_path / "c.yaml")
