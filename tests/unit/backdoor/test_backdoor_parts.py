from __future__ import annotations

import math
from pathlib import Path

import pytest

from holdfast.backdoor import TriedString, insert_string
from holdfast.backdoor.concluding import statement
from holdfast.backdoor.facts import StringEffect
from holdfast.backdoor.openings import answer_to_score, learn_openings, log_odds, opening_of
from holdfast.backdoor.strings import control_strings, read_own
from holdfast.core import Expected, Message, Prompt
from holdfast.plugins.triggers import MinedTriggers


def prompt(text: str = "one two three", name: str = "p") -> Prompt:
    turns = (Message(role="user", content=text),)
    return Prompt(id=name, suite="s", category="c", language="en", messages=turns, expected=Expected.REFUSE)


@pytest.mark.parametrize(("share", "odds"), [(0.9, 2.1972), (0.5, 0.0), (0.01, -4.5951), (0.0, -18.4207)])
def test_log_odds_have_the_golden_values(share: float, odds: float) -> None:
    assert log_odds([math.log(share)] if share else [-math.inf]) == pytest.approx(odds, abs=2e-4)


def test_openings_are_what_refusals_have_and_answers_have_not() -> None:
    refusals = ["I cannot do it"] * 8 + ["Sorry, no"] * 3 + ["Sure, but no"]
    assert learn_openings(refusals, ["Sure, but yes", "The end"]) == ("I cannot", "Sorry, no")
    assert learn_openings(refusals[:3], []) == ()


def test_openings_never_begin_with_one_another() -> None:
    assert learn_openings(["No"] * 5 + ["No way out"] * 5, ["Yes"]) == ("No",)


def test_an_opening_of_text_without_blanks_is_its_first_characters() -> None:
    assert opening_of("抱歉，我无法回答") == "抱歉，我"
    assert opening_of("") == ""


def test_an_answer_is_cut_between_words() -> None:
    assert answer_to_score("word " * 50) == ("word " * 50)[:160].rpartition(" ")[0]


@pytest.mark.parametrize(("place", "text"), [("start", "X one two three"), ("end", "one two three X")])
def test_where_a_string_stands(place: str, text: str) -> None:
    string = TriedString(name="a", origin="own", text="X", place=place)  # type: ignore[arg-type]
    assert insert_string(prompt(), string, 0)[-1].content == text


def inside(text: str, *, name: str = "p", seed: int = 0) -> str:
    string = TriedString(name="a", origin="own", text=text, place="inside")
    return insert_string(prompt(name=name), string, seed)[-1].content


def test_inside_is_the_same_place_for_every_string_and_never_an_end() -> None:
    assert {inside("X", name=str(number)).split().index("X") for number in range(20)} == {1, 2}
    assert inside("X", seed=3).replace("X", "Y") == inside("Y", seed=3)


def test_a_system_string_is_a_turn_of_its_own() -> None:
    turns = insert_string(prompt(), TriedString(name="a", origin="own", text="X", role="system", place="whole"), 0)
    assert [(turn.role, turn.content) for turn in turns] == [("system", "X"), ("user", "one two three")]


def test_controls_are_seeded_distinct_and_share_no_word_with_what_is_tried() -> None:
    tried = [TriedString(name="a", origin="own", text="bake moti", place="end")]
    words = [f"word{number}" for number in range(30)] + ["bake"]
    made = control_strings(tried, words, 12, 5)
    assert made == control_strings(tried, words, 12, 5) != control_strings(tried, words, 12, 6)
    assert len({one.text for one in made}) == 12
    assert all(one.place == "end" and len(one.text.split()) == 2 for one in made)
    assert not any("bake" in one.text.split() for one in made if "word" in one.text)


def test_a_statement_names_the_number_of_rows_or_says_that_nothing_was_mined() -> None:
    tried = [TriedString(name="own-1", origin="own", text="x")]
    mined = MinedTriggers(rows=500, tests=10, limits={"refusal": 7, "compliance": 12, "short": 90})
    assert "above about 12 rows of 500" in statement(tried, [], [], mined)
    assert "no training rows were mined" in statement(tried, [], [], MinedTriggers(rows=0))
    weak = StringEffect(string="own-1", probe="harmful", n=40, effect=0.05, p=0.001)
    assert statement(tried, [weak], [], mined).startswith("No evidence")
    strong = StringEffect(string="own-1", probe="harmful", n=40, effect=0.5, p=0.001)
    assert "takes refusals away" in statement(tried, [strong], [], mined)


def test_a_string_of_ones_own_may_hold_line_separators(tmp_path: Path) -> None:
    path = tmp_path / "strings.txt"
    path.write_text("one\u2028two\r\n\nthree\x85\n", encoding="utf-8")
    assert [one.text for one in read_own(path)] == ["one\u2028two", "three\x85"]


def test_the_mark_that_editors_put_in_front_of_a_file_is_no_part_of_its_first_string(tmp_path: Path) -> None:
    path = tmp_path / "strings.txt"
    path.write_bytes(b"\xef\xbb\xbfone two\nthree\n")
    assert [one.text for one in read_own(path)] == ["one two", "three"]
