from __future__ import annotations

import pytest
from tests.unit.detectors.judges import BlindJudge, WordJudge

from holdfast.core import InputError, ModelError
from holdfast.detectors.toxic_answer import ToxicAnswer
from holdfast.plugins import ScanOptions, register
from holdfast.testing import chat_rows, check_detector, run_detector

ROWS = chat_rows([
    [("user", "a"), ("assistant", "this is harmful")],
    [("user", "b"), ("assistant", "this is fine")],
    [("user", "c"), ("assistant", "this is unclear")],
    [("user", "d")],
])  # fmt: skip


def test_without_a_model_nothing_is_assessed_and_it_says_so() -> None:
    found, concluded = run_detector(ToxicAnswer(ScanOptions()), ROWS)
    assert found.num_rows == 0
    assert not concluded.measurements
    assert "Not assessed" in concluded.notes[0]


def test_a_judge_that_tells_harm_decides() -> None:
    with register("judge", "word", WordJudge):
        detector = ToxicAnswer(ScanOptions(toxicity="word=./model"))
        check_detector(detector)
        found, concluded = run_detector(detector, ROWS)
    assert found.column("row").to_pylist() == [0]
    assert concluded.notes == ("1 of 4 answers could not be graded.",)


def test_a_plain_model_goes_to_the_toxicity_judge() -> None:
    with register("judge", "toxicity", WordJudge):
        found, _ = run_detector(ToxicAnswer(ScanOptions(toxicity="./folder")), ROWS)
    assert found.column("row").to_pylist() == [0]
    with pytest.raises(ModelError, match="another"):
        run_detector(ToxicAnswer(ScanOptions(toxicity="./another")), ROWS)


def test_a_judge_that_cannot_tell_harm_is_an_error() -> None:
    with register("judge", "blind", BlindJudge), pytest.raises(InputError, match="cannot tell a harmful answer"):
        run_detector(ToxicAnswer(ScanOptions(toxicity="blind=x")), ROWS)
