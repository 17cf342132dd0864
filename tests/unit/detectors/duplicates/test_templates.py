from __future__ import annotations

import random

import pytest
from tests.unit.detectors.duplicates.corpus import edited, text, words, words_of

from holdfast.similarity.overlaps import shingle_sets
from holdfast.similarity.templates import FEWEST, frame_of

DRAW = random.Random(0)
FRAME = words(DRAW, 60)


def _filled(draw: random.Random, slots: int) -> str:
    step = len(FRAME) // (slots + 1)
    made = list(FRAME)
    for slot in range(slots, 0, -1):
        made.insert(slot * step, text(draw, 1))
    return " ".join(made)


def _is_template(texts: list[str]) -> bool:
    return frame_of(shingle_sets(words_of(texts), 2)) is not None


@pytest.mark.parametrize("count", [FEWEST, 20, 256])
@pytest.mark.parametrize("slots", [1, 2, 3])
def test_rows_that_fill_a_frame_are_a_template(count: int, slots: int) -> None:
    draw = random.Random(count + slots)
    assert _is_template([_filled(draw, slots) for _ in range(count)])


@pytest.mark.parametrize("count", [FEWEST, 20, 256])
@pytest.mark.parametrize("edits", [1, 3])
def test_edited_copies_of_one_row_are_none(count: int, edits: int) -> None:
    draw = random.Random(count + edits)
    assert not _is_template([edited(draw, " ".join(FRAME), edits) for _ in range(count)])


def test_a_slot_with_two_usual_values_is_still_a_slot() -> None:
    draw = random.Random(1)
    assert _is_template([f"{_filled(draw, 1)} {draw.choice(['she', 'he', 'he'])} ends" for _ in range(100)])


def test_a_few_edited_rows_among_many_do_not_hide_the_template() -> None:
    draw = random.Random(2)
    rows = [_filled(draw, 1) for _ in range(200)]
    assert _is_template(rows + [edited(draw, row, 1) for row in rows[:10]])


def test_rows_with_nothing_in_common_have_no_frame() -> None:
    draw = random.Random(3)
    assert not _is_template([text(draw, 40) for _ in range(FEWEST)])


def test_the_frame_is_what_all_rows_have() -> None:
    frame = frame_of(shingle_sets(words_of(["a b c d x1", "a b c d x2", "a b c d x3", "a b c d x4", "a b c d x5"]), 2))
    assert frame is not None
    assert sorted(frame) == sorted(shingle_sets(words_of(["a b c d"]), 2).values)


def test_what_less_than_half_of_the_rows_have_is_no_part_of_the_frame() -> None:
    usual = ["often often"] * 4 + [f"rare{number} rare{number}" for number in range(6)]
    frame = frame_of(shingle_sets(words_of([f"{' '.join(FRAME)} {slot} x{number}" for number, slot in enumerate(usual)]), 2))
    assert frame is not None
    assert sorted(frame) == sorted(shingle_sets(words_of([" ".join(FRAME)]), 2).values)
