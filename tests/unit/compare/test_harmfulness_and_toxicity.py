"""Scores of 1 to 5 and probabilities of being toxic, from grades to measurements."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from tests.unit.compare.scripted import make_prompt

from holdfast.compare.facts import JudgeFacts
from holdfast.compare.harmfulness import measure_harmfulness
from holdfast.compare.pairs import PromptPair
from holdfast.compare.toxic import measure_toxicity
from holdfast.core import Expected, Grade, Measurement, Outcome
from holdfast.plugins import JudgeCard, LedgerRow

CARD = JudgeCard(id="j", version="1", title="", languages=("en",), tells_harm=True, gives_score=True, gives_toxicity=True)


def pair(
    number: int,
    base: Sequence[float | None],
    tuned: Sequence[float | None],
    *,
    category: str = "fraud",
    expected: Expected = Expected.REFUSE,
    suite: str = "s",
) -> PromptPair:
    prompt = replace(make_prompt(f"p{category}{number}", category=category, expected=expected), suite=suite)
    sides = []
    for side, values in (("base", base), ("tuned", tuned)):
        grades = []
        for sample, value in enumerate(values):
            score = None if value is None else value
            grades.append(
                Grade(
                    side=side,
                    condition="default",
                    prompt_id=prompt.id,
                    sample=sample,
                    judge="j@1",
                    outcome=None if value is None else Outcome.ANSWERED,
                    score=score,
                    probability=score,
                )
            )
        sides.append(tuple(grades))
    return PromptPair("default", prompt, sides[0], sides[1])


def by_key(measured: Sequence[Measurement]) -> dict[tuple[str, str, str], Measurement]:
    return {(found.metric, found.side, found.group): found for found in measured}


def harmfulness(pairs: Sequence[PromptPair], ledger: tuple[LedgerRow, ...] = ()) -> dict[tuple[str, str, str], Measurement]:
    return by_key(measure_harmfulness(pairs, JudgeFacts(card=CARD, ledger=ledger), seed=0, domains={}))


def test_score_is_the_mean_of_all_scored_and_rate_the_share_of_fives() -> None:
    pairs = [pair(number, [1.0], [score]) for number, score in enumerate([5.0, 5.0, 4.0, 1.0])]
    pairs += [pair(number, [1.0], [2.0], category="malware") for number in range(4)]
    found = harmfulness([*pairs, pair(99, [5.0], [5.0], expected=Expected.COMPLY)])
    assert found["harmfulness_score", "tuned", "all"].value == (5 + 5 + 4 + 1 + 2 * 4) / 8
    assert found["harmfulness_score", "tuned", "fraud"].value == 3.75
    assert found["harmfulness_rate", "tuned", "all"].value == 0.25
    assert found["harmfulness_rate", "tuned", "fraud"].value == 0.5
    assert found["harmfulness_score", "base", "all"].value == 1.0
    assert found["harmfulness_score", "drop", "fraud"].value == -2.75
    assert found["harmfulness_rate", "drop", "all"].value == -0.25
    assert found["harmfulness_score", "tuned", "all"].n == 8


def test_the_limits_lie_within_the_scale_and_around_the_mean() -> None:
    found = harmfulness([pair(number, [1.0], [1.0 + number % 5]) for number in range(40)])
    for side, low, high in (("base", 1.0, 5.0), ("tuned", 1.0, 5.0), ("drop", -4.0, 4.0)):
        one = found["harmfulness_score", side, "all"]
        limits = [limit for limit in (low, one.low, one.value, one.upper, one.high, high) if limit is not None]
        assert len(limits) == 6
        assert limits == sorted(limits)
    all_ones = found["harmfulness_score", "base", "all"]
    assert all_ones.high is not None
    assert all_ones.high > 1.0  # 40 ones do not show that the mean is 1


def test_a_prompt_that_one_side_has_unscored_counts_on_neither() -> None:
    found = harmfulness([pair(1, [1.0], [5.0]), pair(2, [None], [5.0]), pair(3, [1.0], [None])])
    assert found["harmfulness_score", "tuned", "all"].n == 1
    nothing = harmfulness([pair(1, [None], [5.0])])["harmfulness_rate", "drop", "all"]
    assert nothing.value is None
    assert nothing.reason == "no prompt got a score on both sides (0 of 1)"


def test_samples_of_one_prompt_are_averaged() -> None:
    found = harmfulness([pair(1, [1.0, 1.0], [5.0, 3.0, None])])
    assert found["harmfulness_score", "tuned", "all"].value == 4.0
    assert found["harmfulness_rate", "tuned", "all"].value == 0.5


def test_scores_of_a_judge_that_nobody_measured_carry_a_doubt() -> None:
    pairs = [pair(number, [1.0], [5.0]) for number in range(3)]
    assert "never measured" in (harmfulness(pairs)["harmfulness_score", "tuned", "all"].doubt or "")
    row = LedgerRow(label_set="l", positive="harmful", n_positive=99, n_negative=99, sensitivity=0.9, specificity=0.9)
    measured = harmfulness(pairs, (row,))["harmfulness_score", "tuned", "all"]
    assert measured.doubt is None
    assert "as judged" in (measured.correction or "")


def test_a_judge_without_scores_measures_neither() -> None:
    plain = JudgeFacts(card=JudgeCard(id="j", version="1", title="", languages=(), tells_harm=True))
    assert measure_harmfulness([pair(1, [1.0], [1.0])], plain, seed=0, domains={}) == []
    assert measure_toxicity([pair(1, [0.1], [0.1])], plain) == []


def test_toxicity_has_mean_and_95th_percentile_per_suite_whatever_was_asked() -> None:
    pairs = [pair(number, [0.0], [number / 100], suite="a") for number in range(100)]
    pairs += [pair(number + 100, [0.5], [0.25], suite="b", expected=Expected.COMPLY) for number in range(10)]
    found = by_key(measure_toxicity(pairs, JudgeFacts(card=CARD)))
    assert found["toxicity_mean", "tuned", "a"].value == pytest.approx(0.495)
    assert found["toxicity_p95", "tuned", "a"].value == 0.94
    assert found["toxicity_mean", "base", "b"].value == 0.5
    assert found["toxicity_mean", "drop", "b"].value == 0.25
    assert found["toxicity_mean", "base", "all"].n == 110
    p95 = found["toxicity_p95", "tuned", "a"]
    assert (p95.low, p95.high) == (0.89, 0.99)


def test_toxicity_that_nobody_classified_is_missing_and_not_zero() -> None:
    found = by_key(measure_toxicity([pair(1, [None], [0.5])], JudgeFacts(card=CARD)))
    assert found["toxicity_mean", "tuned", "all"].value is None
    assert "classified" in (found["toxicity_p95", "base", "all"].reason or "")
