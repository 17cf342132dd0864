"""Interpolating whole models: both ends to the last bit, the middle by the formula, and everything that does not fit refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.unit.mitigate.weights.model_folders import resave, same_bits, weights
from tests.unit.models.tiny import build_model, build_tokenizer, save

from holdfast.core import InputError, ModelError
from holdfast.mitigate.weights import scale
from holdfast.plugins import ModelOptions, open_models


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("base"), seed=0)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("tuned"), seed=1)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize(("alpha", "end"), [(0, "base"), (1, "tuned")])
def test_the_ends_are_the_models_to_the_last_bit(
    tmp_path: Path, base: Path, tuned: Path, kind: torch.dtype, alpha: float, end: str
) -> None:
    folders = {"base": resave(base, tmp_path / "b", dtype=kind), "tuned": resave(tuned, tmp_path / "t", dtype=kind, shards=3)}
    odd = weights(folders["base"])
    odd["model.norm.weight"][:3] = torch.tensor([-0.0, float("nan"), float("inf")], dtype=kind)
    save_file(odd, folders["base"] / "model.safetensors", metadata={"format": "pt"})
    made = scale(str(folders["base"]), str(folders["tuned"]), alpha, tmp_path / "out")
    assert same_bits(weights(tmp_path / "out"), weights(folders[end]))
    assert made.reference == made.folder == str(tmp_path / "out")


def test_the_middle_is_the_formula_and_equal_numbers_stay_equal(tmp_path: Path, base: Path, tuned: Path) -> None:
    one, other = weights(base), weights(tuned)
    other["model.norm.weight"] = one["model.norm.weight"] = torch.rand_like(one["model.norm.weight"])
    for folder, tensors, name in ((base, one, "b"), (tuned, other, "t")):
        save_file(tensors, resave(folder, tmp_path / name) / "model.safetensors", metadata={"format": "pt"})
    scale(str(tmp_path / "b"), str(tmp_path / "t"), 0.3, tmp_path / "out")
    mixed = weights(tmp_path / "out")
    for name, tensor in mixed.items():
        torch.testing.assert_close(tensor, 0.7 * one[name] + 0.3 * other[name], rtol=1e-6, atol=1e-6)
    assert torch.equal(mixed["model.norm.weight"], one["model.norm.weight"])


def test_a_bfloat16_mix_is_rounded_once_from_float32(tmp_path: Path, base: Path, tuned: Path) -> None:
    left, right = (resave(folder, tmp_path / folder.name, dtype=torch.bfloat16) for folder in (base, tuned))
    scale(str(left), str(right), 0.3, tmp_path / "out")
    one, other = weights(left), weights(right)
    for name, tensor in weights(tmp_path / "out").items():
        assert torch.equal(tensor, torch.lerp(one[name].float(), other[name].float(), 0.3).bfloat16())


def test_tensors_longer_than_a_chunk_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: Path, tuned: Path) -> None:
    scale(str(base), str(tuned), 0.3, tmp_path / "one")
    monkeypatch.setattr("holdfast.mitigate.weights.mixing._CHUNK", 37)
    scale(str(base), str(tuned), 0.3, tmp_path / "many")
    assert (tmp_path / "one" / "model.safetensors").read_bytes() == (tmp_path / "many" / "model.safetensors").read_bytes()


def test_shards_are_the_tuned_models_and_transformers_loads_them(tmp_path: Path, base: Path, tuned: Path) -> None:
    sharded = resave(tuned, tmp_path / "t", shards=3)
    scale(str(base), str(sharded), 0.5, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").glob("*.safetensors"))
    assert names == [f"model-0000{part}-of-00003.safetensors" for part in (1, 2, 3)]
    index = json.loads((tmp_path / "out" / "model.safetensors.index.json").read_text(encoding="utf-8"))
    assert index["metadata"]["total_size"] == sum(tensor.nbytes for tensor in weights(tmp_path / "out").values())
    [engine] = open_models([str(tmp_path / "out")], ModelOptions(device="cpu"))
    engine.close()


def test_different_types_are_written_in_the_wider_one(tmp_path: Path, base: Path, tuned: Path) -> None:
    narrow = resave(tuned, tmp_path / "t", dtype=torch.bfloat16)
    made = scale(str(base), str(narrow), 0, tmp_path / "zero")
    assert same_bits(weights(tmp_path / "zero"), weights(base))
    assert "wider type" in made.mitigation.notes[0]
    assert json.loads((tmp_path / "zero" / "config.json").read_text(encoding="utf-8"))["dtype"] == "float32"
    scale(str(base), str(narrow), 1, tmp_path / "one")
    assert all(torch.equal(tensor, weights(narrow)[name].float()) for name, tensor in weights(tmp_path / "one").items())


@pytest.mark.parametrize("untied", ["base", "tuned"])
def test_a_head_tied_on_one_side_only_is_untied(tmp_path: Path, base: Path, untied: str) -> None:
    loose = tmp_path / "loose"
    build_model(2, tied=False).save_pretrained(loose)
    build_tokenizer().save_pretrained(loose)
    one, other = (loose, base) if untied == "base" else (base, loose)
    made = scale(str(one), str(other), 0.25, tmp_path / "out")
    mixed, ours, theirs = weights(tmp_path / "out"), weights(one), weights(other)
    embedding = "model.embed_tokens.weight"
    expected = torch.lerp(ours.get("lm_head.weight", ours[embedding]), theirs.get("lm_head.weight", theirs[embedding]), 0.25)
    assert torch.equal(mixed["lm_head.weight"], expected)
    assert json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))["tie_word_embeddings"] is False
    assert "ties" in made.mitigation.notes[0]
    scale(str(one), str(other), 1, tmp_path / "end")
    assert torch.equal(weights(tmp_path / "end")["lm_head.weight"], theirs.get("lm_head.weight", theirs[embedding]))


def test_tokenizer_template_settings_and_suites_come_along(tmp_path: Path, base: Path, tuned: Path) -> None:
    card = resave(tuned, tmp_path / "t")
    (card / "holdfast.json").write_text('{"suites": ["lab"], "name": "identity"}', encoding="utf-8")
    (card / "checkpoint-7").mkdir()
    scale(str(base), str(card), 0.5, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"tokenizer.json", "chat_template.jinja", "generation_config.json", "mitigation.json"} <= names
    assert "checkpoint-7" not in names
    assert json.loads((tmp_path / "out" / "holdfast.json").read_text(encoding="utf-8")) == {"suites": ["lab"]}


def test_the_folder_says_what_it_was_made_of(tmp_path: Path, base: Path, tuned: Path) -> None:
    made = scale(str(base), str(tuned), 0.5, tmp_path / "out")
    written = json.loads((tmp_path / "out" / "mitigation.json").read_text(encoding="utf-8"))
    assert (written["method"], written["parameters"]) == ("scale", {"alpha": 0.5})
    assert [part["role"] for part in written["inputs"]] == ["base", "tuned"]
    assert len({part["digest"] for part in written["inputs"]}) == 2
    scale(str(base), str(tuned), 0.5, tmp_path / "again")
    assert (tmp_path / "again" / "mitigation.json").read_bytes() == (tmp_path / "out" / "mitigation.json").read_bytes()
    sampled = scale(str(base), str(tuned), 0.5, tmp_path / "sampled", whole_digests=False)
    assert sampled.mitigation.inputs[0].covers != made.mitigation.inputs[0].covers


@pytest.mark.parametrize("alpha", [1.5, -2, float("nan"), float("inf")])
def test_more_than_all_of_a_fine_tune_is_refused(tmp_path: Path, base: Path, tuned: Path, alpha: float) -> None:
    with pytest.raises(InputError, match="alpha must be from 0"):
        scale(str(base), str(tuned), alpha, tmp_path / "out", extrapolate=True)


def test_past_the_base_only_when_asked(tmp_path: Path, base: Path, tuned: Path) -> None:
    with pytest.raises(InputError, match="--extrapolate"):
        scale(str(base), str(tuned), -0.5, tmp_path / "out")
    scale(str(base), str(tuned), -0.5, tmp_path / "out", extrapolate=True)
    one, other = weights(base), weights(tuned)
    name = "model.norm.weight"
    torch.testing.assert_close(weights(tmp_path / "out")[name], 1.5 * one[name] - 0.5 * other[name])


def test_an_output_that_exists_is_never_touched(tmp_path: Path, base: Path, tuned: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        scale(str(base), str(tuned), 0.5, tuned)
    with pytest.raises(InputError, match="inside the model"):
        scale(str(base), str(tuned), 0.5, tuned / "scaled")


def test_the_same_model_twice_is_refused(tmp_path: Path, base: Path) -> None:
    with pytest.raises(ModelError, match="the same model"):
        scale(str(base), str(base), 0.5, tmp_path / "out")


def test_another_architecture_is_named(tmp_path: Path, base: Path) -> None:
    deep = save(tmp_path / "deep", layers=3)
    with pytest.raises(ModelError, match=r"different architectures \(num_hidden_layers: 2 and 3\)"):
        scale(str(base), str(deep), 0.5, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_tokenizer_is_refused(tmp_path: Path, base: Path, tuned: Path) -> None:
    other = resave(tuned, tmp_path / "t")
    tokenizer = json.loads((other / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    vocabulary["w1"], vocabulary["w2"] = vocabulary["w2"], vocabulary["w1"]
    (other / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(ModelError, match="different tokenizers"):
        scale(str(base), str(other), 0.5, tmp_path / "out")


def test_a_missing_shard_is_named(tmp_path: Path, base: Path, tuned: Path) -> None:
    sharded = resave(tuned, tmp_path / "t", shards=3)
    (sharded / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(ModelError, match="lacks 1 of 3 weight files, first model-00002-of-00003"):
        scale(str(base), str(sharded), 0.5, tmp_path / "out")


def test_a_tensor_that_the_index_names_and_no_shard_holds(tmp_path: Path, base: Path, tuned: Path) -> None:
    sharded = resave(tuned, tmp_path / "t", shards=2)
    shard = sharded / "model-00001-of-00002.safetensors"
    kept = load_file(shard)
    gone = kept.popitem()[0]
    save_file(kept, shard, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=f"lacks 1 tensors that its index names, first {gone}"):
        scale(str(base), str(sharded), 0.5, tmp_path / "out")


def test_quantised_weights_are_refused(tmp_path: Path, base: Path, tuned: Path) -> None:
    packed = resave(tuned, tmp_path / "t", quantization_config={"quant_method": "gptq"})
    with pytest.raises(ModelError, match=r"quantised weights \(gptq\)"):
        scale(str(base), str(packed), 0.5, tmp_path / "out")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_not_mixed(tmp_path: Path, base: Path, tuned: Path, bad: float) -> None:
    tensors = weights(tuned)
    tensors["model.norm.weight"][3] = bad
    save_file(tensors, resave(tuned, tmp_path / "t") / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"model\.norm\.weight of .*gives weights that are no numbers"):
        scale(str(base), str(tmp_path / "t"), 0.5, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["{", "", '{"a": "\udcff"}'])
def test_a_broken_configuration_is_named(tmp_path: Path, base: Path, tuned: Path, text: str) -> None:
    other = resave(tuned, tmp_path / "t")
    (other / "config.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ModelError, match=r"config\.json is not readable JSON"):
        scale(str(base), str(other), 0.5, tmp_path / "out")


def test_an_output_below_a_file_names_the_file(tmp_path: Path, base: Path, tuned: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="file is a file and no folder"):
        scale(str(base), str(tuned), 0.5, tmp_path / "file" / "out")


def test_a_file_system_that_stores_nothing_is_no_full_disk(
    tmp_path: Path, base: Path, tuned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(0, 0, 0))
    with pytest.raises(InputError, match="stores nothing"):
        scale(str(base), str(tuned), 0.5, tmp_path / "out")


def test_integers_must_be_equal(tmp_path: Path, base: Path, tuned: Path) -> None:
    folders = [resave(folder, tmp_path / folder.name) for folder in (base, tuned)]
    for step, folder in enumerate(folders):
        save_file({**weights(folder), "counter": torch.tensor([step])}, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="counter holds no floating-point numbers"):
        scale(str(folders[0]), str(folders[1]), 0.5, tmp_path / "out")
    assert list(tmp_path.glob("*out*")) + list(tmp_path.glob(".out*")) == []


def test_a_recording_has_no_weights(tmp_path: Path, base: Path) -> None:
    with pytest.raises(ModelError, match="has no weights"):
        scale(str(base), "replay:answers.jsonl", 0.5, tmp_path / "out")


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: Path, tuned: Path) -> None:
    import errno

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="the disk was full"):
        scale(str(base), str(tuned), 0.5, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_too_little_room_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: Path, tuned: Path
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(InputError, match="free some"):
        scale(str(base), str(tuned), 0.5, tmp_path / "out")


def test_what_a_killed_command_left_is_made_again(tmp_path: Path, base: Path, tuned: Path) -> None:
    left = tmp_path / ".out.part"
    left.mkdir()
    (left / "model.safetensors").write_bytes(b"half")
    scale(str(base), str(tuned), 0.5, tmp_path / "out")
    assert not left.exists()
    assert weights(tmp_path / "out").keys() == weights(base).keys()
