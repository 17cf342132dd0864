"""A judge that cannot be there is refused before any row is read, whether or not a row would have needed it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.scan.small import row, write

from holdfast.core import HoldfastError
from holdfast.plugins import ScanOptions
from holdfast.scan import ScanSpec, prepare
from holdfast.scan.checking import check_judges


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (ScanOptions(judge="gard/qwen3=./absent"), "'gard' is not known.*guard"),
        (ScanOptions(judge="guard/qwen3=./absent"), r"--judge 'guard/qwen3=./absent': ./absent does not exist"),
        (ScanOptions(toxicity="./absent"), r"--toxicity './absent': ./absent does not exist"),
        (ScanOptions(toxicity="classifier:./absent"), "./absent does not exist"),
        (ScanOptions(toxicity="toxcity=org/name"), "'toxcity' is not known.*toxicity"),
    ],
)
def test_a_judge_that_cannot_be_there_is_refused(options: ScanOptions, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = write(tmp_path / "train.jsonl", [row("request", "answer")])
    with pytest.raises(HoldfastError, match=said):
        prepare(ScanSpec(data=str(data), options=options))


def test_what_may_be_there_is_left_to_the_detector(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for given in (f"guard/qwen3={folder}", f"guard/qwen3={folder}+./adapter", "rubric=openai:m@http://host/v1", "rubric=org/name"):
        check_judges(ScanOptions(judge=given))
    for given in (str(folder), f"classifier:{folder}", f"toxicity/insult={folder}", "org/name", "refusal"):
        check_judges(ScanOptions(toxicity=given))
