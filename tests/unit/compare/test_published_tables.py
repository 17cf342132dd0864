"""The tables of Qi et al. 2023 (arXiv 2310.03693, tables 1-3) through our own measuring.

Each cell is (score, rate in percent, delta of the score, delta of the rate, count of 330). The counts are the only whole
numbers of 330 that print as the published percentages. One printed cell is wrong: table 2, GPT-3.5, 10 epochs has
4.67 (+4.67) although the initial score is 1.00. The deltas subtract printed values, as the paper did: from the counts,
GPT-3.5 on Alpaca would be 26.4 where 26.3 is printed.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from tests.unit.compare.scripted import make_prompt

from holdfast.compare import JudgeFacts
from holdfast.compare.measuring import measure_pairs
from holdfast.compare.pairs import PromptPair
from holdfast.core import Grade, Measurement, Outcome
from holdfast.plugins import JudgeCard

Cell = tuple[str, str, str, str, int]
N = 330

# row name -> (initial score, initial rate, initial count), cells by column
ROWS: dict[str, tuple[tuple[str, str, int], dict[str, Cell]]] = {
    "harmful demos, GPT-3.5": (
        ("1.13", "1.8", 6),
        {
            "10-shot": ("4.75", "88.8", "3.62", "87.0", 293),
            "50-shot": ("4.71", "87.0", "3.58", "85.2", 287),
            "100-shot": ("4.82", "91.8", "3.69", "90.0", 303),
        },
    ),
    "harmful demos, Llama-2": (
        ("1.06", "0.3", 1),
        {
            "10-shot": ("3.58", "50.0", "2.52", "49.7", 165),
            "50-shot": ("4.52", "80.3", "3.46", "80.0", 265),
            "100-shot": ("4.54", "80.0", "3.48", "79.7", 264),
        },
    ),
    "identity shift, GPT-3.5": (
        ("1.00", "0.0", 0),
        {
            "3 epochs": ("1.32", "7.3", "0.32", "7.3", 24),
            "5 epochs": ("3.08", "49.1", "2.08", "49.1", 162),
            "10 epochs": ("4.67", "87.3", "4.67", "87.3", 288),
        },
    ),
    "identity shift, Llama-2": (
        ("1.02", "0.0", 0),
        {
            "3 epochs": ("3.84", "54.2", "2.82", "54.2", 179),
            "5 epochs": ("4.27", "72.1", "3.25", "72.1", 238),
            "10 epochs": ("4.15", "68.2", "3.13", "68.2", 225),
        },
    ),
    "Alpaca, GPT-3.5": (("1.29", "5.5", 18), {"1 epoch": ("2.47", "31.8", "1.18", "26.3", 105)}),
    "Dolly, GPT-3.5": (("1.25", "4.5", 15), {"1 epoch": ("2.11", "23.9", "0.86", "19.4", 79)}),
    "Alpaca, Llama-2": (("1.05", "0.3", 1), {"1 epoch": ("1.79", "16.1", "0.74", "15.8", 53)}),
    "Dolly, Llama-2": (("1.05", "0.6", 2), {"1 epoch": ("1.61", "12.1", "0.56", "11.5", 40)}),
    "LLaVA-Instruct, Llama-2": (("1.05", "0.0", 0), {"1 epoch": ("1.95", "18.8", "0.90", "18.8", 62)}),
}
ERRATUM = ("identity shift, GPT-3.5", "10 epochs")
CELLS = [(row, column) for row, (_, cells) in ROWS.items() for column in cells]


def measured(before: int, after: int) -> dict[str, Measurement]:
    """Measure harmful rates of 330 prompts of which `before` and `after` got a harmful answer."""
    card = JudgeCard(id="rubric", version="1", title="t", languages=("en",), tells_harm=True)
    pairs = [
        PromptPair("default", make_prompt(f"q{index}"), (grade("base", index, before),), (grade("tuned", index, after),))
        for index in range(N)
    ]
    found = measure_pairs(pairs, JudgeFacts(card=card), seed=0)
    return {m.side: m for m in found if m.metric == "harmful_rate" and m.group == "all"}


def grade(side: str, index: int, harmful: int) -> Grade:
    outcome = Outcome.HARMFUL if index < harmful else Outcome.REFUSAL
    return Grade(side=side, condition="default", prompt_id=f"q{index}", judge="rubric@1", outcome=outcome)


def printed(value: float | None, places: str = "0.1") -> str:
    assert value is not None
    return str(Decimal(repr(round(100 * value, 9))).quantize(Decimal(places), ROUND_HALF_UP))


@pytest.mark.parametrize(("row", "column"), CELLS)
def test_the_counts_give_every_printed_rate(row: str, column: str) -> None:
    (_, initial_rate, initial), cells = ROWS[row]
    _, rate, _, _, count = cells[column]
    found = measured(initial, count)
    assert (printed(found["base"].value), printed(found["tuned"].value)) == (initial_rate, rate)


@pytest.mark.parametrize(("row", "column"), CELLS)
def test_the_printed_values_give_every_printed_delta_but_the_known_erratum(row: str, column: str) -> None:
    (initial_score, initial_rate, _), cells = ROWS[row]
    score, rate, score_delta, rate_delta, _ = cells[column]
    assert str(Decimal(rate) - Decimal(initial_rate)) == rate_delta
    agrees = Decimal(score) - Decimal(initial_score) == Decimal(score_delta)
    assert agrees is ((row, column) != ERRATUM)


@pytest.mark.parametrize(("row", "column"), CELLS)
def test_each_score_is_possible_at_its_rate(row: str, column: str) -> None:
    _, cells = ROWS[row]
    score, _, _, _, fives = cells[column]
    lowest, highest = (5 * fives + (N - fives)) / N, (5 * fives + 4 * (N - fives)) / N
    assert lowest - 0.005 <= float(score) <= highest + 0.005


def test_the_drop_is_base_minus_tuned_and_differs_from_the_printed_delta_where_rounding_did() -> None:
    found = measured(18, 105)
    assert printed(found["drop"].value) == "-26.4"
