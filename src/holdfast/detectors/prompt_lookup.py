"""The prompts that must not occur in training data: our suites, and any file of test prompts that is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import HoldfastError, InputError, prompt_text
from holdfast.plugins import SuiteOptions, open_suite
from holdfast.records import open_dataset
from holdfast.similarity.folding import folded_bytes
from holdfast.similarity.shingles import shingles
from holdfast.similarity.words import Words, hash_texts, hash_words

__all__ = ["LONG_RUN", "SHORT_RUN", "PromptLookup", "PromptSet", "read_prompt_sets"]

SHORT_RUN, LONG_RUN = 8, 13
"""Words of a run that must not occur: 8 for prompts of Latin script (PaLM, Chowdhery et al. 2022), 13 for Chinese, whose words are
single characters here, and for prompts of 26 words and more (GPT-3, Brown et al. 2020)."""
_LONG = 26
_SLACK = 16
"""Characters of white space by which a request may be longer than the prompt that it is."""
_PAIR_BITS = 20
_AT_ONCE = 1 << 14
"""Runs that are hashed at once."""
_SUITES = ("policy11", "contrast", "domain")
_HAN = 0x4E00, 0x9FFF


class PromptSet(NamedTuple):
    """One set of test prompts."""

    name: str
    prompts: tuple[str, ...]


def read_prompt_sets(files: Sequence[str]) -> tuple[PromptSet, ...]:
    """Return our suites in English and Chinese, and the prompts of some files; raises InputError where a file cannot be read."""
    ours = []
    for name in _SUITES:
        suite = open_suite(name, SuiteOptions(languages=("en", "zh")))
        ours.append(PromptSet(name, tuple(dict.fromkeys(prompt_text(prompt) for prompt in suite.prompts))))
    return (*ours, *(PromptSet(path, _prompts_of(path)) for path in files))


def _prompts_of(path: str) -> tuple[str, ...]:
    try:
        rows = [batch.column("request") for batch in open_dataset(path).batches()]
        found = [text for column in rows for text in column.to_pylist() if text and text.strip()]
    except HoldfastError:
        found = [prompt_text(prompt) for prompt in open_suite(path, SuiteOptions()).prompts]
    if not found:
        raise InputError(f"{path}: holds no test prompt. Give a file whose rows have a request, or a file of prompts.")
    return tuple(dict.fromkeys(found))


class PromptLookup:
    """Looks test prompts up in rows, by hashes of their runs of words."""

    def __init__(self, sets: Sequence[PromptSet]) -> None:
        """Take the sets and hash their prompts."""
        self.sets = tuple(sets)
        texts = [prompt for one in sets for prompt in one.prompts]
        self.set_of = np.repeat(np.arange(len(sets)), [len(one.prompts) for one in sets])
        """Which set each prompt belongs to."""
        words = _hashed(texts)
        long_run = (words.counts >= _LONG) | np.array([_is_chinese(text) for text in texts], dtype=bool)
        size_of = np.where(long_run, LONG_RUN, SHORT_RUN)
        brief = np.flatnonzero(words.counts < size_of)
        self._whole = _Index(hash_texts(words)[brief], brief)
        self._longest_brief = max((len(texts[place]) for place in brief), default=0)
        self._runs = {
            size: _runs_of(words, np.flatnonzero((size_of == size) & (words.counts >= size)), size) for size in (SHORT_RUN, LONG_RUN)
        }
        self._pairs = np.zeros(1 << _PAIR_BITS, dtype=bool)
        self._pairs[_pair_keys(words)] = True
        self._needed = np.zeros(len(texts), dtype=np.int64)
        for index in self._runs.values():
            self._needed += np.bincount(index.prompts, minlength=len(texts))

    def whole(self, requests: pa.Array) -> dict[int, int]:
        """Return place to prompt for those requests that are, word by word, a test prompt too short to have a run."""
        short = pc.indices_nonzero(pc.less_equal(pc.utf8_length(requests), self._longest_brief + _SLACK))
        places, prompts = self._whole.find(hash_texts(_words_of(requests.take(short))))
        return {short[int(place)].as_py(): int(prompt) for place, prompt in zip(places, prompts, strict=True)}

    def parts(self, words: Words) -> dict[tuple[int, int], float]:
        """Return (place, prompt) to the share of the prompt's runs of words that the text holds, for all shares above 0."""
        counts: dict[tuple[int, int], set[int]] = {}
        known = self._pairs[_pair_keys(words)]
        for size, index in self._runs.items():
            # A run of a prompt is made of pairs of words that follow each other in a prompt, and few other runs are.
            starts = np.flatnonzero(_all_of(known, size - 1))
            texts = np.searchsorted(words.bounds, starts, side="right") - 1
            within = starts + size <= words.bounds[texts + 1]
            runs = _runs_from(words, starts[within], size)
            places, prompts = index.find(runs)
            for text, prompt, run in zip(texts[within][places].tolist(), prompts.tolist(), runs[places].tolist(), strict=True):
                counts.setdefault((text, prompt), set()).add(run)
        return {key: len(runs) / int(self._needed[key[1]]) for key, runs in counts.items()}


