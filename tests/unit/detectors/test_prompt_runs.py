"""Runs of words that texts share with test prompts, against sets of tuples."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.detectors import prompt_lookup
from holdfast.detectors.prompt_lookup import LONG_RUN, SHORT_RUN, PromptLookup, PromptSet, _all_of
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.words import hash_words

_WORDS = st.lists(st.sampled_from(["ann", "bob", "cy"]), max_size=34).map(tuple)
_PROMPTS = st.lists(_WORDS.filter(lambda words: len(words) >= SHORT_RUN), min_size=1, max_size=3, unique=True)


def _runs(words: tuple[str, ...], size: int) -> set[tuple[str, ...]]:
    return {words[place : place + size] for place in range(len(words) - size + 1)}


def _plainly(prompts: list[tuple[str, ...]], texts: list[tuple[str, ...]]) -> dict[tuple[int, int], float]:
    shares: dict[tuple[int, int], float] = {}
    taken: set[tuple[str, ...]] = set()
    for number, prompt in enumerate(prompts):
        size = LONG_RUN if len(prompt) >= 26 else SHORT_RUN
        own = _runs(prompt, size) - taken
        taken |= own
        for place, text in enumerate(texts):
            held = own & _runs(text, size)
            if held:
                shares[place, number] = len(held) / len(own)
    return shares


@settings(deadline=None)
@given(_PROMPTS, st.lists(_WORDS, max_size=3), st.integers(0, 2))
def test_shares_are_those_of_sets_of_runs(prompts: list[tuple[str, ...]], others: list[tuple[str, ...]], cut: int) -> None:
    texts = [*others, (), *(("so", *prompt[cut:], "then") for prompt in prompts), ("dee",), *prompts]
    lookup = PromptLookup([PromptSet("set", tuple(map(" ".join, prompts)))])
    found = lookup.parts(hash_words(folded_bytes(pa.array(map(" ".join, texts), pa.large_string()))))
    assert found == pytest.approx(_plainly(prompts, texts))


def test_nothing_is_shared_by_nothing() -> None:
    lookup = PromptLookup([PromptSet("set", (" ".join("abcdefghij"),))])
    assert lookup.parts(hash_words(folded_bytes(pa.array([], pa.string())))) == {}
    assert PromptLookup([PromptSet("none", ())]).parts(hash_words(folded_bytes(pa.array(["a b"])))) == {}


def test_many_runs_are_hashed_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = PromptLookup([PromptSet("set", (" ".join("abcdefghijkl"),))])
    words = hash_words(folded_bytes(pa.array([" ".join("abcdefghijkl")] * 5)))
    whole = lookup.parts(words)
    assert whole == {(place, 0): 1.0 for place in range(5)}
    monkeypatch.setattr(prompt_lookup, "_AT_ONCE", 3)
    assert lookup.parts(words) == whole


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=30), st.integers(1, 15))
def test_flags_in_a_row(flags: list[bool], count: int) -> None:
    expected = [all(flags[place : place + count]) for place in range(len(flags) - count + 1)]
    assert _all_of(np.array(flags, dtype=bool), count).tolist() == expected
