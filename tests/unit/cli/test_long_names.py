"""A name that no file system can hold is a slip of the pen: one sentence, wherever it stands, and nothing is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.holdfast_cli import holdfast

from holdfast.core import ModelError, PolicyError, SuiteError
from holdfast.models.references import find_folder, split_reference
from holdfast.plugins import ModelOptions, SuiteOptions, open_models, open_suite
from holdfast.policy import load_policy

LONG = "a" * 300


def test_every_reference_of_that_length_is_told_from_one_that_is_there() -> None:
    assert split_reference(f"./{LONG}+{LONG}") == (f"./{LONG}", LONG)
    with pytest.raises(ModelError, match="does not exist, expected a model folder"):
        find_folder(LONG)
    with pytest.raises(ModelError, match="does not exist, expected a model folder"):
        find_folder("~nobody-of-this-name/model")
    for kind, said in (("replay", "there is no file"), ("ensemble", "there is no file"), ("nosuch", "is not known")):
        with pytest.raises(Exception, match=said) as caught:
            open_models([f"{kind}:{LONG}"], ModelOptions())
        assert type(caught.value).__module__ == "holdfast.core.errors"
    with pytest.raises(PolicyError, match="neither a shipped policy nor a file"):
        load_policy(LONG)
    with pytest.raises(SuiteError, match="there is no such file or folder"):
        open_suite(f"file={LONG}", SuiteOptions())


@pytest.mark.parametrize(
    "words",
    [
        ("compare", LONG, "lab:aligned"),
        ("compare", "lab:aligned", f"./x+{LONG}"),
        ("compare", "lab:aligned", "lab:benign", "--suite", LONG),
        ("compare", "lab:aligned", "lab:benign", "--policy", LONG),
        ("compare", "lab:aligned", "lab:benign", "--data", LONG),
        ("scan", LONG),
        ("gate", LONG),
    ],
    ids=lambda words: " ".join(word.strip("a")[:12] or "LONG" for word in words),
)
def test_a_command_says_so_in_a_sentence(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = holdfast(monkeypatch, capsys, *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("holdfast: ")
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
