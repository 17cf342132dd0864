"""`holdfast provenance`: exit codes, what is said, and every mistake in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.unit.cli.commands import Said

from holdfast.provenance import Checked, CorpusDiff, Retraction, RowOrigin, Traced
from holdfast.testing.corpora import make_corpus

Run = Callable[..., Said]
HOST = "h0.site0.example"


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOLDFAST_HISTORY", str(tmp_path / "history.db"))
    make_corpus(tmp_path / "corpus")
    return tmp_path / "corpus"


def test_show_says_where_a_row_came_from_and_never_its_text(run: Run, corpus: Path) -> None:
    said = run("provenance", "show", corpus, "0:5")
    assert said.code == 0
    assert "url      https://h3.site3.example/125" in said.out
    assert "number 125" not in said.out
    (row,) = msgspec.json.decode(run("provenance", "show", corpus, "0:5", "--json").out, type=tuple[RowOrigin, ...])
    assert (row.host, row.intact) == ("h3.site3.example", True)
    assert run("provenance", "show", corpus, "--digest", row.digest, "--json").out == run("provenance", "show", corpus, "0:5", "--json").out


def test_trace_is_a_question_and_ends_with_0(run: Run, corpus: Path) -> None:
    assert run("provenance", "used", "our-model", corpus).code == 0
    said = run("provenance", "trace", corpus, "site0.example")
    assert said.code == 0
    assert "118 rows in 4 shards of sample, 10 more left out of it" in said.out
    assert "1 model to look at again" in said.out
    found = msgspec.json.decode(run("provenance", "trace", corpus, "site0.example", "--json").out, type=Traced)
    assert (found.holding.rows, found.models[0].reference) == (118, "our-model")


def test_retract_ends_with_4_where_models_wait_and_0_where_none_does(run: Run, corpus: Path, tmp_path: Path) -> None:
    assert run("provenance", "retract", corpus, HOST, "--plan").code == 0
    assert not (tmp_path / "new").exists()
    run("provenance", "used", "our-model", corpus)
    said = run("provenance", "retract", corpus, HOST, "--plan")
    assert (said.code, "Nothing was written" in said.out) == (4, True)
    said = run("provenance", "retract", corpus, HOST, "--out", tmp_path / "new", "--why", "poisoned", "--markdown", tmp_path / "r.md")
    assert said.code == 4
    assert "27 rows taken out, and 3 of those left out earlier." in said.out
    assert "| our-model | not taken | 27 |" in (tmp_path / "r.md").read_text(encoding="utf-8")
    again = run("provenance", "retract", corpus, HOST, "--out", tmp_path / "new", "--why", "poisoned", "--json")
    done = msgspec.json.decode(again.out, type=Retraction)
    assert done.written is not None
    assert (done.written.rows, done.why) == (27, "poisoned")
    changed = msgspec.json.decode(run("provenance", "diff", corpus, tmp_path / "new", "--json").out, type=CorpusDiff)
    assert (changed.gone, changed.come, changed.why) == (27, 0, "poisoned")
    assert "27 gone (books 14, crawl 13), 0 come" in run("provenance", "diff", corpus, tmp_path / "new").out


def test_verify_ends_with_3_and_names_the_file(run: Run, corpus: Path) -> None:
    assert run("provenance", "verify", corpus, "--texts").code == 0
    path = corpus / "shards/00002.jsonl.zst"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    said = run("provenance", "verify", corpus)
    assert (said.code, "changed  shards/00002.jsonl.zst: " in said.out) == (3, True)
    found = msgspec.json.decode(run("provenance", "verify", corpus, "--json").out, type=Checked)
    assert [problem.file for problem in found.problems] == ["shards/00002.jsonl.zst"]
    assert run("provenance", "verify", corpus, "-q").out == "1 problem\n"


def test_papers_are_written_where_they_belong(run: Run, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "rai.yaml").write_text("dataBiases: [one crawl]\n", encoding="utf-8")
    said = run("provenance", "croissant", corpus, "--add", tmp_path / "rai.yaml")
    assert (said.code, "which rows are canaries" in said.err) == (0, True)
    assert json.loads((corpus / "croissant.json").read_bytes())["rai:dataBiases"] == ["one crawl"]
    assert json.loads(run("provenance", "bom", corpus).out)["bomFormat"] == "CycloneDX"
    assert run("provenance", "statement", corpus, "-o", tmp_path / "s.json").code == 0
    assert json.loads((tmp_path / "s.json").read_bytes())["predicateType"].startswith("https://slsa.dev/provenance")
    assert run("provenance", "verify", corpus).code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "CORPUS"), "expected one of ROW, --text and --digest"),
        (("show", "CORPUS", "0:1", "--text", "x"), "expected one of ROW, --text and --digest"),
        (("show", "CORPUS", "9:1"), "is no shard of 'sample'"),
        (("trace", "CORPUS", "nobody.example"), "is no source or host or author"),
        (("trace", "nowhere", "x"), "expected a corpus that `holdfast corpus run` wrote"),
        (("trace", "CORPUS", "crawl", "--models", "nowhere"), "expected a folder of trained models"),
        (("retract", "CORPUS", "crawl"), "expected --out FOLDER for the new version, or --plan"),
        (("retract", "CORPUS", "crawl", "--out", "x", "--plan"), "one of them"),
        (("retract", "CORPUS", "crawl", "--out", "x", "--markdown", "no/where.md"), "no/where.md: cannot be written"),
        (("retract", "CORPUS", "crawl", "--out", "CORPUS"), "needs a folder of its own"),
        (("retract", "CORPUS", "crawl", "--out", "CORPUS/new"), "lies inside the corpus"),
        (("verify", "CORPUS", "--signature", "x"), "--signature and --key go together"),
        (("diff", "CORPUS", "nowhere"), "expected a corpus"),
        (("croissant", "CORPUS", "--add", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (("croissant", "CORPUS", "--out", "no/where.json"), "cannot be written"),
        (("sign", "CORPUS", "--key", "k", "--password-env", "NOT_SET_ANYWHERE"), "there is no such environment variable"),
        (("used", "m", "CORPUS", "--shards", "77"), "is no shard"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = run("provenance", *(word.replace("CORPUS", str(corpus)) for word in words))
    assert (said.code, sentence in said.err) == (2, True), said.err
    assert "Traceback" not in said.err


def test_a_hostile_name_is_shown_and_steers_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HISTORY", str(tmp_path / "history.db"))
    hostile = "\x1b[2J[bold]x|<script>"
    make_corpus(tmp_path / "corpus", sources=(hostile, "books"))
    said = run("provenance", "retract", tmp_path / "corpus", hostile, "--plan", "--markdown", tmp_path / "r.md")
    assert said.code == 0
    assert "[U+001B][2J[bold]x|<script>" in said.out
    text = (tmp_path / "r.md").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "\x1b" not in said.out + text
