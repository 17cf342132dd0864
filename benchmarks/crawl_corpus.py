"""Crawl-like documents for the benchmarks of whole corpora: seeded, as large as asked for, with planted copies and junk.

Words are those of our own pages and prompts with their frequencies, and 40,000 made-up ones behind them with frequencies that fall as
1/rank (Zipf), so that no two documents share a run of five words but by chance. Sentences, lines and lengths are drawn (log-normal,
2.3 KB in the mean); four documents in ten hold characters beyond ASCII. Of the documents 6 % are copies with a few words changed,
4 % copies but for case and white space, 6 % are junk of kinds that the published rules take out. Nothing in it means anything.

A file is a function of the seed and its number, but for the copies it takes from files before it.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

__all__ = ["NEAR_SHARE", "Planted", "read_truth", "similarity", "write_crawl"]

NEAR_SHARE, EXACT_SHARE, JUNK_SHARE = 0.06, 0.04, 0.06
OTHER_SHARE = 0.4
"""Documents with characters beyond ASCII."""
FILE_BYTES = 256 << 20
SOURCES = 3
_BLOCK = 2_000
_PLACES = 1 << 20
_POOL = 4_000
_RARE, _RARE_SHARE = 40_000, 0.25
_WORD = re.compile(r"[A-Za-z][a-z'-]+")
_SENTENCE, _LINE = 14, 3
"""Mean words of a sentence, and mean sentences of a line."""
_OTHERS = ("\u2019s", "\u00e9", "\u201d", "\u2014", "\u00fc", "\u00e7a")


class Planted(NamedTuple):
    """One document that is not new."""

    document: int
    origin: int
    """The document that it was made from; itself for junk."""
    kind: str
    """'near', 'exact' or the kind of junk."""
    similarity: float
    """Jaccard similarity of runs of five words (pairs below 150 words); 0 for junk."""


class _Words:
    """A vocabulary as bytes, and how often each word comes."""

    def __init__(self, draw: np.random.Generator) -> None:
        root = Path(__file__).resolve().parents[1]
        pages = [
            page.read_text(encoding="utf-8")
            for folder in ("explanation", "how-to")
            for page in sorted((root / "docs" / folder).glob("*.md"))
        ]
        known = [word.lower() for page in pages for word in _WORD.findall(page)]
        common, counts = np.unique(known, return_counts=True)
        syllables = [a + b for a in "bcdfghlmnprstvw" for b in ("a", "e", "i", "o", "u", "ar", "en", "in", "ol", "un")]
        rare = np.unique(["".join(syllables[part] for part in parts) for parts in draw.integers(0, len(syllables), (_RARE, 3)).tolist()])
        draw.shuffle(rare)
        words = [*common.tolist(), *rare.tolist()]
        share = np.concatenate([counts / counts.sum() * (1 - _RARE_SHARE), _RARE_SHARE * _zipf(len(rare))])
        # Words as often as their share asks for: drawing a place is several times as fast as looking a number up in a sum.
        self.places = np.searchsorted(np.cumsum(share / share.sum()), (np.arange(_PLACES) + 0.5) / _PLACES).astype(np.int32)
        sentence, line = 1 / _SENTENCE, 1 / _SENTENCE / _LINE
        share = np.array([(1 - sentence) * 0.94, sentence - line, line, (1 - sentence) * 0.06])
        self.ends = np.searchsorted(np.cumsum(share), (np.arange(_PLACES) + 0.5) / _PLACES).astype(np.int32)
        # Lower case, then with a capital; each with what may follow it.
        table = [word + end for word in (*words, *(word.capitalize() for word in words)) for end in (" ", ". ", ".\n", ", ")]
        self.count = len(words)
        sizes = np.array([len(entry.encode()) for entry in table])
        self.bytes = np.frombuffer("".join(table).encode(), dtype=np.uint8)
        self.starts, self.sizes = (np.cumsum(sizes) - sizes).astype(np.int32), sizes.astype(np.int32)

    def texts(self, draw: np.random.Generator, lengths: NDArray[np.int64]) -> list[str]:
        """Return texts of so many words each."""
        total = int(lengths.sum())
        word = self.places[draw.integers(0, _PLACES, total, dtype=np.int32)]
        end = self.ends[draw.integers(0, _PLACES, total, dtype=np.int32)]
        last = np.cumsum(lengths) - 1
        end[last] = 2
        capital = np.ones(total, dtype=bool)
        capital[1:] = (end[:-1] == 1) | (end[:-1] == 2)
        entry = (word + capital * np.int32(self.count)) * np.int32(4) + end
        sizes = self.sizes[entry]
        place = np.cumsum(sizes, dtype=np.int32)
        where = np.arange(place[-1], dtype=np.int32)
        where += np.repeat(self.starts[entry] - (place - sizes), sizes)
        data = self.bytes[where].tobytes().decode()
        bounds = [0, *place[last].tolist()]
        return [data[first:end].rstrip("\n") for first, end in pairwise(bounds)]


def _zipf(count: int) -> NDArray[np.float64]:
    share = 1.0 / np.arange(10, count + 10)
    made: NDArray[np.float64] = share / share.sum()
    return made


def similarity(left: str, right: str) -> float:
    """Return the Jaccard similarity by which documents are compared."""
    one, two = left.casefold().split(), right.casefold().split()
    size = 2 if min(len(one), len(two)) < 150 else 5
    left_set, right_set = (set(zip(*(words[start:] for start in range(size)), strict=False)) for words in (one, two))
    shared = len(left_set & right_set)
    return shared / (len(left_set) + len(right_set) - shared)


def write_crawl(folder: Path, size: int, seed: int, rows: int | None = None) -> int:
    """Write `source-S/crawl-NNN.jsonl` (text, url, date) and `truth.jsonl`; return how many documents there are.

    Args:
        folder: where.
        size: bytes of all files together, about.
        seed: of everything drawn.
        rows: the most documents; None for as many as the size takes.
    """
    draw, pick = np.random.default_rng(seed), random.Random(seed)
    words = _Words(draw)
    made, written, file = 0, 0, 0
    pool: list[tuple[int, str]] = []
    with (folder / "truth.jsonl").open("w", encoding="utf-8") as truth:
        while written < size and (rows is None or made < rows):
            target = folder / f"source-{file % SOURCES}" / f"crawl-{file:03d}.jsonl"
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as stream:
                while stream.tell() < FILE_BYTES and written + stream.tell() < size and (rows is None or made < rows):
                    count = _BLOCK if rows is None else min(_BLOCK, rows - made)
                    lines = []
                    for document, planted in _block(draw, pick, words, pool, made, count):
                        lines.append(_line(made + len(lines), document, pick))
                        if planted is not None:
                            truth.write(json.dumps(planted) + "\n")
                    stream.write(b"".join(lines))
                    made += count
                written += stream.tell()
            file += 1
    return made


def _line(number: int, text: str, pick: random.Random) -> bytes:
    url = f"https://h{int(pick.paretovariate(0.7)) % 50_000}.example/{number}"
    date = f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}T00:00:00Z"
    return orjson.dumps({"text": text, "url": url, "date": date}, option=orjson.OPT_APPEND_NEWLINE)


def _block(
    draw: np.random.Generator, pick: random.Random, words: _Words, pool: list[tuple[int, str]], first: int, count: int
) -> Iterator[tuple[str, Planted | None]]:
    lengths = np.clip(np.round(draw.lognormal(5.7, 0.6, count)), 30, 20_000).astype(np.int64)
    fresh = words.texts(draw, lengths)
    for number, text in enumerate(fresh, start=first):
        chance = pick.random()
        if chance < NEAR_SHARE + EXACT_SHARE and pool:
            origin, source = pool[pick.randrange(len(pool))]
            near = chance < NEAR_SHARE
            text = _edited(pick, source, text) if near else _restyled(pick, source)
            yield text, Planted(number, origin, "near" if near else "exact", round(similarity(text, source), 6) if near else 1.0)
        elif chance < NEAR_SHARE + EXACT_SHARE + JUNK_SHARE:
            text, kind = _junk(pick, text)
            yield text, Planted(number, number, kind, 0.0)
        else:
            text = _with_others(pick, text) if pick.random() < OTHER_SHARE else text
            if len(pool) < _POOL:
                pool.append((number, text))
            elif pick.random() < 0.05:
                pool[pick.randrange(_POOL)] = (number, text)
            yield text, None


def _with_others(pick: random.Random, text: str) -> str:
    words = text.split(" ")
    for _ in range(1 + len(words) // 60):
        words[pick.randrange(len(words) - 1)] += pick.choice(_OTHERS)
    return " ".join(words)


def _edited(pick: random.Random, source: str, other: str) -> str:
    """Change up to one word in fifty, to words of another text."""
    words, others = source.split(" "), other.split()
    for _ in range(pick.randint(1, max(1, len(words) // 50))):
        words[pick.randrange(len(words) - 1)] = pick.choice(others)
    return " ".join(words)


def _restyled(pick: random.Random, text: str) -> str:
    return pick.choice([text.upper(), text.replace(" ", "  "), text.replace(" ", "\n", 3), text.lower()])


def _junk(pick: random.Random, text: str) -> tuple[str, str]:
    kind = pick.choice(("short", "repeated", "bullets", "symbols", "unpunctuated"))
    words = text.split()
    if kind == "short":
        return " ".join(words[:20]), kind
    if kind == "repeated":
        return "\n".join([" ".join(words[:12]) + "."] * 30), kind
    if kind == "bullets":
        return "\n".join(f"- {word} {word}" for word in words[:120]), kind
    if kind == "symbols":
        return " ".join(f"#{word}" if pick.random() < 0.3 else word for word in words), kind
    return "\n".join(" ".join(words[start : start + 6]).replace(".", "") for start in range(0, len(words), 6)), kind


def read_truth(path: Path) -> list[Planted]:
    """Read what `write_crawl` planted."""
    with path.open(encoding="utf-8") as lines:
        return [Planted(*json.loads(line)) for line in lines]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gb", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    print(write_crawl(asked.folder, int(asked.gb * 1e9), asked.seed, asked.rows))
