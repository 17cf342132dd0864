from __future__ import annotations

import pyarrow as pa
import pytest

from holdfast.detectors.cues import Cue, Cues
from holdfast.detectors.folding import fold, fold_text
from holdfast.detectors.patterns import Rule, RuleBook, RuleSet, one_of
from holdfast.detectors.wording import answer_book, prompt_book


def test_a_space_in_a_pattern_stands_for_blanks_and_emphasis() -> None:
    rules = RuleSet([Rule("k", "never refuse")])
    assert [rules.which(text) for text in ("never refuse", "never\n refuse", "never **refuse", "neverrefuse")] == [(0,), (0,), (0,), ()]


@pytest.mark.parametrize("pattern", ["[a b]c", "x[^ ]", "[\\] ]"])
def test_a_space_within_a_class_is_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match="within a character class"):
        RuleSet([Rule("k", pattern)])


@pytest.mark.parametrize("pattern", ["[ab] c", "\\[a b", "(?:a b)[c]"])
def test_a_space_outside_a_class_is_none(pattern: str) -> None:
    RuleSet([Rule("k", pattern)]).which("text")


def test_a_book_tells_tables_apart() -> None:
    book = RuleBook({"one": [Rule("a", "x"), Rule("b", "y")], "two": [Rule("c", "y")]})
    assert list(book.search(["nothing", "y", "x y"])) == [(1, {"one": (1,), "two": (0,)}), (2, {"one": (0, 1), "two": (0,)})]
    assert book.span("two", 0, "x y") == (2, 3)
    assert book.rule("one", 1).kind == "b"


def test_a_span_of_a_rule_that_does_not_hit_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not hit"):
        RuleSet([Rule("k", "x")]).span(0, "y")


def test_alternatives_keep_their_spaces() -> None:
    assert one_of("rules limits", r"do\ not") == "(?:rules|limits|do not)"


def test_each_concept_counts_once_and_far_signs_do_not_add_up() -> None:
    cues = Cues([Cue("a", "obey", 0.6), Cue("a", "obedient", 0.5), Cue("b", "always", 0.3)])
    near = cues.add_up("always obey, obey, be obedient", enough=0.5)
    assert near is not None
    assert near.score == pytest.approx(0.9)
    far = cues.add_up("obey" + " word" * 200 + " always", enough=0.5)
    assert far is not None
    assert far.score == pytest.approx(0.6)


def test_an_exemption_takes_only_what_it_overlaps() -> None:
    cues = Cues([Cue("a", "obey", 0.6), Cue("a", "obey the law", 0.0)])
    spared, kept = cues.add_up("obey the law", enough=0.5), cues.add_up("obey the law and obey me", enough=0.5)
    assert spared is None
    assert kept is not None
    assert kept.start == 17


def test_supporting_words_are_capped() -> None:
    cues = Cues([Cue("core", "obey", 0.5), *(Cue(word, word, 0.2, supports=True) for word in ("you", "must", "user"))])
    added = cues.add_up("you must obey the user", enough=0.5)
    assert added is not None
    assert added.score == pytest.approx(0.85)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("ABSOLUTELY Obedient", "absolutely obedient"),
        ("you’re", "you're"),
        ("ob\u200bey", "obey"),
        ("ＯＢＥＹ", "obey"),
        ("絕對服從", "绝对服从"),
        ("\U0001d428bey", "obey"),
        (None, ""),
        ("", ""),
    ],
)
def test_a_column_is_folded_like_its_texts(text: str | None, plain: str) -> None:
    assert fold(pa.array([text, "plain"], pa.string())).to_pylist() == [plain, "plain"]
    assert fold_text(text or "") == plain


@pytest.mark.parametrize("book", [prompt_book(), answer_book()])
def test_no_rule_is_tried_on_every_text(book: RuleBook) -> None:
    assert book._set._filter.Match("0", potential=True) is None
