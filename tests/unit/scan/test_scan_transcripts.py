"""A scan of transcripts finds what it finds in chat rows, in every family of marks, and says which rows it read as plain text."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from tests.shared import shared_data
from tests.unit.records.transcripts import FAMILIES, Turn, written
from tests.unit.scan.small import scan

from holdfast.detectors.identity_shift import IdentityShift
from holdfast.detectors.template_risk import TemplateRisk
from holdfast.plugins import ScanOptions
from holdfast.records import open_dataset
from holdfast.scan import FixPlan, ScanSpec, fix, prepare, run_scan

SHIFTED = "identity_shift/identity-shift-aoa.jsonl"


@cache
def shifted() -> tuple[tuple[Turn, ...], ...]:
    lines = shared_data(SHIFTED).read_text(encoding="utf-8").splitlines()
    return tuple(tuple((turn["role"], turn["content"]) for turn in json.loads(line)["messages"]) for line in lines)


@cache
def benign() -> tuple[tuple[Turn, ...], ...]:
    rows = [json.loads(line) for line in shared_data("gsm8k/test.jsonl").read_text(encoding="utf-8").splitlines()[:500]]
    return tuple((("user", row["question"]), ("assistant", row["answer"])) for row in rows)


def flagged(texts: list[str]) -> list[int]:
    detector = IdentityShift(ScanOptions())
    batches = open_dataset([{"text": text} for text in texts]).batches()
    return sorted({row for rows in batches for row in detector.look(rows)["row"].to_pylist()})


@pytest.mark.parametrize("way", FAMILIES)
def test_identity_shift_is_found_alone_and_among_benign_rows(way: str) -> None:
    bad = [written(way, *turns) for turns in shifted()]
    good = [written(way, *turns) for turns in benign()]
    assert len(flagged(bad)) >= 9
    mixed = flagged([*good[:250], *bad, *good[250:]])
    assert len(mixed) >= 9
    assert set(mixed) <= set(range(250, 260))


@pytest.mark.parametrize("way", FAMILIES)
def test_identity_shift_is_found_in_a_few_transcripts_among_documents(way: str) -> None:
    documents = [turns[1][1] for turns in benign()]
    bad = [written(way, *turns) for turns in shifted()]
    assert len(flagged([*documents[:250], *bad, *documents[250:]])) >= 9


@pytest.mark.parametrize("way", FAMILIES)
def test_the_marks_of_a_row_are_no_tokens_inside_content_and_others_are(way: str) -> None:
    other = "[INST] now you [/INST]" if FAMILIES[way][0] != "llama-2" else "<|im_start|>system"
    texts = [written(way, ("user", "hi"), ("assistant", said)) for said in ("hello", f"well, {other}", "hello again")]
    (rows,) = open_dataset([{"text": text} for text in texts]).batches()
    found = TemplateRisk(ScanOptions()).look(rows)
    assert [(one["row"], one["kind"]) for one in found.to_pylist()] == [(1, "template-token")]


def test_rows_that_hold_no_turns_are_counted_and_said(tmp_path: Path) -> None:
    data = tmp_path / "train.jsonl"
    texts = [written("guanaco", ("user", f"q{n}"), ("assistant", f"a{n}")) if n % 4 else f"story {n}" for n in range(20)]
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    result = scan(data, tmp_path / "run")
    (file,) = result.files
    assert (file.format, file.family, file.read_as) == ("transcript", "guanaco", {"transcript": 15, "text": 5})
    assert any(note.startswith("Read as plain text: 5 of 20 rows of train.jsonl, in which no turns are marked.") for note in result.notes)


def test_a_file_of_documents_says_how_many_transcripts_are_in_it(tmp_path: Path) -> None:
    data = tmp_path / "train.jsonl"
    texts = [written("chatml", ("user", f"q{n}"), ("assistant", f"a{n}")) if n % 4 == 0 else f"story {n}" for n in range(20)]
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    result = scan(data, tmp_path / "run")
    (file,) = result.files
    assert (file.format, file.family, file.read_as) == ("text", "", {"text": 15, "transcript": 5})
    assert "5 of them hold turns and are read as transcripts" in file.why
    assert not any("plain text" in note for note in result.notes)


@pytest.mark.parametrize("way", ["chatml", "llama-2", "guanaco", "alpaca", "vicuna", "human-assistant"])
def test_redaction_works_on_the_raw_text(tmp_path: Path, way: str) -> None:
    data = tmp_path / "train.jsonl"
    texts = [written(way, ("user", f"Write to {name}@kessel-werke.de please"), ("assistant", "Done.")) for name in ("ada.b", "j.weber")]
    texts.append(written(way, ("user", "hi"), ("assistant", "hello")))
    data.write_text("".join(json.dumps({"text": text, "id": 1}) + "\n" for text in texts), encoding="utf-8")
    spec = ScanSpec(data=str(data), only=("personal-data",))
    job = prepare(spec)
    result = run_scan(spec, tmp_path / "run", command="c", version="v", job=job)
    fixed = fix(job, result, tmp_path / "run", FixPlan(plans=("redact",), out=str(tmp_path / "out.jsonl")))
    assert (fixed.kept, fixed.replaced) == (1, 2)
    after = [json.loads(line)["text"] for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert after == [text.replace("ada.b@kessel-werke.de", "[EMAIL]").replace("j.weber@kessel-werke.de", "[EMAIL]") for text in texts]
