"""`holdfast scan --toxicity MODEL` with a real text classifier, tiny and of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.judges.tiny_judges import save_classifier

from holdfast.core import InputError
from holdfast.detectors.toxic_answer import ToxicAnswer
from holdfast.plugins import Classifier, ModelOptions, ScanOptions, open_models
from holdfast.testing import chat_rows, run_detector

pytest.importorskip("torch")

TEXTS = [f"w{number} w{number + 1} w{number + 2}" for number in range(24)]


def test_answers_that_the_classifier_calls_toxic_are_found_and_no_others(tmp_path: Path) -> None:
    folder = save_classifier(tmp_path / "c", ["neutral", "toxic"])
    (engine,) = open_models([f"classifier:{folder}"], ModelOptions(device="cpu"))
    assert isinstance(engine, Classifier)
    toxic = [place for place, row in enumerate(engine.classify(TEXTS)) if row[1] >= 0.5]
    assert 0 < len(toxic) < len(TEXTS)
    rows = chat_rows([[("user", "q"), ("assistant", text)] for text in TEXTS])
    found, concluded = run_detector(ToxicAnswer(ScanOptions(toxicity=str(folder))), rows)
    assert found.column("row").to_pylist() == toxic
    assert concluded.notes == ()
    other, _ = run_detector(ToxicAnswer(ScanOptions(toxicity=f"toxicity/neutral={folder}")), rows)
    assert sorted({*other.column("row").to_pylist(), *toxic}) == list(range(len(TEXTS)))


@pytest.mark.slow
def test_a_scan_takes_the_classifier(tmp_path: Path) -> None:
    from holdfast.pipeline import scan

    folder = save_classifier(tmp_path / "c", ["neutral", "toxic"])
    data = tmp_path / "data.jsonl"
    lines = [{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": text}]} for text in TEXTS]
    data.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    outcome = scan(data, options=ScanOptions(toxicity=str(folder)), run=tmp_path / "run", only=["toxic-answer"], engine="plain")
    (kind,) = [kind for kind in outcome.result.kinds if kind.detector == "toxic-answer"]
    assert 0 < kind.count < len(TEXTS)


def test_a_judge_of_toxicity_tells_no_harm_where_harm_is_asked_for(tmp_path: Path) -> None:
    from holdfast.detectors.answer_judging import judged_answers

    folder = save_classifier(tmp_path / "c", ["neutral", "toxic"])
    with pytest.raises(InputError, match="cannot tell a harmful answer"):
        judged_answers(f"toxicity={folder}", ["q"], ["a"])


def test_a_judge_trained_again_at_the_same_path_is_opened_again(tmp_path: Path) -> None:
    rows = chat_rows([[("user", "q"), ("assistant", text)] for text in TEXTS])
    kept = []
    for labels in (["neutral", "toxic"], ["toxic", "neutral"]):
        folder = save_classifier(tmp_path / "c", labels)
        kept.append(run_detector(ToxicAnswer(ScanOptions(toxicity=str(folder))), rows)[0].column("row").to_pylist())
    assert sorted(kept[0] + kept[1]) == list(range(len(TEXTS)))
