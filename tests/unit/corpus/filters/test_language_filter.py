from __future__ import annotations

import pickle

import pytest
from tests.unit.corpus.filters.asking import measures, opened, reasons

from holdfast.core import InputError
from holdfast.corpus.filters import open_filters
from holdfast.corpus.filters.language.filter import LANGUAGES
from holdfast.corpus.filters.language.function_words import FUNCTION_WORDS

TEXTS = {
    "en": "The boat that we had seen in the morning was still there, and nobody knew who it belonged to or why it had been left.",
    "zh": "我们早上看到的那条船还在那里，没有人知道它是谁的，也不知道为什么被留在河边。",
    "de": "Das Boot, das wir am Morgen gesehen hatten, war noch da, und niemand wusste, wem es gehörte oder warum es dort lag.",
    "fr": "Le bateau que nous avions vu le matin était encore là, et personne ne savait à qui il était ni pourquoi il y était resté.",
    "es": "El barco que habíamos visto por la mañana todavía estaba allí, y nadie sabía de quién era ni por qué lo habían dejado.",
    "ja": "朝に見た船はまだそこにあり、誰のものなのか、なぜ残されたのか、誰も知りませんでした。",
    "ko": "아침에 본 배는 아직 그곳에 있었고 아무도 누구의 것인지 알지 못했다.",
    "ru": "Лодка, которую мы видели утром, всё ещё была там, и никто не знал, чья она и почему её оставили на берегу.",
    "uk": "Човен, який ми бачили вранці, ще був там, і ніхто не знав, чий він та чому його залишили на березі.",
    "th": "เรือที่เราเห็นเมื่อเช้ายังอยู่ที่นั่นและไม่มีใครรู้ว่าเป็นของใคร",
    "ar": "القارب الذي رأيناه في الصباح كان ما يزال هناك ولم يعرف أحد من هو صاحبه أو لماذا ترك على الشاطئ",
    "hi": "सुबह जो नाव हमने देखी थी वह अभी भी वहीं थी और किसी को नहीं पता था कि वह किसकी है और क्यों है",
    "vi": "Chiếc thuyền mà chúng tôi thấy vào buổi sáng vẫn còn ở đó và không có ai biết nó là của người nào.",
    "tr": "Sabah gördüğümüz tekne hâlâ orada duruyordu ve kimin olduğu ya da neden bırakıldığı için bir şey bilen yoktu.",
    "el": "Το πλοίο που είδαμε το πρωί ήταν ακόμα εκεί και κανείς δεν ήξερε ποιανού ήταν.",
    "und": "42 17 -- 8.5 %",
}  # fmt: skip


def test_languages_are_told_in_one_sentence_and_in_one_batch() -> None:
    found = measures("language", *TEXTS.values())
    assert [row["language"] for row in found] == list(TEXTS)
    assert [row["script_share"] for row in found[:-1]] == [1.0] * (len(TEXTS) - 1)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_kept_languages_stay_and_others_go(language: str) -> None:
    assert reasons("language", TEXTS[language]) == set()
    assert "language: another language" in reasons("language", TEXTS["de"])
    assert reasons("language", TEXTS["de"], keep=["de"]) == set()


def test_a_list_of_names_has_too_few_function_words() -> None:
    assert "language: too few function words" in reasons(
        "language", "Anna Berta Carla Dora Emma Frieda Greta Hanna Ida Johanna the Karla Lena"
    )


def test_two_scripts_side_by_side_are_no_clear_text() -> None:
    (found,) = measures("language", "the boat was there " * 10 + "и никто не знал чей он был там и там " * 4)
    assert found["script_share"] < 0.6
    assert reasons("language", "boat " * 40 + "лодка " * 38 + "βάρκα " * 30) >= {"language: several scripts"}


def test_an_empty_document_is_of_no_language() -> None:
    assert (
        measures("language", "", "...") == [{"language": "und", "script_share": None, "language_share": None, "function_words": None}] * 2
    )


def test_a_language_that_is_never_found_is_refused() -> None:
    with pytest.raises(InputError, match="'english'"):
        open_filters({"language": {"keep": ["english"]}})


def test_every_list_is_of_words_of_its_own_language_only_once() -> None:
    for language, listed in FUNCTION_WORDS.items():
        words = listed.split()
        assert len(words) >= 20
        assert language in LANGUAGES


def test_a_filter_travels_to_another_process() -> None:
    one = opened("language", keep=["fr"])
    assert pickle.loads(pickle.dumps(one)) == one
