from __future__ import annotations

import math
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.corpus.filters.asking import opened

from holdfast.core import InputError
from holdfast.corpus.filters import Documents, open_filters
from holdfast.corpus.filters.perplexity import Perplexity
from holdfast.corpus.filters.perplexity.model import train_model
from holdfast.corpus.filters.perplexity.tables import Table
from holdfast.corpus.steps import Trained

WORDS = ["river", "boat", "mill", "stone", "meadow", "the", "a", "of", "runs", "stands"]
SENTENCES = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), min_size=1, max_size=8)


def arrow(texts: list[str]) -> pa.Array:
    return pa.array(texts, pa.large_string())


def story(seed: int) -> str:
    """Sentences of a fixed grammar, so that word order can be learned."""
    rng = random.Random(seed)
    parts = (
        ["the", "a"],
        ["old", "grey", "long"],
        ["boat", "mill", "river"],
        ["stands", "runs", "lies"],
        ["by", "near"],
        ["water", "stones"],
    )
    return ". ".join(" ".join(rng.choice(words) for words in parts) for _ in range(20))


def plain_perplexity(train: list[str], text: str, order: int, min_count: int) -> float | None:
    """The same model with dictionaries of words, straight from the formula."""
    lines, words = [one.split() for one in train], text.split()
    grams = [Counter(tuple(line[at : at + size]) for line in lines for at in range(len(line) - size + 1)) for size in range(1, order + 1)]
    whole = sum(grams[0].values()) + 1
    rare = [count for count in grams[0].values() if count < min_count]
    unknown = (sum(rare) + 1) / whole / (len(rare) + 1)

    def probability(run: tuple[str, ...]) -> float:
        if len(run) == 1:
            return grams[0][run] / whole if grams[0][run] >= min_count else unknown
        after = {gram: count for gram, count in grams[len(run) - 1].items() if gram[:-1] == run[:-1]}
        total = sum(after.values())
        share = {gram: (count - 0.75) / total for gram, count in after.items() if count >= min_count}
        return share.get(run, 0.0) + (1 - sum(share.values())) * probability(run[1:])

    if not words:
        return None
    return math.exp(-sum(math.log(probability(tuple(words[max(0, at - order + 1) : at + 1]))) for at in range(len(words))) / len(words))


@given(train=SENTENCES, texts=SENTENCES, order=st.integers(2, 4), min_count=st.integers(1, 2))
def test_a_batch_has_the_perplexity_of_the_formula(train: list[str], texts: list[str], order: int, min_count: int) -> None:
    learned, asked = Documents(arrow(train)), Documents(arrow(texts))
    model = train_model(learned.words.hashes, learned.owners, order, min_count)
    found = model.perplexities(asked.words, asked.owners)
    for text, one in zip(texts, found.tolist(), strict=True):
        expected = plain_perplexity(train, text, order, min_count)
        assert math.isnan(one) if expected is None else one == pytest.approx(expected, rel=1e-4)


def test_after_any_history_the_probabilities_sum_to_one() -> None:
    train = ["a b c a b d", "a b c", "d a b", "c c"]
    learned = Documents(arrow(train))
    model = train_model(learned.words.hashes, learned.owners, 3, 2)
    for history in ("a b", "b c", "d", "never seen"):
        asked = Documents(arrow([f"{history} {word}" for word in "abcd"]))
        known = [model.probabilities(asked.words, asked.owners)[asked.words.bounds[place + 1] - 1] for place in range(4)]
        # One class for all unknown words stands for those that the model does not keep: none of the four is below the count.
        after = Documents(arrow([f"{history} zzz"]))
        assert sum(known) + model.probabilities(after.words, after.owners)[-1] == pytest.approx(1.0, rel=1e-5)


def test_gibberish_and_shuffled_words_rank_above_the_corpus(tmp_path: Path) -> None:
    (asked,) = open_filters({"perplexity": {}})
    assert isinstance(asked, Trained)
    one = asked.train(iter([arrow([story(seed) for seed in range(300)])]), tmp_path)
    rng = random.Random(5)
    shuffled = story(1000).split()
    rng.shuffle(shuffled)
    texts = [story(2000), " ".join(shuffled), "xq zzk vw " * 30, ""]
    found = one.measure(Documents(arrow(texts))).to_pylist()
    assert found[0]["perplexity"] < found[1]["perplexity"] < found[2]["perplexity"]
    assert found[0]["perplexity_rank"] < 0.98 < found[1]["perplexity_rank"] <= found[2]["perplexity_rank"]
    assert found[3] == {"perplexity": None, "perplexity_rank": None}
    decided = one.decide(one.measure(Documents(arrow(texts))))
    assert decided["perplexity: unlike the corpus"].tolist() == [False, True, True, False]


def test_the_same_texts_give_the_same_model_in_any_batches(tmp_path: Path) -> None:
    texts = [story(seed) for seed in range(60)]
    (asked,) = open_filters({"perplexity": {"order": 2}})
    assert isinstance(asked, Perplexity)
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    first = asked.train(iter([arrow(texts)]), folders[0])
    second = asked.train(iter([arrow(texts[:7]), arrow(texts[7:])]), folders[1])
    assert first.identity == second.identity
    assert (folders[0] / "words.npz").read_bytes() == (folders[1] / "words.npz").read_bytes()
    assert opened("perplexity", model=str(folders[0] / "words.npz")).identity == first.identity
    other = asked.train(iter([arrow(texts[1:])]), folders[1])
    assert other.identity != first.identity


def test_a_model_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.npz"
    path.write_bytes(b"no model")
    one = opened("perplexity", model=str(path))
    with pytest.raises(InputError, match=r"words\.npz"):
        one.measure(Documents(arrow(["text"])))
    with pytest.raises(InputError, match="order"):
        open_filters({"perplexity": {"order": 9}})


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=50), st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_a_table_gives_what_was_put_in(keys: list[int], others: list[int]) -> None:
    hashes = np.array(sorted(keys), dtype=np.uint64)
    table = Table(hashes, np.arange(len(keys), dtype=np.float32))
    held = dict(zip(hashes.tolist(), range(len(keys)), strict=True))
    asked = np.array([*keys, *others, 0, 2**64 - 1], dtype=np.uint64)
    assert table.get(asked, -1.0).tolist() == [held.get(key, -1.0) for key in asked.tolist()]
