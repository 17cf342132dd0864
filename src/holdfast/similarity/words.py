"""A 64-bit hash for every word of a batch of texts, and one for every whole text, by numpy alone.

A word is hashed eight bytes at a time, like XXH64 reads a stream (Collet, xxHash: lanes are multiplied in, an avalanche
ends it), for all words at once. The numbers depend on nothing but the bytes: they are the same in every process, on
every machine and in every batch. They are no cryptographic hash: whoever wants two words to collide can make them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.similarity.folding import UNSEGMENTED, FoldedBytes

__all__ = ["Words", "hash_texts", "hash_words", "mixed", "powers", "split_words"]

U64 = NDArray[np.uint64]

_P1, _P2, _P3 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
"""The first three primes of XXH64."""
_STEP = 0x9E3779B97F4A7C15
"""What a text hash is multiplied by from word to word: odd, so that it has an inverse modulo 2^64."""
_BACK = pow(_STEP, -1, 1 << 64)
_LANE = 8
_BLOCK = 1 << 17
"""Bytes of text that are worked on at once; a longer text is a block by itself."""
_LONGEST = 256
"""Bytes; a longer word (a base64 block, say) is hashed by BLAKE2 by itself, so that one row cannot cost a loop over its length."""
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(_LANE)] + [(1 << 64) - 1], dtype=np.uint64)
_THREE_BYTES, _FOUR_BYTES = 0xE0, 0xF0
"""The smallest first byte of a character of three bytes in UTF-8, and of four."""
_BLANK = np.zeros(256, dtype=bool)
_BLANK[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = True
"""White space of `str.split` in ASCII."""
_MOST_POWERS = 1 << 20
"""Powers of a number that are remembered, 8 MiB."""
Edges = Callable[[FoldedBytes], tuple[NDArray[np.int64], NDArray[np.int64]]]
_SOLITARY = np.zeros(1 << 16, dtype=bool)
for _first, _last in UNSEGMENTED:
    _SOLITARY[_first : _last + 1] = True


class Words(NamedTuple):
    """The words of a batch of texts, as hashes."""

    hashes: U64
    starts: NDArray[np.int64]
    """The byte at which each word starts."""
    ends: NDArray[np.int64]
    """The byte after each word."""
    bounds: NDArray[np.int64]
    """Text i has the words `bounds[i]` up to `bounds[i + 1]`."""

    @property
    def counts(self) -> NDArray[np.int64]:
        """Words per text."""
        return np.diff(self.bounds)


def hash_words(texts: FoldedBytes) -> Words:
    """Return the words of a batch of folded texts."""
    return _in_blocks(texts, _edges)


def split_words(texts: FoldedBytes) -> Words:
    """Return the words of texts as `str.split` cuts them where all white space is ASCII; nothing is folded."""
    return _in_blocks(texts, _split_edges)


def _in_blocks(texts: FoldedBytes, edges: Edges) -> Words:
    if len(texts.data) <= _BLOCK:
        return _hashed(texts, edges)
    # A dozen passes over arrays that stay in the processor's cache, some texts at a time.
    cuts = np.unique(np.append(np.searchsorted(texts.bounds, np.arange(0, len(texts.data), _BLOCK)), len(texts.bounds) - 1))
    parts, words = [], 0
    for first, last in pairwise([0, *cuts[cuts > 0].tolist()]):
        begin, end = int(texts.bounds[first]), int(texts.bounds[last])
        part = _hashed(FoldedBytes(texts.data[begin:end], texts.bounds[first : last + 1] - begin), edges)
        parts.append(Words(part.hashes, part.starts + begin, part.ends + begin, part.bounds[1:] + words))
        words += len(part.hashes)
    hashes, starts, ends, bounds = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Words(hashes, starts, ends, np.concatenate([[0], bounds]))


def _hashed(texts: FoldedBytes, edges: Edges) -> Words:
    starts, ends = edges(texts)
    sizes = ends - starts
    # Two lanes beyond the last byte: a lane may begin at the last one.
    padded = np.zeros((len(texts.data) // _LANE + 3) * _LANE, dtype=np.uint8)
    padded[: len(texts.data)] = texts.data
    hashes = sizes.astype(np.uint64) * _P3
    where: NDArray[np.int64] | slice = slice(None)
    lanes = padded.view("<u8")
    for lane in range(_LONGEST // _LANE):
        if lane:
            where = np.flatnonzero(sizes > lane * _LANE)
            if not len(where):
                break
        value = _lane(lanes, starts[where] + lane * _LANE) & _MASKS[np.minimum(sizes[where] - lane * _LANE, _LANE)]
        value *= _P2
        value ^= value >> np.uint64(29)
        hashes[where] = (hashes[where] ^ value) * _P1
    for word in np.flatnonzero(sizes > _LONGEST):
        digest = hashlib.blake2b(texts.data[starts[word] : ends[word]].tobytes(), digest_size=8).digest()
        hashes[word] = int.from_bytes(digest, "little")
    return Words(mixed(hashes), starts, ends, np.searchsorted(starts, texts.bounds).astype(np.int64))


def hash_texts(words: Words) -> U64:
    """Return one hash per text, of its words in order; a text without words has 0."""
    count = len(words.hashes)
    sums = np.zeros(count + 1, dtype=np.uint64)
    # Sum of hash * step^place up to each word; the difference over a text, moved back to place 0, is the text's hash.
    np.cumsum(words.hashes * powers(_STEP, count), out=sums[1:])
    first, last = words.bounds[:-1], words.bounds[1:]
    back = powers(_BACK, count + 1)[first]
    hashes = mixed((sums[last] - sums[first]) * back + words.counts.astype(np.uint64))
    hashes[words.counts == 0] = 0
    return hashes


def mixed(hashes: U64) -> U64:
    """Return hashes in which every bit depends on every bit before: the avalanche of XXH64. Spoils its argument."""
    hashes ^= hashes >> np.uint64(33)
    hashes *= _P2
    hashes ^= hashes >> np.uint64(29)
    hashes *= _P3
    hashes ^= hashes >> np.uint64(32)
    return hashes


def _edges(texts: FoldedBytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where words start and end; a word never reaches from one text into the next."""
    letter = texts.data > 0x20
    starts, ends = _flanks(letter, texts.bounds)
    first, last = _solitary(texts.data)
    starts[first] = ends[last] = True
    after, before = last[last + 1 < len(letter)] + 1, first[first > 0] - 1
    starts[after] = letter[after]
    ends[before] = letter[before]
    return np.flatnonzero(starts), np.flatnonzero(ends) + 1


