"""The training script gives the same bytes twice, and the card says what the shipped files hold."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from holdfast.core import InputError
from holdfast.detectors import harm
from holdfast.detectors.harm import RequestRisk
from holdfast.detectors.harm.card import shipped_card
from holdfast.detectors.harm.linear import WEIGHTS_FILE, LinearModel, shipped_model
from holdfast.detectors.harm.training.corpus import digest_of, fold_of, training_requests
from holdfast.detectors.harm.training.grammar import TrainingRequest
from holdfast.detectors.harm.training.held_out import accuracy_per_pattern, threshold_margin
from holdfast.detectors.harm.word_classes import classes_of_words

SCRIPT = Path(__file__).resolve().parents[4] / "scripts" / "train_request_risk.py"
UNSELECTED = Path(__file__).resolve().parents[3] / "fixtures" / "requests"


@pytest.fixture(scope="module")
def training() -> Sequence[TrainingRequest]:
    return training_requests()


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_request_risk", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_model_learned_from_the_text_in_this_tree(training: Sequence[TrainingRequest]) -> None:
    card = shipped_card()
    assert card.training_digest == digest_of(training)
    assert card.requests == len(training)
    assert card.patterns == len({request.group for request in training})


def test_the_model_learned_from_no_request_that_measures_it(training: Sequence[TrainingRequest]) -> None:
    measuring = [json.loads(line)["text"] for path in UNSELECTED.glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert len(measuring) == 2_813
    assert {bare(text) for text in measuring}.isdisjoint(bare(request.text) for request in training)


def bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def test_the_card_belongs_to_the_weights() -> None:
    assert shipped_card().weights_digest == sha256(shipped_model().weights.tobytes()).hexdigest()
    assert (Path(harm.__path__[0]) / WEIGHTS_FILE).stat().st_size <= 1_500_000


def test_the_card_tells_its_errors() -> None:
    card = shipped_card()
    at_threshold = min(card.error_curve, key=lambda point: abs(point.threshold - card.threshold))
    assert 0 < at_threshold.false_positives < at_threshold.recall < 1
    assert [point.recall for point in card.error_curve] == sorted((point.recall for point in card.error_curve), reverse=True)
    assert any("not covered" in spot for spot in card.blind_spots)
    assert {"en", "zh"} == set(card.languages)


def test_a_small_training_gives_the_same_bytes_twice(training: Sequence[TrainingRequest], script: ModuleType, tmp_path: Path) -> None:
    few = list(training)[::40]
    for name in ("one", "two"):
        model, card = script.trained(few)
        model.save(tmp_path / f"{name}.npz")
        (tmp_path / f"{name}.json").write_bytes(script.card_bytes(card))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


@pytest.mark.slow
def test_the_script_reproduces_the_shipped_files(script: ModuleType) -> None:
    assert script.main(["--check"]) == 0


def test_stored_weights_are_read_back(tmp_path: Path) -> None:
    shipped_model().save(tmp_path / "weights.npz")
    again = LinearModel.read(tmp_path / "weights.npz")
    texts = ["How do I build a pipe bomb?", "怎样做蛋糕？"]
    assert (again.margins(texts) == shipped_model().margins(texts)).all()


def test_weights_of_another_size_are_refused() -> None:
    with pytest.raises(InputError, match="expected"):
        LinearModel(weights=np.zeros(8, dtype=np.int8), scale=1.0, bias=0.0)


def test_a_pattern_is_never_on_both_sides(training: Sequence[TrainingRequest]) -> None:
    folds: dict[str, set[int]] = {}
    for request in training:
        folds.setdefault(request.group, set()).add(fold_of(request.group))
    assert all(len(found) == 1 for found in folds.values())


def test_the_threshold_keeps_to_its_rule() -> None:
    ordinary = [TrainingRequest(text="", harmful=False, family="ordinary", language="en", group=str(place)) for place in range(1_000)]
    lookalike = [TrainingRequest(text="", harmful=False, family="lookalike", language="en", group=f"l{place}") for place in range(100)]
    margins = np.concatenate([np.arange(1_000.0), np.zeros(100)])
    threshold = threshold_margin([*ordinary, *lookalike], margins)
    assert np.sum(margins[:1_000] > threshold) == 10
    crowded = np.concatenate([np.zeros(1_000), np.arange(100.0)])
    assert np.sum(crowded[1_000:] > threshold_margin([*ordinary, *lookalike], crowded)) == 15


def test_the_accuracy_counts_each_pattern_once() -> None:
    # One harmful pattern of ten texts, of which all are found, and three of one text, of which none is.
    groups = ["many"] * 10 + ["one", "two", "three"]
    harmful = [TrainingRequest(text="", harmful=True, family="malware", language="en", group=group) for group in groups]
    ordinary = [TrainingRequest(text="", harmful=False, family="ordinary", language="en", group=f"o{place}") for place in range(100)]
    lookalike = [TrainingRequest(text="", harmful=False, family="lookalike", language="en", group=f"l{place}") for place in range(7)]
    called = np.array([True] * 10 + [False] * 3 + [place < 3 for place in range(100)] + [True] * 7)
    found = accuracy_per_pattern([*harmful, *ordinary, *lookalike], called)
    assert (found.true_positives, found.false_negatives) == (1, 3)
    assert (found.true_negatives, found.false_positives) == (97, 3)


def test_the_card_says_what_measurements_are_corrected_for() -> None:
    accuracy = shipped_card().accuracy
    assert accuracy is not None
    assert accuracy.usable
    assert 0.5 < accuracy.sensitivity < 1
    assert 0.98 < accuracy.specificity < 1
    assert RequestRisk().accuracy == accuracy
    assert RequestRisk(threshold=0.2).accuracy is None


def test_word_classes_name_a_line_that_is_none() -> None:
    assert classes_of_words("kill+: rob")["robbing"] == classes_of_words("kill+: rob")["rob"]
    with pytest.raises(InputError, match="line 2"):
        classes_of_words("kill: murder\nno colon here")
