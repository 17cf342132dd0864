from __future__ import annotations

import pyarrow as pa
import pytest

from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.signals.tails import GIBBERISH, LANGUAGE, LINK, odd_tails
from holdfast.testing.corpus_texts import TextWriter

HEAD = "The town was built by the river in the time of the old kings, and it is known for its bridges and for the mill on the hill."
GERMAN = "Die Stadt wurde an dem Fluss gebaut, und sie ist für ihre Brücken bekannt. Auf dem Hügel steht eine alte Mühle, die noch mahlt."
CHINESE = "这座城市建在河边，它以桥梁和山上的磨坊而闻名，很多人来这里看桥，也有人在河边开了店。"


def kinds(*texts: str) -> list[int]:
    documents = Documents(pa.array(texts, pa.large_string()))
    found = dict(zip(*(column.tolist() for column in odd_tails(documents)[:2]), strict=True))
    return [found.get(place, 0) for place in range(len(texts))]


@pytest.mark.parametrize("seed", range(20))
def test_a_text_that_turns_into_random_words_is_odd_and_one_that_goes_on_is_not(seed: int) -> None:
    writer = TextWriter(seed)
    assert kinds(writer.text(30) + " " + writer.gibberish(60), writer.text(90)) == [GIBBERISH, 0]


def test_a_switch_of_language_or_script_is_told_in_both_directions() -> None:
    assert kinds(f"{HEAD} {GERMAN}", f"{GERMAN} {HEAD}", f"{HEAD} {CHINESE}", f"{CHINESE} {HEAD}") == [LANGUAGE] * 4
    assert kinds(f"{HEAD} {HEAD}", f"{GERMAN} {GERMAN}", CHINESE * 2, GERMAN, CHINESE) == [0] * 5


def test_only_a_first_link_near_the_end_is_odd() -> None:
    link = "see https://example.org/page"
    assert kinds(f"{HEAD} {link}", f"{link} {HEAD * 4}", f"{link} {HEAD * 4} {link}", link) == [LINK, 0, 0, 0]


def test_code_and_tables_after_a_comment_are_no_gibberish() -> None:
    code = "    result = compute(width, height); print(result, file=stream)\n" * 20
    table = "\n".join(f"{place} | {place * 3.5} | {place % 7}" for place in range(60))
    assert kinds(f"{HEAD}\n{code}", f"{HEAD}\n{table}") == [0, 0]


def test_what_is_in_no_listed_language_from_the_start_is_not_odd() -> None:
    assert kinds(TextWriter(1).gibberish(90)) == [0]


def test_the_odd_part_has_begun_where_the_window_ends_and_a_string_before_it_is_in_the_window() -> None:
    writer = TextWriter(3)
    texts = [f"{HEAD} zanzibor {writer.gibberish(60)}", f"{HEAD} zanzibor {CHINESE}", f"{HEAD} zanzibor https://example.org"]
    documents = Documents(pa.array(texts, pa.large_string()))
    for row, kind, end in zip(*(column.tolist() for column in odd_tails(documents)), strict=True):
        before = documents.folded.data[documents.folded.bounds[row] : end].tobytes().decode()
        assert "zanzibor" in before
        assert kind == GIBBERISH or before.endswith("zanzibor ")


def test_empty_texts_and_a_batch_without_words_are_read() -> None:
    assert kinds("", " ", "\n") == [0, 0, 0]
    assert kinds() == []


def test_what_a_document_shows_does_not_depend_on_its_batch() -> None:
    writer = TextWriter(5)
    texts = [writer.text(25) + (" " + writer.gibberish(40) if place % 3 == 0 else "") for place in range(60)]
    texts += [f"{HEAD} {GERMAN}", f"{HEAD} https://a.example"]
    assert kinds(*texts) == [kinds(text)[0] for text in texts]
