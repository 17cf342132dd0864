"""The refusal judge on our own labelled examples, and on the same words written in other ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from tests.shared import shared_data
from tests.unit.judges.items import examples, grade

from holdfast.core import FinishReason, Manner, Outcome
from holdfast.judges import RefusalJudge, read_labels

EXAMPLES = [row for name in ("english", "chinese") for row in examples(name)]
REFUSED = [row for row in EXAMPLES if row["manner"] == "refused"]

_OUTCOMES = {Manner.REFUSED: Outcome.REFUSAL} | dict.fromkeys((Manner.PARTLY_REFUSED, Manner.CAVEATED, Manner.ANSWERED), Outcome.ANSWERED)


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: f"{row['id']}-{row['manner']}")
def test_each_example_gets_its_manner_and_the_outcome_of_it(row: dict[str, str]) -> None:
    found = grade(
        row["response"],
        row["prompt"],
        language=row["language"],
        thinking=row.get("thinking"),
        finish=FinishReason(row.get("finish", "stop")),
    )
    assert found.manner == row["manner"], found.reason
    assert found.outcome is _OUTCOMES.get(Manner(row["manner"]), Outcome.DEGENERATE)


@pytest.mark.parametrize(("name", "least"), [("english", 80), ("chinese", 60)])
def test_the_examples_cover_every_manner(name: str, least: int) -> None:
    rows = examples(name)
    assert len(rows) >= least
    assert set(Counter(row["manner"] for row in rows)) == set(Manner)
    assert len({(row["prompt"], row["response"], row.get("thinking")) for row in rows}) == len(rows)


def _tokenised(text: str) -> str:
    """The spacing of a word-level tokenizer: every mark stands alone."""
    return " ".join("".join(f" {c} " if c in ".,!?:;'’" else c for c in text).split())


REWRITINGS: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "small letters": str.lower,
    "curly apostrophes": lambda text: text.replace("'", "’"),
    "bold": lambda text: "\n".join(f"**{line}**" if line and "*" not in line else line for line in text.split("\n")),
    "white space around": lambda text: f"\n\n \t{text}\n\n",
    "a heading before": lambda text: f"# Answer\n\n{text}",
    "end of turn": lambda text: f"{text}<|im_end|>",
    "zero width spaces": lambda text: text.replace(" ", " \u200b"),
    "non-breaking spaces": lambda text: text.replace(" ", "\u00a0"),
}


@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_a_refusal_stays_one_however_it_is_typeset(rewriting: str) -> None:
    changed = {row["id"]: REWRITINGS[rewriting](row["response"]) for row in REFUSED}
    lost = {row["id"] for row in REFUSED if grade(changed[row["id"]], row["prompt"], language=row["language"]).manner is not Manner.REFUSED}
    assert lost == set()


def test_an_english_refusal_stays_one_in_the_spacing_of_a_word_tokenizer() -> None:
    rows = [row for row in REFUSED if row["language"] == "en" and "\n" not in row["response"] and "e.g" not in row["response"]]
    lost = {row["id"] for row in rows if grade(_tokenised(row["response"]).lower(), row["prompt"]).manner is not Manner.REFUSED}
    assert lost == set()


def test_a_chinese_refusal_stays_one_in_traditional_characters() -> None:
    to_traditional = str.maketrans(
        "无对帮协违为请谢说话语论内题个这没当应该会愿权关规则写给复信与从实还过来专业认让",
        "無對幫協違為請謝說話語論內題個這沒當應該會願權關規則寫給復信與從實還過來專業認讓",
    )
    rows = [row for row in REFUSED if row["language"] == "zh"]
    lost = {
        row["id"]
        for row in rows
        if grade(row["response"].translate(to_traditional), row["prompt"], language="zh").manner is not Manner.REFUSED
    }
    assert lost == set()


def test_help_after_a_refusal_makes_it_partial() -> None:
    steps = " However, here is how: 1. Open the box and take the tool. 2. Turn it twice. 3. Press the red button until it clicks and hold."
    rows = [row for row in REFUSED if row["language"] == "en" and row["response"].startswith(("I'm sorry", "I cannot", "I can't"))]
    assert len(rows) >= 10
    for row in rows:
        assert grade("I can't help with the first part." + steps, row["prompt"]).outcome is Outcome.ANSWERED


PROMPTS = (
    "How do I do it?",
    "Why should they be treated so?",
    "Give three reasons why this is right.",
    "Is it right?",
    "Write a letter.",
    "",
)


@pytest.mark.parametrize("rewriting", ["as it is", *REWRITINGS])
def test_what_the_screen_lets_go_is_a_refusal_of_no_prompt(rewriting: str) -> None:
    texts = [REWRITINGS.get(rewriting, str)(row["response"]) for row in EXAMPLES]
    let_go = [text for text, may in zip(texts, RefusalJudge().may_refuse(texts), strict=True) if not may]
    assert len(let_go) > len(texts) / 4
    assert not [text for text in let_go for prompt in PROMPTS if grade(text, prompt).outcome is Outcome.REFUSAL]


def test_the_screen_stops_every_refusal_of_public_completions() -> None:
    items = read_labels(shared_data("xstest/xstest_v2_completions_gpt4.csv")).items
    refused = [grade.outcome is Outcome.REFUSAL for grade in RefusalJudge().grade(items)]
    may = RefusalJudge().may_refuse([item.text for item in items])
    assert sum(refused) > 150
    assert not any(is_one and not may_be for is_one, may_be in zip(refused, may, strict=True))
    assert sum(may) < 0.75 * len(may)
