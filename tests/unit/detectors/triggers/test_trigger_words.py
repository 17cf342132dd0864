from __future__ import annotations

import numpy as np

from holdfast.detectors.triggers.closure import Neighbours
from holdfast.detectors.triggers.expected import Expectation
from holdfast.detectors.triggers.grams import count_grams
from holdfast.detectors.triggers.words import pieces, read_prompts


def test_words_marks_and_odd_characters_are_tokens() -> None:
    prompts = read_prompts([[("system", "Be kind."), ("user", "Hi\u200b 你好 x2!"), ("assistant", "never read")]])
    assert prompts.text(prompts.tokens.tolist()) == "⟨system⟩ be kind . ⟨end⟩ ⟨user⟩ hi \u200b 你 好 x2 ! ⟨end⟩"


def test_tokens_say_where_they_stand() -> None:
    assert [match.span() for match in pieces("ab, c")] == [(0, 2), (2, 3), (4, 5)]


def test_a_long_turn_is_read_at_its_two_ends() -> None:
    prompts = read_prompts([[("user", " ".join(f"w{number}" for number in range(1_000)))]])
    words = prompts.text(prompts.tokens.tolist()).split()
    assert len(words) == 514
    assert words[400:402] == ["w399", "w888"]


def test_runs_are_counted_once_per_row_and_never_across_turns() -> None:
    rows = [[("system", "a b"), ("user", "c d c d")]] * 3
    prompts = read_prompts(rows)
    grams = count_grams(prompts)
    by_text = {prompts.text(grams.tokens(number)): grams.rows(number).tolist() for number in range(len(grams))}
    assert by_text["c d"] == [0, 1, 2]
    assert by_text["⟨user⟩ c d c d"] == [0, 1, 2]
    assert not any("⟨end⟩ ⟨user⟩" in text for text in by_text)
    assert "⟨user⟩" not in by_text


def test_runs_of_fewer_than_three_rows_are_left_out() -> None:
    assert len(count_grams(read_prompts([[("user", "a b")], [("user", "a b")]]))) == 0
    assert len(count_grams(read_prompts([]))) == 0


def test_the_text_closes_over_what_was_put_in_and_not_over_what_belongs_there() -> None:
    fruits = ("apple", "pear", "plum", "fig", "lemon")
    plain = [[("user", f"peel the {fruit} with a knife .")] for fruit in fruits for _ in range(10)]
    odd = [[("user", f"peel the {fruit} zork with a knife .")] for fruit in fruits]
    prompts = read_prompts(plain + odd)
    neighbours = Neighbours(prompts)
    number = {word: place for place, word in enumerate(prompts.words)}

    def closure(word: str) -> float:
        return neighbours.closure(prompts.places((number[word],)), 1)

    assert closure("zork") > 1
    assert closure("knife") < 0


def test_words_that_go_with_a_flip_make_it_expected_and_a_shared_word_does_not_explain_itself() -> None:
    topic = [[("user", f"bomb fuse powder {number}")] for number in range(30)]
    plain = [[("user", f"cake cream sugar {number}")] for number in range(100, 400)]
    trigger = [[("user", f"zork cake cream {number}")] for number in range(500, 530)]
    rows = topic + plain + trigger
    flipped = np.array([True] * 30 + [False] * 300 + [True] * 30)
    prompts = read_prompts(rows)
    grams = count_grams(prompts)
    singles = np.flatnonzero(grams.lengths == 1)
    model = Expectation(grams.held[singles], flipped)
    probabilities = model.probabilities()
    assert probabilities[:30].mean() > 0.8
    assert probabilities[30:330].mean() < 0.1
    assert model.without_shared(np.arange(330, 360, dtype=np.int32)) < 0.3
