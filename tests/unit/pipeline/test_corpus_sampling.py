"""A sample audit from a file of documents to the page, and back with people's labels."""

from __future__ import annotations

import json
import random
import stat
from pathlib import Path

import pytest

from holdfast.core import InputError, RunFolderError
from holdfast.corpus.sampling.facts import SampleSpec
from holdfast.pipeline.corpus_sampling import audit_sample

WORDS = (
    "the",
    "river",
    "and",
    "a",
    "stone",
    "of",
    "window",
    "in",
    "garden",
    "that",
    "paper",
    "was",
    "silver",
    "with",
    "morning",
    "it",
    "as",
)
SECRET = "<script>alert(1)</script>"


def crawl(path: Path) -> Path:
    """Write 300 documents: every tenth with an e-mail address, one with markup."""
    rng = random.Random(0)
    lines = []
    for number in range(300):
        text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(60, 90))).capitalize() + "."
        text += f" Write to anna{number}.meyer@firm-mail.net." if number % 10 == 0 else ""
        lines.append(json.dumps({"text": text + (f" {SECRET}" if number == 5 else ""), "url": f"https://h.example/{number}"}) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_an_audit_estimates_and_labels_come_back(tmp_path: Path) -> None:
    data, run = crawl(tmp_path / "crawl.jsonl"), tmp_path / "run"
    spec = SampleSpec(given=str(data), n=120, seed=1)
    audit = audit_sample(spec, run)
    found = {(one.defect, one.source): one for one in audit.estimates}
    personal = found["detector: personal-data", "all"]
    assert personal.low <= 0.1 <= personal.high
    assert 0 < personal.hits < 30
    assert found["detector: mojibake", "all"].hits == 0 < found["detector: mojibake", "all"].high
    assert (audit.exact, audit.documents) == (True, 300)
    rows = [json.loads(line) for line in (run / "sample.jsonl").read_text(encoding="utf-8").splitlines()]
    assert stat.S_IMODE((run / "sample.jsonl").stat().st_mode) == 0o600
    assert sum(row["weight"] for row in rows) == pytest.approx(300)
    assert sum("detector: personal-data" in row["found"] for row in rows) == personal.hits
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "detector: personal-data" in page
    assert "firm-mail" not in page
    assert SECRET not in page

    labels = tmp_path / "labels.jsonl"
    given = [{"id": row["id"], "label": "long" if len(row["text"]) > 400 else "none"} for row in rows[:60]]
    labels.write_text("".join(json.dumps(one) + "\n" for one in given), encoding="utf-8")
    again = audit_sample(SampleSpec(given=str(data), n=120, seed=1, labels=labels), run)
    assert again.estimates == audit.estimates
    assert again.labelled_rows == 60
    assert [(one.defect, one.n) for one in again.labelled] == [("long", 60)]
    assert "long" in (run / "report.html").read_text(encoding="utf-8")


def test_the_rows_are_given_out_and_brought_back_in_the_same_file(tmp_path: Path) -> None:
    data, run = crawl(tmp_path / "crawl.jsonl"), tmp_path / "run"
    audit_sample(SampleSpec(given=str(data), n=120), run)
    rows = [json.loads(line) for line in (run / "sample.jsonl").read_text(encoding="utf-8").splitlines()]
    for place, row in enumerate(rows[:10]):
        row["label"] = [["spam", "ads"], "none"][place % 2]
    # In place, as people do: it is read as the sample and as its labels.
    (run / "sample.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    audit = audit_sample(SampleSpec(given=str(data), n=120, labels=run / "sample.jsonl"), run)
    assert audit.labelled_rows == 10
    assert [(one.defect, one.hits, one.n) for one in audit.labelled] == [("ads", 5, 10), ("spam", 5, 10)]
    # What was found is kept by places.
    (run / "sample.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:10]), encoding="utf-8")
    with pytest.raises(RunFolderError, match="removed, moved or changed"):
        audit_sample(SampleSpec(given=str(data), n=120), run)
    (run / "sample.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(RunFolderError, match="is not as it was drawn"):
        audit_sample(SampleSpec(given=str(data), n=120), run)


def test_a_folder_of_another_sample_is_not_taken(tmp_path: Path) -> None:
    data, run = crawl(tmp_path / "crawl.jsonl"), tmp_path / "run"
    audit_sample(SampleSpec(given=str(data), n=40), run)
    with pytest.raises(RunFolderError, match="another run"):
        audit_sample(SampleSpec(given=str(data), n=41), run)
    with pytest.raises(InputError, match="--confidence"):
        audit_sample(SampleSpec(given=str(data), confidence=95), tmp_path / "other")


def test_a_sample_of_slices_is_written_and_taken_up_again(tmp_path: Path) -> None:
    data, run = tmp_path / "crawl.jsonl", tmp_path / "run"
    data.write_text("".join(json.dumps({"text": f"document {number} {'x ' * 500}"}) + "\n" for number in range(12_000)), encoding="utf-8")
    spec = SampleSpec(given=str(data), n=40, budget=1 << 20)
    audit = audit_sample(spec, run)
    assert audit.sources[0].design == "two stages"
    rows = [json.loads(line) for line in (run / "sample.jsonl").read_text(encoding="utf-8").splitlines()]
    whole = data.read_bytes()
    for row in rows:
        begins = whole[row["offset"] :] if row["line"] is None else whole.split(b"\n")[row["line"] - 1]
        assert json.loads(begins.split(b"\n", 1)[0])["text"] == row["text"]
    assert any(row["line"] is None for row in rows)
    assert audit_sample(spec, run) == audit