def _split_edges(texts: FoldedBytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    starts, ends = _flanks(~_BLANK[texts.data], texts.bounds)
    return np.flatnonzero(starts), np.flatnonzero(ends) + 1


def _flanks(letter: NDArray[np.bool_], bounds: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the first and the last letters of runs of letters within one text."""
    starts, ends = letter.copy(), letter.copy()
    starts[1:] &= ~letter[:-1]
    ends[:-1] &= ~letter[1:]
    inner = bounds[(bounds > 0) & (bounds < len(letter))]
    starts[inner] = letter[inner]
    ends[inner - 1] = letter[inner - 1]
    return starts, ends


def _solitary(data: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last byte of each character that is a word of its own."""
    lead = np.flatnonzero(data >= _THREE_BYTES)
    if not len(lead):
        return lead, lead
    first, second = data[lead], data[lead + 1].astype(np.uint16)
    code = ((first & 0x0F).astype(np.uint16) << 12) | ((second & 0x3F) << 6) | (data[lead + 2] & 0x3F)
    four = first >= _FOUR_BYTES
    # U+20000 to U+3FFFF, supplementary Han, is written F0 A0 .. F0 BF.
    alone = np.where(four, (first == _FOUR_BYTES) & (second >= 0xA0), _SOLITARY[code])
    return lead[alone], (lead + 2 + four)[alone]


def _lane(lanes: U64, places: NDArray[np.int64]) -> U64:
    """Return the eight bytes from each place on, as a little-endian number."""
    index = places >> 3
    shift = ((places & 7) << 3).astype(np.uint64)
    low = lanes[index] >> shift
    # In two steps: a shift by 64 is no shift on some processors.
    high = (lanes[index + 1] << (np.uint64(63) - shift)) << np.uint64(1)
    lane: U64 = low | high
    return lane


_known_powers: dict[int, U64] = {}


def powers(base: int, count: int) -> U64:
    """Return the powers of a number modulo 2^64, from 0 on; do not write into it."""
    known = _known_powers.get(base)
    if known is None or len(known) < count:
        known = np.full(count, base, dtype=np.uint64)
        known[:1] = 1
        np.multiply.accumulate(known, out=known)
        if count <= _MOST_POWERS:
            _known_powers[base] = known
    return known[:count]
