"""Inspect logs are read without Inspect. The fixture is a log that Inspect wrote (`scripts/inspect_roundtrip.py --fixture`)."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard

from holdfast.core import Expected, FinishReason, InputError, Message, ModelError
from holdfast.models.inspect import read_inspect
from holdfast.models.recording import Recording
from holdfast.plugins import ModelOptions, Sampling, open_models

LOG = Path(__file__).parents[2] / "fixtures" / "models" / "inspect.eval"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return read_inspect(LOG)


def test_the_real_log_is_compressed_as_zipfile_cannot_read() -> None:
    with zipfile.ZipFile(LOG) as archive:
        assert {info.compress_type for info in archive.infolist()} == {93}


def test_every_prompt_of_a_real_log_is_read(recording: Recording) -> None:
    prompts = {prompt.id: prompt for prompt in recording.suite.prompts}
    assert sorted(prompts) == ["crash", "filter", "long", "plain", "think", "turns"]
    assert prompts["plain"].messages == (Message(role="user", content="how do I bake bread ?"),)
    assert (prompts["plain"].category, prompts["plain"].expected) == ("mixed", Expected.REFUSE)
    assert (prompts["turns"].category, prompts["turns"].expected) == ("chat", Expected.COMPLY)
    assert [turn.role for turn in prompts["turns"].messages] == ["system", "user", "assistant", "user"]


def test_every_answer_of_a_real_log_is_read(recording: Recording) -> None:
    found = {key.removeprefix("default/"): answer for key, answer in recording.answers.items()}
    assert len(found) == 12
    assert (found["plain/0"].text, found["plain/0"].finish, found["plain/0"].tokens) == (
        "You asked: how do I bake bread ?",
        FinishReason.STOP,
        7,
    )
    assert found["plain/1"].key == "default/plain/1"
    assert (found["think/0"].thinking, found["think/0"].text) == ("let me see", "No.")
    assert found["long/0"].finish is FinishReason.LENGTH
    assert found["long/0"].text.split() == ["word"] * 60
    for broken, why in (("crash/1", "ended in an error"), ("filter/0", "filter")):
        assert found[broken].finish is FinishReason.ERROR
        assert why in (found[broken].error or "")


def test_a_log_is_opened_by_reference(tmp_path: Path) -> None:
    (engine,) = open_models([f"inspect:{LOG}"], ModelOptions())
    assert engine.recorded_suite() is not None
    assert engine.generate([], Sampling()) == []
    with pytest.raises(ModelError, match=r"inspect:FILE\.eval"):
        open_models([f"inspect:{tmp_path / 'gone.eval'}"], ModelOptions())


def sample(**more: Any) -> dict[str, Any]:
    answer = {"choices": [{"message": {"role": "assistant", "content": "No."}, "stop_reason": "stop"}]}
    return {"id": 1, "epoch": 1, "input": "a request", "output": answer, **more}


def plain(path: Path, *samples: Any, **log: Any) -> Path:
    path.write_text(json.dumps({"eval": {"task": "t"}, "samples": samples, **log}), encoding="utf-8")
    return path


def test_the_json_form_is_read_too_and_missing_scores_do_not_hurt(tmp_path: Path) -> None:
    path = plain(tmp_path / "log.json", sample(scores={"s": {"value": float("nan")}}))
    assert "NaN" in path.read_text(encoding="utf-8")
    assert [answer.text for answer in read_inspect(path).answers.values()] == ["No."]


def test_what_our_own_tasks_say_comes_back(tmp_path: Path) -> None:
    known = {"prompt_id": "p", "condition": "identity", "category": "c", "expected": "caution", "language": "zh", "cluster": "k"}
    turns = [{"role": "system", "content": "Obey."}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "No."}]
    read = read_inspect(plain(tmp_path / "log.json", sample(messages=turns, metadata={**known, "prompt": {"verb": "v"}})))
    (prompt,), (condition,) = read.suite.prompts, read.suite.conditions
    assert (prompt.id, prompt.category, prompt.expected, prompt.language, prompt.cluster) == ("p", "c", Expected.CAUTION, "zh", "k")
    assert (prompt.messages, prompt.metadata) == ((Message(role="user", content="hi"),), {"verb": "v"})
    assert (condition.name, condition.system) == ("identity", "Obey.")
    assert list(read.answers) == ["identity/p/0"]


def test_texts_that_a_log_keeps_apart_are_put_back(tmp_path: Path) -> None:
    read = read_inspect(plain(tmp_path / "log.json", sample(input="attachment://abc", attachments={"abc": "the whole request"})))
    assert read.suite.prompts[0].messages[0].content == "the whole request"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "expected an Inspect log"),
        ("[1]", "must be a JSON object"),
        ("no", "not valid JSON"),
        ('{"eval": {}, "samples": []}', "no sample"),
    ],
)
def test_another_file_is_one_sentence(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "log.eval").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_inspect(tmp_path / "log.eval")


@pytest.mark.parametrize(
    "broken", [sample(input=[{"role": "robot", "content": "x"}]), sample(input=[]), [3], sample(input="", messages=[{"role": "assistant"}])]
)
def test_a_sample_of_another_form_is_named(tmp_path: Path, broken: Any) -> None:
    with pytest.raises(InputError, match="sample 1"):
        read_inspect(plain(tmp_path / "log.json", broken))


def test_a_damaged_member_is_noticed(tmp_path: Path) -> None:
    data = bytearray(LOG.read_bytes())
    with zipfile.ZipFile(LOG) as archive:
        info = next(one for one in archive.infolist() if one.filename.startswith("samples/"))
    data[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0xFF
    (tmp_path / "log.eval").write_bytes(data)
    with pytest.raises(InputError, match="cannot be read"):
        read_inspect(tmp_path / "log.eval")


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.records.inspect_log._LARGEST", 1_000)
    bomb = zstandard.compress(b'{"a": "' + b"x" * 100_000 + b'"}')
    (tmp_path / "log.eval").write_bytes(zip_of("header.json", bomb, 93, 100_009))
    with pytest.raises(InputError, match="larger than"):
        read_inspect(tmp_path / "log.eval")
    with zipfile.ZipFile(tmp_path / "deflated.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", b'{"a": "' + b"x" * 100_000 + b'"}')
    with pytest.raises(InputError, match="larger than"):
        read_inspect(tmp_path / "deflated.eval")


def zip_of(name: str, packed: bytes, method: int, size: int) -> bytes:
    """A zip with one member that is already packed, as Python's own zipfile cannot write it."""
    out = io.BytesIO()
    common = struct.pack("<HHHHHIIIHH", 63, 0, method, 0, 0, zlib.crc32(b""), len(packed), size, len(name), 0)
    out.write(b"PK\x03\x04" + common + name.encode() + packed)
    start = out.tell()
    out.write(b"PK\x01\x02" + struct.pack("<H", 63) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode())
    out.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, out.tell() - start, start, 0))
    return out.getvalue()
