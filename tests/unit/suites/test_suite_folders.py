"""A suite folder of one's own, and each way in which it can be broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.core import Expected, SuiteError
from holdfast.plugins import SuiteOptions, open_suite
from holdfast.suites.cards import parse_card

CARD = """
name: own
version: "3"
title: A suite of one's own
licence: Apache-2.0
languages: [en, zh]
size: 2
expected: caution
measures: something
method: by hand
limits: [It is tiny.]
categories: {first: one, second: two}
conditions: [{name: default, system: Be brief.}]
judge: refusal
"""
BOTH = SuiteOptions(languages=("en", "zh"))


def line(number: int, category: str = "first", text: str = "How is it done?") -> str:
    return json.dumps({"id": f"own-{number}", "category": category, "text": text})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "own"
    path.mkdir()
    (path / "card.yaml").write_text(CARD, encoding="utf-8")
    for language in ("en", "zh"):
        (path / f"prompts.{language}.jsonl").write_text(f"{line(1)}\n{line(2, 'second')}\n", encoding="utf-8")
    return path


def rewrite(folder: Path, *lines: str, name: str = "prompts.en.jsonl") -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_folder_with_a_card_opens_as_a_suite(folder: Path) -> None:
    suite = open_suite(str(folder), BOTH)
    assert (suite.name, suite.version, suite.judge, suite.limits) == ("own", "3", "refusal", ("It is tiny.",))
    assert [prompt.id for prompt in suite.prompts] == ["own-1.en", "own-2.en", "own-1.zh", "own-2.zh"]
    assert {prompt.expected for prompt in suite.prompts} == {Expected.CAUTION}
    assert [condition.system for condition in suite.conditions] == ["Be brief."]


def test_a_card_may_bring_variations_and_each_must_hold_the_request(folder: Path) -> None:
    said = "variations: [{name: polite, kind: politeness, title: t, frame: 'please, {request}'}]\n"
    (folder / "card.yaml").write_text(CARD + said, encoding="utf-8")
    assert [variation.frame for variation in open_suite(str(folder), BOTH).variations] == ["please, {request}"]
    (folder / "card.yaml").write_text(CARD + said.replace("{request}", "request"), encoding="utf-8")
    with pytest.raises(SuiteError, match=r"variation 'polite': its frame must hold \{request\} once"):
        open_suite(str(folder), BOTH)


def test_a_missing_language_file_is_named(folder: Path) -> None:
    (folder / "prompts.zh.jsonl").unlink()
    with pytest.raises(SuiteError, match=r"own: no prompts\.zh\.jsonl in this suite folder"):
        open_suite(str(folder), BOTH)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((line(1), "{broken"), r"own/prompts\.en\.jsonl:2: expected an object with id, category and text"),
        ((line(1), '{"id": "own-2", "category": "first"}'), r"prompts\.en\.jsonl:2: .*text"),
        ((line(1), line(2, "secnd")), r"prompts\.en\.jsonl:2: category 'secnd' is not on the card\. Did you mean 'second'\?"),
        ((line(1), line(1)), r"prompts\.en\.jsonl:2: id 'own-1' was already used on line 1"),
        ((line(1), line(2, text=" ")), r"prompts\.en\.jsonl:2: the text is empty"),
        ((line(1),), r"the card promises 2 requests, the file holds 1"),
        ((line(1), line(3)), r"request 'own-2' is not there in every language"),
    ],
)
def test_a_broken_prompt_file_is_one_sentence_with_its_line(folder: Path, lines: tuple[str, ...], message: str) -> None:
    rewrite(folder, *lines)
    with pytest.raises(SuiteError, match=message):
        open_suite(str(folder), BOTH)


def test_a_card_with_a_missing_or_unknown_field_is_refused() -> None:
    with pytest.raises(SuiteError, match=r"own/card\.yaml: not a suite card: .*licence"):
        parse_card(CARD.replace("licence: Apache-2.0\n", ""), "own/card.yaml")
    with pytest.raises(SuiteError, match="unknown field `lisence`"):
        parse_card(CARD + "lisence: MIT\n", "own/card.yaml")


def test_a_card_that_is_no_yaml_is_refused_with_the_line() -> None:
    with pytest.raises(SuiteError, match=r"own/card\.yaml:2: expected YAML"):
        parse_card("name: own\nlimits: [", "own/card.yaml")


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "prompts.en.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SuiteError, match=r"own/prompts\.en\.jsonl: cannot be read"):
        open_suite(str(folder), BOTH)
