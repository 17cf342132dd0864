"""Domains of a whole batch, found in one go, are those that each text has by itself, told plainly."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.detectors.domain_mix import _domains
from holdfast.detectors.domain_words import DOMAINS, STRONG, WORDS
from holdfast.detectors.folding import fold

_ALL = {word: domain for domain, words in WORDS.items() for word in words.split("|")}
_LONGEST_FIRST = re.compile("|".join(re.escape(word) for word in sorted(_ALL, key=len, reverse=True)))
_PIECES = st.one_of(st.sampled_from(sorted(_ALL)), st.sampled_from([" ", "\n", "a", "é", "È", "ñ", "ж", "ſ", "x", ".", "的", "7", "_"]))
_TEXTS = st.lists(st.lists(_PIECES, max_size=7).map("".join), min_size=1, max_size=5)


def _plainly(text: str) -> str:
    last = {found.group(): found.start() for found in _LONGEST_FIRST.finditer(text)}
    scores = dict.fromkeys(DOMAINS, 0)
    for word, start in last.items():
        before = text[start - 1] if start else " "
        if not (before.isalpha() and before < "\u0250" and text[start] < "\u0250"):
            scores[_ALL[word]] += 2 if word in STRONG.get(_ALL[word], ()) else 1
    best = max(DOMAINS[1:], key=lambda domain: scores[domain])
    return best if scores[best] >= 2 else "general"


@settings(deadline=None)
@given(_TEXTS)
@example(["code etf", "éetf loan", "narrative poem", "bucketful of loan", "```", "", "症状 患者", "a症状和患者"])
@example(["a", "poem", "\xaapoem novel", "poem novel xpoem"])
def test_a_batch_has_the_domains_of_its_texts(texts: list[str]) -> None:
    folded = fold(pa.array(texts))
    assert [DOMAINS[domain] for domain in _domains(folded)] == [_plainly(text) for text in folded.to_pylist()]


def test_capitals_beyond_ascii_are_lowered_beside_plain_ones() -> None:
    texts = ["PLAIN", "\u00c8 and \u0416", "It\u2019s"]
    assert fold(pa.array([*texts, None])).to_pylist() == ["plain", "\u00e8 and \u0436", "it's", ""]
