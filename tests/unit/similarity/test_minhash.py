from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from tests.unit.detectors.duplicates.corpus import VOCABULARY, edited, jaccard, text, words_of

from holdfast.similarity.minhash import BANDS, ROWS_PER_BAND, band_keys, signatures
from holdfast.similarity.shingles import LONG, ZONE, Shingles, shingles

GOLDEN_TEXTS = ["The quick brown fox jumps over the lazy dog.", "你好，世界", "one", " ".join(f"w{number}" for number in range(300))]
GOLDEN = "0c32d254cdfd7364"


def _digest(texts: list[str]) -> str:
    words = words_of(texts)
    data = signatures(shingles(words, 2)).astype("<u4").tobytes() + band_keys(words).astype("<u8").tobytes()
    return hashlib.sha256(data).hexdigest()[:16]


def test_golden_signatures() -> None:
    assert _digest(GOLDEN_TEXTS) == GOLDEN


def test_another_process_signs_alike() -> None:
    program = "from tests.unit.similarity.test_minhash import GOLDEN_TEXTS, _digest; print(_digest(GOLDEN_TEXTS))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.strip() == GOLDEN


def test_a_signature_does_not_depend_on_the_batch() -> None:
    draw = random.Random(0)
    texts = [text(draw, draw.randint(0, 400)) for _ in range(200)]
    whole = band_keys(words_of(texts))
    parts = np.concatenate([band_keys(words_of(texts[start : start + 7])) for start in range(0, 200, 7)])
    assert (whole == parts).all()


def test_a_long_text_is_signed_like_its_parts_together() -> None:
    draw = random.Random(6)
    texts = ["", "one two", text(draw, 20_000), "", text(draw, 4_096), text(draw, 3), text(draw, 9_000), ""]
    made = shingles(words_of(texts), 2)
    plain = [made.hashes[start:stop] for start, stop in pairwise(made.bounds)]
    signed = signatures(made)
    for row, hashes in zip(signed, plain, strict=True):
        alone = [signatures(Shingles(part, np.array([0, len(part)]))) for part in np.array_split(hashes, 7) if len(part)]
        expected = np.min(alone, axis=0)[0] if alone else np.full(BANDS * ROWS_PER_BAND, 2**32 - 1)
        assert (row == expected).all()


def test_the_share_of_equal_places_is_the_similarity() -> None:
    draw = random.Random(1)
    originals = [text(draw, 60) for _ in range(2_000)]
    copies = [edited(draw, original, draw.randint(0, 8)) for original in originals]
    left, right = (signatures(shingles(words_of(texts), 2)) for texts in (originals, copies))
    exact = np.array([jaccard(one, two) for one, two in zip(originals, copies, strict=True)])
    error = (left == right).mean(axis=1) - exact
    # One place of 112 is a coin with the similarity as its odds: the standard error is sqrt(s (1 - s) / 112), 0.04 at most here.
    assert abs(error.mean()) < 0.005
    assert np.abs(error).mean() < 0.035


def test_pairs_meet_in_a_band_as_often_as_the_formula_says() -> None:
    draw = random.Random(2)
    originals = [text(draw, 60) for _ in range(3_000)]
    copies = [edited(draw, original, 4) for original in originals]
    met = (band_keys(words_of(originals)) == band_keys(words_of(copies))).any(axis=1)
    expected = [1 - (1 - jaccard(one, two) ** ROWS_PER_BAND) ** BANDS for one, two in zip(originals, copies, strict=True)]
    assert abs(met.mean() - np.mean(expected)) < 0.02


def test_unlike_texts_never_meet() -> None:
    draw = random.Random(3)
    keys = band_keys(words_of([text(draw, 60) for _ in range(5_000)]))
    assert all(len(np.unique(keys[:, band])) == 5_000 for band in range(BANDS))


@pytest.mark.parametrize("length", [ZONE[0], LONG - 1, LONG, LONG + 1, ZONE[1]])
def test_a_copy_may_cross_the_border_between_short_and_long(length: int) -> None:
    draw = random.Random(length)
    originals = [words for words in (text(draw, length) for _ in range(300))]
    shorter = [" ".join(original.split()[:-1]) for original in originals]
    met = (band_keys(words_of(originals)) == band_keys(words_of(shorter))).any(axis=1)
    assert met.mean() > 0.99


@pytest.mark.parametrize(("length", "alike"), [(ZONE[0] - 1, True), (ZONE[1] + 1, False)])
def test_long_texts_are_compared_by_runs_and_short_ones_by_pairs(length: int, alike: bool) -> None:
    # Loops from one word back to it, in two orders: the same pairs of words, and no run of five across a border of two loops.
    draw = random.Random(length)
    loops = [f"a {' '.join(draw.sample(VOCABULARY, 4))}" for _ in range(length // 5)]
    first, second = " ".join([*loops, "a"]), " ".join([*draw.sample(loops, len(loops)), "a"])
    assert (jaccard(first, second), jaccard(first, second, size=5) < 0.3) == (1.0, True)
    keys = band_keys(words_of([first, second]))
    assert (keys[0] == keys[1]).any() == alike
