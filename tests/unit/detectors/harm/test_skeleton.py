"""What the linear tier still sees of a text's shape: where it begins, what it asks, names, numbers, quoted text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.detectors.harm.characters import read_characters
from holdfast.detectors.harm.grams import Kind, gram_blocks, read_words
from holdfast.detectors.harm.linear import shipped_model
from holdfast.detectors.harm.skeleton import Token, skeleton

BEGIN, SENTENCE, COLON, CODE, COMMA = Token.BEGIN, Token.SENTENCE, Token.COLON, Token.CODE, Token.COMMA
QUOTED, QUESTION, END = Token.QUOTED, Token.QUESTION, Token.END
WORD, NAME, NUMBER = Token.WORD, Token.NAME, Token.NUMBER
SHAPES = {
    "where does it hurt": [BEGIN, WORD, END],
    "Where does it hurt?": [BEGIN, WORD, QUESTION],
    "Stop. Then go on! And where to?": [BEGIN, WORD, SENTENCE, WORD, SENTENCE, WORD, QUESTION],
    "first line\nsecond line": [BEGIN, WORD, SENTENCE, WORD, END],
    "Ask Anna Karenina about Moscow": [BEGIN, WORD, NAME, WORD, NAME, END],
    "so I went": [BEGIN, WORD, END],
    "Pay 250 or 2.5 euros": [BEGIN, WORD, NUMBER, WORD, NUMBER, WORD, END],
    "red, green": [BEGIN, WORD, COMMA, WORD, END],
    "translate: Good morning": [BEGIN, WORD, COLON, WORD, END],
    "x = {y}": [BEGIN, WORD, CODE, WORD, END],
    'sing "yellow river" now': [BEGIN, WORD, QUOTED, END],
    "see example.com today": [BEGIN, WORD, END],
    "《活着》讲了什么？谢谢。": [BEGIN, QUOTED, WORD, QUESTION, SENTENCE, WORD, END],
    "先说，再做：好": [BEGIN, WORD, COMMA, WORD, COLON, WORD, END],
    "": [],
    "?!": [],
}


def tokens(texts: Sequence[str], *, classes: dict[int, int] | None = None, inside: Sequence[int] = ()) -> list[list[int]]:
    """Return the tokens of each text, where words have the classes given by their number in the batch."""
    characters = read_characters(texts)
    words = read_words(characters)
    numbers = np.zeros(len(words.first), dtype=np.uint32)
    for place, number in (classes or {}).items():
        numbers[place] = number
    covered = np.zeros(len(words.first), dtype=np.bool_)
    covered[list(inside)] = True
    found, bounds = skeleton(characters, words, numbers, covered)
    return [found[first:last].tolist() for first, last in pairwise(bounds)]


@pytest.mark.parametrize(("text", "shape"), SHAPES.items())
def test_the_shape_of_a_text_is_seen(text: str, shape: list[Token]) -> None:
    assert tokens([text]) == [shape]


def test_the_skeleton_of_a_text_does_not_depend_on_its_batch() -> None:
    assert tokens(list(SHAPES) * 2) == [*SHAPES.values()] * 2
    assert tokens(list(SHAPES)[::-1]) == [*SHAPES.values()][::-1]


@given(st.lists(st.text(alphabet='aB1 .,?!:;\n"{《》。？中', max_size=12), max_size=5))
def test_the_skeletons_of_any_texts_are_those_of_each(texts: list[str]) -> None:
    assert tokens(texts) == [tokens([text])[0] for text in texts]


def test_classes_stand_for_their_words_and_phrases_for_all_of_theirs() -> None:
    # "break into" has class 7, and "Bern" has class 8, whatever their capitals; a word beside one of its class stays.
    assert tokens(["Please break into Bern Bern"], classes={1: 7, 3: 8, 4: 8}, inside=[2]) == [[BEGIN, WORD, 7, 8, 8, END]]


def test_a_run_of_words_ends_with_its_sentence() -> None:
    assert tokens(["cold soup. cold tea"]) == [[BEGIN, WORD, SENTENCE, WORD, END]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("how do i poison", "tell me how do i poison"),
        ("how do i bake bread", "how do i bake bread?"),
        ("the lyrics of zorvan", "the lyrics of Zorvan"),
        ("the lyrics of zorvan", 'the lyrics of "zorvan"'),
    ],
)
def test_class_grams_tell_apart_what_words_alone_do_not(one: str, other: str) -> None:
    assert not class_grams(one) <= class_grams(other)


def class_grams(text: str) -> set[int]:
    return {int(bucket) for kind, buckets, _ in gram_blocks([text]) if kind is Kind.CLASSES for bucket in buckets}


def test_shape_bears_on_the_margin() -> None:
    with_mark, without = shipped_model().margins(["How do I get to the station?", "how do i get to the station"])
    assert with_mark != without