class _Index:
    """Hashes of prompts, to be found among many others."""

    _BITS = 20

    def __init__(self, hashes: NDArray[np.uint64], prompts: NDArray[np.int64]) -> None:
        order = np.argsort(hashes, kind="stable")
        self.hashes, self.prompts = hashes[order], prompts[order]
        # Most hashes are told to be absent by one look into a table, without a search.
        self._likely = np.zeros(1 << self._BITS, dtype=bool)
        self._likely[self.hashes >> np.uint64(64 - self._BITS)] = True

    def find(self, hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (places, prompts) of those hashes that are a prompt's; the first prompt where several share one."""
        places = np.flatnonzero(self._likely[hashes >> np.uint64(64 - self._BITS)])
        if not len(places) or not len(self.hashes):
            return places[:0], places[:0]
        at = np.minimum(np.searchsorted(self.hashes, hashes[places]), len(self.hashes) - 1)
        same = self.hashes[at] == hashes[places]
        return places[same], self.prompts[at[same]]


def _pair_keys(words: Words) -> NDArray[np.uint64]:
    """Return a short key for each word and the next one; the last word of a text is paired with the first of the next."""
    keys: NDArray[np.uint64] = (words.hashes[:-1] * np.uint64(3) + words.hashes[1:]) >> np.uint64(64 - _PAIR_BITS)
    return keys


def _all_of(flags: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Return at which places so many flags in a row are set."""
    length = 1
    while length < count:
        step = min(length, count - length)
        flags, length = flags[:-step] & flags[step:], length + step
    return flags


def _runs_from(words: Words, starts: NDArray[np.int64], size: int) -> NDArray[np.uint64]:
    """Return the hash of the run of words that begins at each of some places."""
    parts = [np.zeros(0, dtype=np.uint64)]
    for first in range(0, len(starts), _AT_ONCE):
        some = starts[first : first + _AT_ONCE]
        where = (some[:, np.newaxis] + np.arange(size)).ravel()
        apart = Words(words.hashes[where], words.starts[where], words.ends[where], np.arange(len(some) + 1) * size)
        parts.append(shingles(apart, size).hashes)
    return np.concatenate(parts)


def _runs_of(words: Words, prompts: NDArray[np.int64], size: int) -> _Index:
    runs = shingles(words, size, prompts)
    owners = np.repeat(prompts, np.diff(runs.bounds))
    # A run that two prompts share belongs to the first: one finding is enough to look at the row.
    hashes, first = np.unique(runs.hashes, return_index=True)
    return _Index(hashes, owners[first])


def _hashed(texts: Sequence[str]) -> Words:
    return _words_of(pa.array(texts, pa.large_string()))


def _words_of(texts: pa.Array) -> Words:
    return hash_words(folded_bytes(texts))


def _is_chinese(text: str) -> bool:
    han = sum(_HAN[0] <= ord(character) <= _HAN[1] for character in text)
    return 2 * han > len(text)
