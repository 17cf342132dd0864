"""What people type into `holdfast.compare` and `holdfast.scan`: a mistake is one sentence, before anything is opened or written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import holdfast
from holdfast.core import HoldfastError, InputError
from holdfast.pipeline.calling import checked
from holdfast.plugins import ModelOptions

MODEL = SimpleNamespace(config=1, state_dict=dict, generate=print)
TOKENIZER = SimpleNamespace(added_tokens_decoder={}, decode=str, get_chat_template=str)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        ("seed", "x", "seed must be a whole number, got 'x'"),
        ("seed", True, "seed must be a whole number, got True"),
        ("seed", -1, "seed: expected a number from 0"),
        ("strict", "no", "strict must be True or False, got 'no'"),
        ("identity", None, "identity must be True or False, got None"),
        ("limit", "3", "limit must be a whole number or None, got '3'"),
        ("limit", 2.5, "limit must be a whole number or None, got 2.5"),
        ("limit", 0, "^limit must be at least 1, got 0"),
        ("max_new_tokens", "x", "max_new_tokens must be a whole number, got 'x'"),
        ("temperature", "a", "temperature must be a number, got 'a'"),
        ("policy", None, "policy must be a text or a path, got None"),
        ("suite", None, "suite must be a text, a path or a list of texts or paths, got None"),
        ("languages", None, "languages must be a list of texts, got None"),
        ("languages", "zh", r"languages must be a list of texts, got 'zh'\. Write languages=\['zh'\]"),
        ("steps", "lab:drift-1", r"Write steps=\['lab:drift-1'\]"),
        ("steps", [("a", "b")], r"steps\[0\] must be a text, got a tuple"),
        ("capability", "nofile", r"Write capability=\['nofile'\]"),
        ("judge", len, "judge must be a text or None, got a function"),
        ("judge", "", "judge must be a text or None, got ''. Leave it out, or look for a name that is not set"),
        ("models", {"device": "cpu"}, "models must be a ModelOptions or None, got a dict"),
        ("models", ModelOptions(device=3), r"models\.device must be a text, got 3"),  # type: ignore[arg-type]  # the mistake
        ("run", 5, "run must be a text, a path or None, got 5"),
        ("run", "", "run must be a text, a path or None, got ''"),
        ("data", 5, "data must be a text, a path or None, got 5"),
        ("progress", 3, "progress must be a function or None, got 3"),
        ("generate", 5, "generate must be a text or None, got 5"),
        ("policy", "a" * 300, "neither a shipped policy nor a file"),
        ("data", "a" * 300, "300 characters are no path"),
    ],
)
def test_an_argument_that_cannot_be(tmp_path: Path, argument: str, value: Any, said: str) -> None:
    with pytest.raises(HoldfastError, match=said) as caught:
        holdfast.compare("./nowhere", "./nowhere-else", **{argument: value})
    assert "--" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "got None. Look for a name that is not set."),
        (3, "got 3. Write the answers of anything else to a file"),
        (lambda prompt: prompt, "got a function. Write the answers of anything else to a file"),
        (["yes", "no", "no"], "got a list of 3. Write the answers of anything else to a file"),
        (("a", "b"), "got a tuple of 'a' and 'b'. One side is one model"),
        (MODEL, "got a SimpleNamespace. Write base as (model, tokenizer), with the tokenizer"),
        ((MODEL, None), "a SimpleNamespace and None. Write base as (model, tokenizer), with the tokenizer"),
        ((TOKENIZER, MODEL), "Write base as (model, tokenizer): these two and nothing else, in this order"),
        ([MODEL, TOKENIZER], "got a list of a SimpleNamespace and a SimpleNamespace. Write base as (model, tokenizer): these two"),
        ((MODEL, TOKENIZER, 1), "got a tuple of 3. Write base as (model, tokenizer): these two and nothing else"),
        ((SimpleNamespace(module=MODEL), TOKENIZER), "the model inside of the wrapper"),
    ],
)
def test_what_is_no_model(tmp_path: Path, given: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        holdfast.compare(given, "./nowhere")
    assert said in str(caught.value)
    assert "base must be a reference such as './folder'" in str(caught.value)
    with pytest.raises(InputError, match="tuned must be a reference"):
        holdfast.compare("./nowhere", given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        ("only", "exact-duplicate", r"only must be a list of texts, got 'exact-duplicate'\. Write only=\['exact-duplicate'\]"),
        ("roles", {"human": 1}, r"roles\['human'\] must be a text, got 1"),
        ("workers", "2", "workers must be a whole number or None, got '2'"),
        ("options", {"seed": 1}, "options must be a ScanOptions or None, got a dict"),
        ("run", " ", "run must be a text, a path or None, got ' '"),
    ],
)
def test_a_scan_holds_its_arguments_to_the_same_rule(tmp_path: Path, argument: str, value: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"^holdfast.scan: {said}"):
        holdfast.scan([{"prompt": "a", "response": "b"}], **{argument: value})
    assert list(tmp_path.iterdir()) == []


def test_numbers_of_numpy_and_paths_are_taken_as_what_they_are() -> None:
    @checked
    def called(limit: int | None, temperature: float, strict: bool, names: list[str] | str, run: str | Path | None) -> tuple[Any, ...]:
        return limit, temperature, strict, names, run

    found = called(np.int64(3), np.float32(0), np.True_, np.str_("a"), Path("x"))  # type: ignore[arg-type]  # as in a notebook
    assert found == (3, 0.0, True, "a", Path("x"))
    assert [type(one) for one in found[:4]] == [int, float, bool, str]


def test_an_argument_that_is_not_there_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match=r"compare\(\) got an unexpected keyword argument 'limt'"):
        holdfast.compare("a", "b", limt=3)  # type: ignore[call-arg]  # the mistake
