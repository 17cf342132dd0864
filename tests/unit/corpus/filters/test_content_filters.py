from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.corpus.filters.asking import measures, opened, reasons
from tests.unit.judges.tiny_judges import save_classifier

from holdfast.core import Grade, InputError, Outcome
from holdfast.corpus.filters import notes, open_filters
from holdfast.plugins import Classifier, GradingItem, JudgeCard, LedgerRow, ModelOptions, SuiteOptions, open_models, open_suite, register

QUIET = "The river runs past the old mill, and in spring the meadow beside it stands under water for a week or two.\n"
TEST_PROMPT = "Which of the seven bridges in the old town was closed for repairs during the hot summer of 1911?"


def taken(name: str, *texts: str, **settings: Any) -> list[bool]:
    return [bool(reasons(name, text, **settings)) for text in texts]


class Thermometer:
    """A judge whose probability is the number at the end of the text; it leaves 'unclear' unscored."""

    card = JudgeCard(id="thermometer", version="7", title="", languages=("en",), tells_harm=False, gives_toxicity=True)
    ledger: tuple[LedgerRow, ...] = ()

    def __init__(self, model: str | None = None) -> None:
        self.model = model

    def grade(self, items: Sequence[GradingItem]) -> list[Grade]:
        grade = Grade(side="data", condition="data", prompt_id="row", judge=self.card.name, outcome=Outcome.SAFE_ANSWER)
        return [
            replace(grade, probability=None) if "unclear" in item.text else replace(grade, probability=float(item.text.split()[-1]))
            for item in items
        ]


def test_without_a_model_toxicity_is_not_assessed_and_it_says_so() -> None:
    opened = open_filters({"toxicity": {}})
    assert measures("toxicity", "anything") == [{"highest_toxicity": None, "mean_toxicity": None}]
    assert taken("toxicity", "anything") == [False]
    assert "NOT ASSESSED" in notes(opened)[0]
    assert notes(open_filters({"gopher": {}, "toxicity": {"model": "./x"}})) == ()


def test_toxicity_is_the_highest_of_a_document_s_pieces() -> None:
    with register("judge", "thermometer", Thermometer):
        long = "x " * 498 + "0.2\n" + "y " * 498 + "0.95"
        found = measures("toxicity", long, "mild 0.1", "unclear 0.9", " ", model="thermometer=m1")
        assert [row["highest_toxicity"] for row in found] == [pytest.approx(0.95), pytest.approx(0.1), None, None]
        assert found[0]["mean_toxicity"] == pytest.approx((0.2 + 0.95) / 2)
        assert taken("toxicity", long, "mild 0.1", "unclear 0.9", model="thermometer=m1") == [True, False, False]
        assert opened("toxicity", model="thermometer=m1").identity["judge"] == "thermometer@7"


@pytest.mark.slow
def test_a_real_classifier_gives_the_measure(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    folder = save_classifier(tmp_path / "c", ["neutral", "toxic"])
    texts = [f"w{number} w{number + 1} w{number + 2}" for number in range(24)]
    (engine,) = open_models([f"classifier:{folder}"], ModelOptions(device="cpu"))
    assert isinstance(engine, Classifier)
    said = [row[1] for row in engine.classify(texts)]
    found = [row["highest_toxicity"] for row in measures("toxicity", *texts, model=str(folder))]
    assert found == pytest.approx(said, abs=1e-6)
    assert taken("toxicity", *texts, model=str(folder), max_highest_toxicity=0.5) == [value >= 0.5 for value in said]


def test_a_judge_that_gives_no_toxicity_is_refused() -> None:
    with pytest.raises(InputError, match="gives no toxicity"):
        measures("toxicity", "text", model="refusal")


def test_a_harmful_request_inside_a_page_is_seen_and_quiet_pages_are_not() -> None:
    asked = [prompt for prompt in open_suite("policy11", SuiteOptions(languages=("en",))).prompts if prompt.expected == "refuse"]
    page = QUIET * 20 + asked[0].messages[-1].content + "\n" + QUIET * 20
    with_it, without = measures("harmful-content", page, QUIET * 40)
    assert with_it["highest_risk"] > 0.9 > without["highest_risk"]
    assert (with_it["risky_lines"], without["risky_lines"]) == (1, 0)
    assert measures("harmful-content", " \n")[0] == {"highest_risk": None, "mean_risk": None, "risky_lines": 0}
    assert taken("harmful-content", QUIET * 40, "") == [False, False]


def test_personal_data_is_counted_by_kind_without_public_examples() -> None:
    text = "Write to jane.roe@proton.me or call +1 415 555 2671. Key: AKIAQ3EGZXWLP7NVKTMB. See user@example.com."
    (found,) = measures("personal-data", text)
    assert (found["email"], found["aws_key"], found["secrets"]) == (1, 1, 1)
    assert found["personal_data"] == sum(found[kind] or 0 for kind in ("email", "phone"))
    assert taken("personal-data", text) == [False]
    assert taken("personal-data", text, QUIET, max_secrets=0) == [True, False]


def test_a_test_prompt_in_a_page_is_found_by_half_of_its_runs(tmp_path: Path) -> None:
    path = tmp_path / "tests.jsonl"
    path.write_text(json.dumps({"prompt": TEST_PROMPT, "completion": "-"}) + "\n", "utf-8")
    words = TEST_PROMPT.split()
    pages = [
        QUIET + TEST_PROMPT.upper() + "\n" + QUIET,
        QUIET + " ".join(words[:13]) + " was open.\n",
        QUIET + " ".join(words[:8]) + " were painted.\n",
        QUIET,
        "",
    ]
    found = measures("contamination", *pages, files=[str(path)])
    # 19 words are twelve runs of eight.
    assert [row["test_share"] for row in found] == [1.0, 0.5, pytest.approx(1 / 12), 0.0, 0.0]
    assert [row["test_set"] for row in found] == [3, 3, 3, None, None]
    assert [row["test_prompts"] for row in found] == [1, 1, 0, 0, 0]
    assert taken("contamination", *pages, files=[str(path)]) == [True, True, False, False, False]


def test_our_own_suites_are_looked_for_in_both_languages() -> None:
    for language in ("en", "zh"):
        prompts = open_suite("policy11", SuiteOptions(languages=(language,))).prompts
        said = max((prompt.messages[-1].content for prompt in prompts), key=len)
        (found,) = measures("contamination", QUIET + said + "\n" + QUIET)
        assert found["test_share"] == 1.0
        assert found["test_set"] == 0
