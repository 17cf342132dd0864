"""What a run may write where: not among the documents that it reads, and measures only where measures lie."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from holdfast.core import InputError
from holdfast.corpus.apart import check_apart, measures_of
from holdfast.corpus.run import run_corpus
from holdfast.corpus.running import EngineSettings
from holdfast.corpus.sampling.facts import SampleSpec
from holdfast.corpus.spec import CorpusSpec, SourceSpec
from holdfast.pipeline.corpus_sampling import audit_sample


@pytest.fixture
def crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    folder = tmp_path / "crawl"
    folder.mkdir()
    rows = [{"text": f"A document with the number {n}. It has two sentences."} for n in range(20)]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def go(path: Path | str, out: Path, *, measures: Path | None = None, **given: object) -> None:
    spec = msgspec.convert({"name": "x", "sources": [{"name": "web", "path": str(path)}], **given}, CorpusSpec)
    run_corpus(spec, out, command="", version="0", engine=EngineSettings("plain", 1), measures=measures)


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_run_writes_nothing_into_its_sources(crawl: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(crawl)
    (tmp_path / "elsewhere").mkdir()
    (crawl / "door").symlink_to(tmp_path / "elsewhere")
    before = listed(tmp_path)
    for source, out in (
        (crawl, crawl),
        (crawl, crawl / "out"),
        (crawl, tmp_path / "link" / "out"),
        (tmp_path / "link", crawl / "deep" / "out"),
        (crawl, crawl / "door"),
        (f"{tmp_path}/**/*.jsonl", tmp_path / "made"),
    ):
        with pytest.raises(InputError, match=r"--out .* lies inside source 'web'"):
            go(source, out)
    with pytest.raises(InputError, match=r"canaries\.manifest .* lies inside"):
        go(crawl, tmp_path / "made", canaries={"manifest": str(crawl / "m.json")})
    with pytest.raises(InputError, match=r"--run .* lies inside"):
        audit_sample(SampleSpec(given=str(crawl), n=5), crawl / "sample")
    assert listed(tmp_path) == before


def test_a_file_beside_what_is_written_is_a_source(crawl: Path) -> None:
    for name, source in (("one", crawl / "a.jsonl"), ("two", f"{crawl}/*.jsonl"), ("three", f"{crawl}/[a-c].jsonl")):
        go(source, crawl / name)
        assert (crawl / name / "corpus.json").is_file()


@pytest.mark.parametrize(
    ("source", "path", "folder", "read"),
    [
        ("d/*/x.jsonl", "d/out", True, True),
        ("d/*/x.jsonl", "d/y.json", False, False),
        ("d/*.json", "d/out.canaries.json", False, True),
        ("d/*.jsonl", "d/out.canaries.json", False, False),
        ("d/**", "d/e/m.json", False, True),
        ("d/part-*/x.jsonl", "d/out", True, False),
        ("nowhere", "nowhere/out", True, False),
        ("s3://bucket/d", "d/out", True, False),
        ("hub:d/e@1", "d/e/out", True, False),
    ],
)
def test_globs_read_what_they_match(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, path: str, *, folder: bool, read: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    places, sources = {"--out": (Path(path), folder)}, [SourceSpec(name="web", path=source)]
    if read:
        with pytest.raises(InputError, match="would be read as data"):
            check_apart(places, sources)
    else:
        check_apart(places, sources)


def test_measures_are_taken_from_an_earlier_run_and_written_nowhere_else(crawl: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    go(crawl, first)
    assert measures_of(first) == measures_of(first / "measures") == first / "measures"
    go(crawl, tmp_path / "second", measures=first, seed=1)
    assert not (tmp_path / "second" / "measures").exists()
    before = listed(tmp_path)
    wrong = {crawl: "another folder", tmp_path / "no": "nothing", crawl / "a.jsonl": "a file", first / "shards": "another folder"}
    for path, came in wrong.items():
        with pytest.raises(InputError, match=f"--measures .*expected the measures of an earlier run .*found .*{came}"):
            go(crawl, tmp_path / "third", measures=path, seed=2)
    assert listed(tmp_path) == before
