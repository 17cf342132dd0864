"""The published rules at their borders, on texts whose numbers can be counted by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.unit.corpus.filters.asking import batch, measures, opened, reasons

from holdfast.core import InputError
from holdfast.corpus.filters import FILTERS, open_filters
from holdfast.corpus.steps import Trained

STOPS = "the of "


def distinct(count: int) -> str:
    """Words of four letters, all different."""
    letters = "bcdfghjklm"
    return " ".join("w" + "".join(letters[(place // 10**digit) % 10] for digit in range(3)) for place in range(count))


def test_a_document_needs_fifty_words() -> None:
    assert reasons("gopher", STOPS + distinct(48)) == set()
    assert reasons("gopher", STOPS + distinct(47)) == {"gopher: too few words"}


def test_symbols_alone_are_no_words() -> None:
    assert "gopher: too few words" in reasons("gopher", STOPS + distinct(47) + " -- ==")


def test_mean_word_length_is_judged_at_both_ends() -> None:
    assert reasons("gopher", STOPS + " ".join(["ab cd ef gh"] * 20), max_top_2_gram=None, max_top_3_gram=None, max_top_4_gram=None) >= {
        "gopher: words too short"
    }
    assert "gopher: words too long" in reasons("gopher", STOPS + " ".join(f"{word}abcdefgh" for word in distinct(60).split()))


def test_words_of_chinese_have_no_mean_length_and_stop_words_of_their_own() -> None:
    (found,) = measures("gopher", "这是一个关于河流的故事，他们在那里生活了很多年。")
    assert found["words"] == 22
    assert found["mean_word_length"] is None
    assert found["alphabetic_words"] == 1.0
    assert found["stop_words"] == 5


def test_hash_signs_and_ellipses_are_counted_per_word() -> None:
    (found,) = measures("gopher", "one two # three... four….. five #six")
    assert found["words"] == 6
    assert found["hashes_per_word"] == pytest.approx(2 / 6)
    assert found["ellipses_per_word"] == pytest.approx(2 / 6)


def test_lines_that_are_bullets_or_end_in_an_ellipsis_are_shares_of_lines_with_text() -> None:
    (found,) = measures("gopher", "• one\n\n  - two\r\nthree …\n\nfour")
    assert found["bullet_lines"] == 0.5
    assert found["ellipsis_lines"] == 0.25


def test_a_text_said_twice_is_half_duplicate() -> None:
    paragraph = distinct(40)
    (found,) = measures("gopher", f"{paragraph}\n\n{paragraph.upper()}")
    assert found["duplicate_lines"] == found["duplicate_paragraphs"] == 0.5
    assert found["duplicate_line_characters"] == 0.5
    assert found["duplicate_5_grams"] == found["duplicate_10_grams"] == 0.5


def test_characters_of_overlapping_runs_count_once() -> None:
    seven = distinct(7)
    (found,) = measures("gopher", f"{seven} {distinct(30)[35:]} {seven}")
    # 7 + 23 + 7 words of four letters; the last seven hold three runs of five.
    assert found["duplicate_5_grams"] == pytest.approx(7 / 37)
    assert found["duplicate_7_grams"] == pytest.approx(7 / 37)
    assert found["duplicate_8_grams"] == 0


def test_the_top_gram_is_the_most_frequent_and_of_those_the_longest() -> None:
    text = "aa bb x cccc dddd y aa bb z cccc dddd"
    (found,) = measures("gopher", text)
    assert found["top_2_gram"] == pytest.approx(16 / 27)
    (found,) = measures("gopher", text + " w aa bb")
    assert found["top_2_gram"] == pytest.approx(12 / 32)


def test_a_run_does_not_reach_into_the_next_document() -> None:
    first, second = measures("gopher", "one two three", "one two three")
    assert first["top_2_gram"] == second["top_2_gram"] == 0


def test_c4_counts_the_sentences_of_lines_that_it_would_keep() -> None:
    text = "A menu without an end mark here\nThis line says one thing. And it says another!\nToo short.\nThis one trails off like so..."
    (found,) = measures("c4", text)
    assert (found["lines"], found["kept_lines"], found["sentences"]) == (4, 1, 2)
    assert (found["unpunctuated_lines"], found["few_word_lines"]) == (2, 1)
    assert reasons("c4", text) == {"c4: too few sentences in lines that C4 keeps"}
    assert reasons("c4", text + '\nHe asked me then: "Is this a third sentence?"') == set()


@pytest.mark.parametrize(
    ("addition", "reason"),
    [("Lorem ipsum dolor.", "c4: lorem ipsum"), ("x = {};", "c4: a curly bracket")],
)
def test_c4_takes_pages_with_filler_or_code(addition: str, reason: str) -> None:
    text = "This line says one thing. And it says another! And then it says a third."
    assert reasons("c4", text) == set()
    assert reasons("c4", f"{text}\n{addition}") == {reason}


def test_c4_drops_lines_about_scripts_and_cookies() -> None:
    (found,) = measures("c4", "Please enable JavaScript to see this page.\nThis site uses cookies to know who you are.")
    assert (found["javascript_lines"], found["policy_lines"], found["kept_lines"]) == (1, 1, 0)


def test_a_phrase_is_not_found_across_two_documents() -> None:
    assert [found["lorem_ipsum"] for found in measures("c4", "lorem", " ipsum", "lorem ipsum")] == [0, 0, 1]


def test_bad_words_are_the_user_s_and_whole_words(tmp_path: Path) -> None:
    listed = tmp_path / "bad.txt"
    listed.write_text("Gadzooks\nrude phrase\n坏词\n", encoding="utf-8")
    texts = ("gadzooks, he said", "gadzookss", "a rude phrase; (gadzooks)", "这是坏词吗", "")
    assert [found["bad_words"] for found in measures("c4", *texts, bad_words=str(listed))] == [1, 0, 2, 1, 0]
    assert [found["bad_words"] for found in measures("c4", *texts)] == [None] * 5


def test_fineweb_takes_what_is_at_its_limits() -> None:
    long = "This is a line of more than thirty letters"
    kept = "\n".join([f"{long} {number}" for number in range(21)] + [f"{long} {number}." for number in range(3)])
    assert reasons("fineweb", kept) == set()
    at_limit = "\n".join([f"{long} {number}" for number in range(22)] + [f"{long} {number}." for number in range(3)])
    assert measures("fineweb", at_limit)[0]["punctuated_lines"] == pytest.approx(0.12)
    assert reasons("fineweb", at_limit) == {"fineweb: too few lines end in punctuation"}


def test_fineweb_takes_duplicated_and_short_lines() -> None:
    line = "A line that has more than thirty characters {}."
    lines = [line.format(number) for number in range(10)]
    assert reasons("fineweb", "\n".join(lines)) == set()
    assert reasons("fineweb", "\n".join([*lines, lines[0], lines[1]])) == {"fineweb: duplicate lines"}
    short = [f"Short {number}." for number in range(67)] + [line.format(number) for number in range(33)]
    assert reasons("fineweb", "\n".join(short)) == {"fineweb: too many short lines"}
    assert reasons("fineweb", "\n".join(short[1:])) == set()


def test_an_empty_document_goes_and_has_no_shares() -> None:
    (found,) = measures("fineweb", " \n ")
    assert found["punctuated_lines"] is None
    assert reasons("fineweb", "") == {"fineweb: no text"}
    assert "gopher: too few words" in reasons("gopher", "")


def test_a_threshold_of_none_leaves_a_rule_out() -> None:
    assert reasons("gopher", "one", min_words=None, min_stop_words=None) == set()


def test_a_threshold_is_no_part_of_the_identity() -> None:
    plain = opened("gopher")
    assert opened("gopher", min_words=7).identity == plain.identity
    assert opened("gopher", stop_words=["le", "la"]).identity != plain.identity


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_every_filter_describes_its_measures_and_takes_nothing_by_chance(name: str, tmp_path: Path) -> None:
    (one,) = open_filters({name: {}})
    if isinstance(one, Trained):
        one = one.train(iter([pa.array(["one text."], pa.large_string())]), tmp_path)
    table = one.measure(batch(["one text.", "", "\U0001f600"]))
    assert table.column_names == list(one.measures)
    decided = one.decide(table)
    assert all(reason.startswith(f"{name}: ") and len(flags) == 3 for reason, flags in decided.items())
    assert one.measure(batch([])).num_rows == 0
    json.dumps(dict(one.identity))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"goper": {}}, "Did you mean 'gopher'"),
        ({"gopher": {"min_word": 3}}, "Did you mean 'min_words'"),
        ({"gopher": {"min_words": "many"}}, "filters.gopher: Expected `int | null`, got `str`"),
        ({"c4": {"bad_words": "/nowhere/list"}}, "/nowhere/list: expected a text file"),
    ],
)
def test_what_is_wrong_in_the_settings_is_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said.replace("|", r"\|")):
        open_filters(settings)
