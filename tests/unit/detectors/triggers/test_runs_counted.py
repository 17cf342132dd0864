"""Runs of tokens and words taken up, counted quickly, against plain counting."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.detectors.triggers.flips import _LONGER, _STEM, unrelated
from holdfast.detectors.triggers.grams import LEAST_ROWS, LONGEST, count_grams
from holdfast.detectors.triggers.words import MARKS, read_prompts

_CONTENT = st.one_of(st.none(), st.lists(st.sampled_from(["cat", "dog", "!"]), max_size=7).map(" ".join))
_PROMPTS = st.lists(st.lists(st.tuples(st.sampled_from(["system", "user"]), _CONTENT), max_size=2), max_size=9)


@settings(deadline=None)
@given(_PROMPTS)
@example([[("user", None), ("user", "")]] * 3)
@example([[("user", "cat")], [("user", "cat")], [("user", "cat cat dog")]])
def test_runs_of_three_rows_and_more_are_all_there(prompts: list[list[tuple[str, str | None]]]) -> None:
    read = read_prompts(prompts)
    held: dict[tuple[int, ...], set[int]] = {}
    for length in range(1, LONGEST + 1):
        for start in range(len(read.tokens) - length + 1):
            run = tuple(read.tokens[start : start + length].tolist())
            if read.turns[start] == read.turns[start + length - 1] and max(run) >= len(MARKS):
                held.setdefault(run, set()).add(int(read.rows[start]))
    grams = count_grams(read)
    found = {grams.tokens(number): grams.rows(number).tolist() for number in range(len(grams))}
    assert len(found) == len(grams)
    assert found == {run: sorted(rows) for run, rows in held.items() if len(rows) >= LEAST_ROWS}


_WORDS = st.lists(
    st.sampled_from(["planet", "planets", "plan", "12", "123", "天气", "天", "Hello", " ", "x", "x" * 1_990]), max_size=8
).map("".join)


@settings(deadline=None)
@given(_WORDS, _WORDS)
@example("planet", "an aplanet")
@example("天气", "今天气温")
def test_an_answer_that_takes_up_no_word(request: str, answer: str) -> None:
    asked, said = ({found[:_STEM] for found in _LONGER.findall(text.lower()[:2_000])} for text in (request, answer))
    assert unrelated([request], [answer]).tolist() == [bool(asked) and bool(answer.strip()) and asked.isdisjoint(said)]
