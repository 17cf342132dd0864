"""Guards and classifiers through transformers: tiny models of random weights, saved as ordinary folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.judges.fake_models import FakeModel, fake_models
from tests.unit.judges.items import grading_item
from tests.unit.judges.tiny_judges import GUARD_TEMPLATE, save_classifier, save_guard
from tests.unit.models.tiny import build_model, build_tokenizer

from holdfast.core import FinishReason, JudgeError, ModelError, Outcome
from holdfast.judges.toxicity import ToxicityJudge, toxic_labels
from holdfast.plugins import Classifier, ModelOptions, close_judge, open_judge, open_models

pytest.importorskip("torch")

ITEMS = [grading_item(text, identity=text) for text in ("w1 w2 w3", "w4 w5", "w6 " * 300, "w1 w2 w3")]


def test_a_guard_with_a_chat_template_runs_from_its_folder(tmp_path: Path) -> None:
    judge = open_judge(f"guard/llama3={save_guard(tmp_path / 'guard', GUARD_TEMPLATE)}")
    grades = judge.grade(ITEMS)
    # Random weights write nothing that is of the format, and the third prompt does not fit its context.
    assert [grade.outcome for grade in grades] == [None] * 4
    assert grades[2].reason == "the judge's model gave no answer"
    assert "expected 'safe'" in grades[0].reason
    assert grades[0].reason == grades[3].reason
    close_judge(judge)


def test_a_guard_without_a_chat_template_runs_from_its_folder_too(tmp_path: Path) -> None:
    folder = save_guard(tmp_path / "guard", None)
    judge = open_judge(f"guard/harmbench={folder}")
    assert judge.grade(ITEMS[:1])[0].outcome is None
    close_judge(judge)
    with pytest.raises(ModelError, match="chat template"):
        open_judge(f"guard/llama3={folder}")


def test_shieldgemma_reads_probabilities_of_a_real_model(tmp_path: Path) -> None:
    model = build_model(0, context=512)
    model.save_pretrained(tmp_path / "guard")
    build_tokenizer(None).save_pretrained(tmp_path / "guard")
    judge = open_judge(f"guard/shieldgemma={tmp_path / 'guard'}")
    grades = judge.grade(ITEMS[:2])
    # 'Yes' and 'No' are both unknown words to this tokenizer, so they are equally likely: 0.5 is harmful.
    assert [grade.probability for grade in grades] == [0.5, 0.5]
    assert {grade.outcome for grade in grades} == {Outcome.HARMFUL}
    close_judge(judge)


PARTS_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }} {% for part in message['content'] | selectattr('type', 'equalto', 'text') %}"
    "{{ part['text'] }}{% endfor %} {% endfor %}<assistant>"
)


def test_a_template_that_reads_parts_gets_parts_and_loses_no_text(tmp_path: Path) -> None:
    from holdfast.core import Message
    from holdfast.plugins import GenerationRequest

    # So reads the template of Llama Guard 4; given plain texts it would grade an empty conversation.
    folder = save_guard(tmp_path / "guard", PARTS_TEMPLATE)
    (engine,) = open_models([str(folder)], ModelOptions(device="cpu"))
    messages = (Message(role="user", content="w1 w2"), Message(role="assistant", content="w3"))
    (ids,) = engine.token_ids([GenerationRequest(key="k", messages=messages)])  # type: ignore[attr-defined]
    vocabulary = build_tokenizer(None).convert_tokens_to_ids
    assert [token for token in ids if token in (vocabulary("w1"), vocabulary("w2"), vocabulary("w3"))] == vocabulary(["w1", "w2", "w3"])
    engine.close()


def test_raw_prompts_reach_the_model_word_for_word(tmp_path: Path) -> None:
    from holdfast.core import Message
    from holdfast.plugins import GenerationRequest

    folder = save_guard(tmp_path / "guard", None)
    (engine,) = open_models([str(folder)], ModelOptions(raw=True, device="cpu"))
    tokenizer = build_tokenizer(None)
    request = GenerationRequest(key="k", messages=(Message(role="user", content="w1 w2 <user>"),))
    assert engine.token_ids([request]) == [tuple(tokenizer("w1 w2 <user>")["input_ids"])]  # type: ignore[attr-defined]
    engine.close()


def test_a_classifier_gives_the_probabilities_that_transformers_gives(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification

    folder = save_classifier(tmp_path / "c", ["neutral", "toxic"])
    (engine,) = open_models([f"classifier:{folder}"], ModelOptions(device="cpu"))
    assert isinstance(engine, Classifier)
    assert engine.labels == ("neutral", "toxic")
    texts = ["w1 w2 w3", "w4", "w5 w6 w7 w8 w9", ""]
    found = engine.classify(texts)
    reference, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), build_tokenizer(None)
    for text, row in zip(texts, found, strict=True):
        with torch.inference_mode():
            logits = reference.eval()(**tokenizer(text, return_tensors="pt")).logits
        assert row == pytest.approx(logits.softmax(-1)[0].tolist(), abs=1e-6)
    for again, row in zip(engine.classify(texts[::-1])[::-1], found, strict=True):
        assert again == pytest.approx(row, abs=1e-6)
    with pytest.raises(ModelError, match="writes none"):
        engine.generate([], None)  # type: ignore[arg-type]
    engine.close()


def test_labels_that_do_not_exclude_each_other_get_probabilities_of_their_own(tmp_path: Path) -> None:
    folder = save_classifier(tmp_path / "c", ["toxic", "insult", "threat"], problem_type="multi_label_classification")
    (engine,) = open_models([f"classifier:{folder}"], ModelOptions(device="cpu"))
    assert isinstance(engine, Classifier)
    (row,) = engine.classify(["w1 w2 w3"])
    assert sum(row) != pytest.approx(1.0)
    assert all(0 <= share <= 1 for share in row)


def test_a_passage_at_the_end_of_a_long_text_counts(tmp_path: Path) -> None:
    folder = save_classifier(tmp_path / "c", ["neutral", "toxic"])
    (engine,) = open_models([f"classifier:{folder}"], ModelOptions(device="cpu"))
    assert isinstance(engine, Classifier)
    room = 64 - 1 - 2
    calm = "w1 " * room
    shares = {word: engine.classify([word])[0][1] for word in (f"w{number}" for number in range(60))}
    worst = max(shares, key=lambda word: shares[word])
    alone, calm_alone = engine.classify([worst, calm])
    (long,) = engine.classify([calm * 3 + worst])
    assert long[1] == pytest.approx(max(alone[1], calm_alone[1]), abs=1e-6)


def test_toxicity_is_a_probability_and_its_outcomes_are_those_of_the_rules(tmp_path: Path) -> None:
    folder = save_classifier(tmp_path / "c", ["neutral", "toxic"])
    judge = open_judge(f"toxicity={folder}")
    items = [
        grading_item("I'm sorry, but I can't help with that."),
        grading_item("Mix flour and water, let it rise, and bake it in a hot oven."),
        grading_item(""),
        grading_item("x", finish=FinishReason.ERROR),
    ]
    grades = judge.grade(items)
    assert [grade.outcome for grade in grades] == [Outcome.REFUSAL, Outcome.ANSWERED, Outcome.DEGENERATE, None]
    assert [grade.probability is None for grade in grades] == [False, False, True, False]
    assert judge.card.gives_toxicity
    assert not judge.card.tells_harm
    assert "label toxic" in judge.card.title
    assert open_judge(f"toxicity/neutral={folder}").card.name != judge.card.name
    close_judge(judge)
    with pytest.raises(ModelError, match="closed"):
        judge.grade(items)


def test_a_folder_that_is_no_classifier_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="lacks"):
        open_judge(f"toxicity={save_guard(tmp_path / 'llm', GUARD_TEMPLATE)}")
    pickled = save_classifier(tmp_path / "p", ["neutral", "toxic"])
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickle"):
        open_judge(f"toxicity={pickled}")
    with pytest.raises(JudgeError, match="toxicity=MODEL"):
        open_judge("toxicity")
    with fake_models(m=FakeModel(lambda messages: "")), pytest.raises(ModelError):
        open_judge("toxicity=fake:m")


@pytest.mark.parametrize(
    ("labels", "places"),
    [
        (["neutral", "toxic"], (1,)),
        (["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"], (0,)),
        (["toxicity", "insult"], (0,)),
        (["nothate", "hate"], (1,)),
        (["hate", "offensive", "neither"], (0, 1)),
        (["non-toxic", "Toxic"], (1,)),
    ],
)
def test_the_toxic_label_is_known_by_its_name(labels: list[str], places: tuple[int, ...]) -> None:
    assert toxic_labels(labels) == places


def test_labels_that_do_not_tell_must_be_named() -> None:
    with pytest.raises(JudgeError, match="Name it"):
        toxic_labels(["LABEL_0", "LABEL_1"])
    assert toxic_labels(["LABEL_0", "LABEL_1"], "label_1") == (1,)
    with pytest.raises(JudgeError, match="no label 'x'"):
        toxic_labels(["LABEL_0"], "x")
    assert ToxicityJudge.cards
