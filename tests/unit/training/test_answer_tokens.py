"""Which tokens of an answer are its first ones: per turn, per row of a pack, after any thinking."""

from __future__ import annotations

import pytest

from holdfast.core import InputError
from holdfast.training import ConstrainedConfig
from holdfast.training.answer_tokens import AnswerTokens

SETTINGS = ConstrainedConfig(early_tokens=3)
LATE, FIRST, EARLY = SETTINGS.late, SETTINGS.first, SETTINGS.early


class Pieces:
    """A tokenizer whose tokens are the pieces that a test names."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def ids(self, *pieces: str) -> list[int]:
        self.pieces += [piece for piece in pieces if piece not in self.pieces]
        return [self.pieces.index(piece) for piece in pieces]

    def decode(self, ids: list[int], **_: object) -> str:
        return "".join(self.pieces[one] for one in ids)


def betas(prompt: list[str], answer: list[str], more: tuple[str, ...] = ()) -> list[float]:
    """Betas of the answer's tokens."""
    tokenizer = Pieces()
    ids = tokenizer.ids(*prompt, *answer, *more)
    labels = [-100] * len(prompt) + ids[len(prompt) :]
    return AnswerTokens(tokenizer, SETTINGS).betas(ids, labels)[len(prompt) :]


def test_the_first_tokens_of_an_answer() -> None:
    assert betas(["<user>", "hi"], ["I", " am", " so", "rry", "."]) == [FIRST, EARLY, EARLY, LATE, LATE]


def test_a_short_answer_has_fewer() -> None:
    assert betas(["<user>"], ["No"]) == [FIRST]


def test_thinking_is_left_out_and_white_space_after_it_is_no_word() -> None:
    assert betas(["<user>"], ["<think>", "hm", "</think>", "\n\n", "I", " am", " so", "rry"]) == [LATE] * 4 + [FIRST, EARLY, EARLY, LATE]


def test_markers_may_be_cut_into_any_tokens() -> None:
    found = betas(["<user>"], ["<", "th", "ink>", "hm", "</", "think", ">\n\n", "I", " am"])
    assert found == [LATE] * 7 + [FIRST, EARLY]


def test_a_token_that_ends_the_thinking_and_begins_the_answer_is_the_first() -> None:
    assert betas(["<user>"], ["<think>", "hm", "</think>I", " am"]) == [LATE, LATE, FIRST, EARLY]


def test_an_empty_block_is_left_out_too() -> None:
    assert betas(["<user>"], ["<think>\n\n</think>\n\n", "I", " am"]) == [LATE, FIRST, EARLY]


def test_thinking_that_the_template_opened_and_the_answer_closes() -> None:
    assert betas(["<user>", "<think>", "\n"], ["hm", "</think>", "I", " am"]) == [LATE, LATE, FIRST, EARLY]


@pytest.mark.parametrize(("prompt", "answer"), [(["<user>"], ["<think>", "hm", "hm"]), (["<user>", "<think>\n"], ["hm", "hm", "hm"])])
def test_thinking_that_never_ends_holds_no_token(prompt: list[str], answer: list[str]) -> None:
    assert betas(prompt, answer) == [LATE] * 3


def test_channels_of_harmony() -> None:
    answer = ["<|channel|>", "analysis", "<|message|>", "hm", "<|channel|>", "final", "<|message|>", "I", " am"]
    assert betas(["<user>"], answer) == [LATE] * 7 + [FIRST, EARLY]


def test_every_turn_of_the_assistant_and_every_packed_row_starts_anew() -> None:
    tokenizer = Pieces()
    ids = tokenizer.ids("u", "a", "b", "u", "c", "u", "d", "e", "f", "g")
    labels = [-100, ids[1], ids[2], -100, ids[4], -100, ids[6], ids[7], ids[8], ids[9]]
    expected = [LATE, FIRST, EARLY, LATE, FIRST, LATE, FIRST, EARLY, EARLY, LATE]
    assert AnswerTokens(tokenizer, SETTINGS).betas(ids, labels, [5, 5]) == expected
    # Two rows without a prompt's token between their answers, as a cut row leaves them.
    labels[5] = -100
    apart = AnswerTokens(tokenizer, SETTINGS).betas(ids[1:3] + ids[6:8], [-100, ids[2], -100, ids[7]], [2, 2])
    assert apart == [LATE, FIRST, LATE, FIRST]


@pytest.mark.parametrize("lengths", [None, [2, 2]])
def test_rows_that_are_learned_from_their_first_token_on_are_refused(lengths: list[int] | None) -> None:
    tokenizer = Pieces()
    ids = tokenizer.ids("u", "a", "b", "c")
    with pytest.raises(InputError, match="learned from their first token on"):
        AnswerTokens(tokenizer, SETTINGS).betas(ids, [-100, *ids[1:]] if lengths else ids, lengths)
