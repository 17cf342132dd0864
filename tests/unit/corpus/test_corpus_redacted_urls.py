"""URLs of a corpus that is redacted: no password, no mail address, and the host as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from holdfast.corpus.redacting import Redaction
from holdfast.corpus.redacting_urls import redacted_urls
from holdfast.corpus.run import run_corpus
from holdfast.corpus.running import EngineSettings
from holdfast.corpus.sources.columns import hosts_of
from holdfast.corpus.spec import CorpusSpec, OutputSettings, SourceSpec
from holdfast.provenance import trace

TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://u:secretpw@h.example/?mail=john.smith@mailbox.com", "https://h.example/?mail=[EMAIL]"),
        ("https://u:p@ss@h.example:8080/a", "https://h.example:8080/a"),
        ("//u@h.example", "//h.example"),
        ("https://h.example/p/john.smith@mailbox.com#top", "https://h.example/p/[EMAIL]#top"),
        ("https://h.example/?mail=john.smith%40mailbox.com&x=%20y", "https://h.example/?mail=[EMAIL]&x= y"),
        (f"https://h.example/t?session={TOKEN}", "https://h.example/t?session=[JWT]"),
        ("mailto:john.smith@mailbox.com", "mailto:[EMAIL]"),
        *(
            (url, url)
            for url in ("https://h.example/%E6%96%87/1?a=b@c", "no address", "", "http://", "https://h.example/status/1762000000000000000")
        ),
        (None, None),
    ],
)
def test_what_becomes_of_an_address(url: str | None, said: str | None) -> None:
    assert redacted_urls(pa.array([url], pa.string()), [Redaction("personal-data"), Redaction("secret")]).to_pylist() == [said]
    assert hosts_of(pa.array([said], pa.string())) == hosts_of(pa.array([url], pa.string()))


def test_shards_and_provenance_hold_redacted_addresses_and_the_host_is_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    rows = [{"text": f"Text {n} of some words.", "url": f"https://u:secretpw@h{n}.example/?mail=john.smith@mailbox.com"} for n in range(6)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for name, redact in (("plain", ()), ("redacted", ("personal-data",))):
        spec = CorpusSpec(
            name="x",
            sources=(SourceSpec(name="web", path=str(tmp_path / "a.jsonl")),),
            redact=redact,
            output=OutputSettings(format="jsonl"),
        )
        result = run_corpus(spec, tmp_path / name, command="", version="0", engine=EngineSettings("plain"))
        written = (tmp_path / name / "shards/00000.jsonl").read_text(encoding="utf-8")
        origins = parquet.read_table(tmp_path / name / "provenance/00000.parquet")
        assert trace(tmp_path / name, "h3.example").rows == 1
        for text in (written, str(origins["url"].to_pylist())):
            assert ("secretpw" in text, "john.smith" in text, "h3.example" in text) == (not redact, not redact, True)
    assert origins["url"].to_pylist() == [f"https://h{n}.example/?mail=[EMAIL]" for n in range(6)]
    assert [step.settings for step in result.version.steps if step.name == "redact-personal-data"] == [{"columns": ["text", "url"]}]
    assert [step.changed for step in result.version.steps if step.name == "redact-personal-data"] == [0], "no text was changed"
