from __future__ import annotations

from holdfast.judges.speech import Speech, SpeechPatterns


def test_each_sentence_is_told_by_its_own_words() -> None:
    patterns = SpeechPatterns(
        {Speech.REFUSAL: ["i cannot", "i refuse"], Speech.APOLOGY: ["sorry"], Speech.ADVICE: ["seek help$"]}, ["sorry state"]
    )
    said = patterns.kinds(["sorry, i cannot.", "a sorry state", "seek help", "seek help now", "red"])
    assert said == [{Speech.REFUSAL, Speech.APOLOGY}, frozenset(), {Speech.ADVICE}, frozenset(), frozenset()]


def test_a_pattern_without_a_literal_is_looked_for_where_no_literal_of_another_stands() -> None:
    patterns = SpeechPatterns({Speech.HELP: [r"\d+"], Speech.REFUSAL: ["cannot"]}, ["no such text"])
    assert patterns.kinds(["12 eggs"]) == [{Speech.HELP}]
    assert patterns.kinds(["12 eggs", "i cannot"]) == [{Speech.HELP}, {Speech.REFUSAL}]
    assert patterns.kinds(["eggs"]) == [frozenset()]
