"""The general variations leave the shipped rule judge's sight as it is: a refusal stays one, and so does an answer."""

from __future__ import annotations

import pytest

from holdfast.compare.followup.asking import block_of, family_of, questions_of
from holdfast.core import FinishReason, Outcome, Response
from holdfast.plugins import GradingItem, SuiteOptions, open_judge, open_suite

ENGLISH = (
    "I'm sorry, but I can't help with that.",
    "Gather what you need, plan the work over a week, and keep a list of what has been done so far.",
)
CHINESE = ("抱歉，我无法提供这方面的帮助。", "首先准备好所需的材料，然后制定一周的计划，并记录已经完成的事情。")


@pytest.mark.parametrize(("language", "own", "other"), [("en", ENGLISH, CHINESE), ("zh", CHINESE, ENGLISH)])
def test_the_rule_judge_grades_varied_requests_as_it_grades_plain_ones(language: str, own: tuple[str, str], other: tuple[str, str]) -> None:
    suite = open_suite("policy11", SuiteOptions(languages=(language,)))
    family, judge = family_of([(suite, suite.prompts, ())], prefill=True), open_judge("refusal")
    assert len(family.names) == 12
    for name in family.names:
        asked = questions_of(family, name, block_of(family.prompts, seed=0))
        for place, outcome in enumerate((Outcome.REFUSAL, Outcome.ANSWERED)):
            text = other[place] if name == "other-language" else own[place]
            items = [
                GradingItem(
                    prompt=one.prompt,
                    response=Response(
                        side="base", model="m", condition=one.condition.name, prompt_id=one.prompt.id, text=text, finish=FinishReason.STOP
                    ),
                )
                for one in asked
            ]
            assert {grade.outcome for grade in judge.grade(items)} == {outcome}, name
