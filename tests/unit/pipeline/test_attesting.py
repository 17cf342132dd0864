"""A verdict and some weights belong together, or they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from holdfast.core import InputError, RunFolderError
from holdfast.pipeline import compare
from holdfast.pipeline.attesting import attest, card, verify
from holdfast.plugins import ModelFingerprint, ModelOptions


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A judged comparison of two recordings."""
    for name, answer in (("base", "I'm sorry, but I can't help with that."), ("tuned", "Sure. First, you take the tool and go on.")):
        rows = [{"prompt": f"Please do thing {number}.", "category": "one", "response": answer} for number in range(20)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    compare(f"replay:{tmp_path}/base.jsonl", f"replay:{tmp_path}/tuned.jsonl", run=tmp_path / "run")
    return tmp_path / "run"


def test_the_tested_model_is_told_from_another(run: Path) -> None:
    assert verify(run).belongs
    assert not verify(run, model=f"replay:{run.parent}/base.jsonl").belongs


def test_one_byte_of_what_was_tested_makes_it_another(run: Path) -> None:
    recording = run.parent / "tuned.jsonl"
    recording.write_bytes(recording.read_bytes().replace(b"the tool", b"the pool", 1))
    assert not verify(run).belongs


def test_a_verdict_that_was_changed_after_the_statement_is_named(run: Path) -> None:
    attest(run)
    assert verify(run).belongs
    verdict = (run / "verdict.json").read_text(encoding="utf-8")
    (run / "verdict.json").write_text(verdict.replace('"decision": "fail"', '"decision": "pass"'), encoding="utf-8")
    found = verify(run)
    assert found.fingerprint == found.tested
    assert found.changed == ("verdict.json",)
    assert not found.belongs
    (run / "verdict.intoto.json").unlink()
    for question in (verify, attest):
        with pytest.raises(InputError, match="its gates come to"):
            question(run)


def test_a_verdict_whose_failing_gates_were_taken_out_is_not_believed(run: Path) -> None:
    verdict = json.loads((run / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["decision"] == "fail"
    verdict["gates"] = [gate for gate in verdict["gates"] if gate["decision"] == "pass"]
    verdict["decision"] = "pass"
    (run / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    for question in (verify, attest, lambda folder: card(folder, owner="Ada")):
        with pytest.raises(InputError, match=r"lacks gate '.*Judge the run again: holdfast gate RUN --policy compare"):
            question(run)


@pytest.mark.parametrize("name", ["comparison.json", "evidence/responses.jsonl", "evidence/grades.jsonl"])
def test_answers_and_grades_that_were_changed_after_the_statement_are_named(run: Path, name: str) -> None:
    attest(run)
    file = run / name
    file.write_bytes(file.read_bytes() + b"\n")
    assert verify(run).changed == (name,)
    file.unlink()
    assert verify(run).changed == (name,)


def test_papers_are_the_same_bytes_twice(run: Path) -> None:
    attest(run)
    first = [(run / name).read_bytes() for name in ("verdict.intoto.json", "mlbom.cdx.json")]
    attest(run)
    assert first == [(run / name).read_bytes() for name in ("verdict.intoto.json", "mlbom.cdx.json")]


def test_a_card_needs_somebody_who_answers(run: Path) -> None:
    assert "Who answers for the tuned model: Ada." in card(run, owner="Ada")
    with pytest.raises(InputError, match="who answers"):
        card(run, owner=" ")


def test_a_folder_that_was_never_judged_is_one_sentence(run: Path) -> None:
    (run / "verdict.json").unlink()
    with pytest.raises(RunFolderError, match=r"holds no verdict\.json"):
        verify(run)


def test_a_broken_statement_says_how_to_mend_it(run: Path) -> None:
    (run / "verdict.intoto.json").write_text('{"subject": 3}', encoding="utf-8")
    with pytest.raises(RunFolderError, match="Write it again: holdfast attest"):
        verify(run)


@pytest.mark.slow
def test_one_byte_of_the_weights_is_found_and_named(tmp_path: Path) -> None:
    import shutil

    from holdfast.lab import organism

    model = tmp_path / "model"
    shutil.copytree(organism("identity", quiet=True).folder, model)
    compare("lab:aligned", model, limit=2, max_new_tokens=8, identity=False, follow_up=False, run=tmp_path / "run")
    assert attest(tmp_path / "run").files >= 4
    assert verify(tmp_path / "run").belongs
    weights = model / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    found = verify(tmp_path / "run")
    assert not found.belongs
    assert found.fingerprint != found.tested
    assert found.changed == ("model.safetensors",)
    with pytest.raises(InputError, match="other weights lie there"):
        attest(tmp_path / "run")


class _Held(NamedTuple):
    fingerprint: ModelFingerprint

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("asked", "tested_as", "belongs", "opened"),
    [
        ("auto", "auto", True, ["auto"]),
        ("auto", "bfloat16", True, ["auto", "bfloat16"]),
        ("bfloat16", "bfloat16", True, ["bfloat16"]),
        ("float32", "bfloat16", False, ["float32"]),
        ("auto", "nothing of this", False, ["auto", "bfloat16", "float16"]),
    ],
)
def test_weights_are_held_as_the_run_may_have_held_them(
    run: Path, monkeypatch: pytest.MonkeyPatch, asked: str, tested_as: str, belongs: bool, opened: list[str]
) -> None:
    model = run.parent / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    manifest["asked"]["batching"]["dtype"] = asked
    manifest["asked"]["tuned"] = {"reference": str(model), "fingerprint": msgspec.to_builtins(_as(tested_as))}
    (run / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    seen: list[str] = []

    def open_models(references: list[str], options: ModelOptions) -> list[_Held]:
        seen.append(options.dtype)
        return [_Held(_as(options.dtype))]

    monkeypatch.setattr("holdfast.pipeline.attesting.open_models", open_models)
    assert verify(run).belongs == belongs
    assert seen == opened


def _as(dtype: str) -> ModelFingerprint:
    return ModelFingerprint(weights=f"weights as {dtype}", tokenizer="tokenizer", template="template")


@pytest.mark.slow
def test_a_model_that_was_tested_in_half_precision_is_told_to_be_it(tmp_path: Path) -> None:
    half = ModelOptions(dtype="bfloat16", threads=1)
    compare("lab:aligned", "lab:identity", limit=1, max_new_tokens=4, identity=False, follow_up=False, models=half, run=tmp_path / "run")
    assert verify(tmp_path / "run").belongs
    assert not verify(tmp_path / "run", model="lab:aligned").belongs
