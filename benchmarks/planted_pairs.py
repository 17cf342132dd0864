"""A corpus for the benchmarks of duplicates: chat rows of seeded Markov text, with planted copies and templates that are none.

The text is a first-order Markov chain over the words of our own benign prompts and hand-written pages, so that word frequencies and
word pairs are those of English; nothing in it means anything. It changes when those pages do, so a result names its digest.
Of the rows, 5 % are copies with one to three words put in, taken out or replaced, 2 % copies but for case and white space, 10 %
fill a template (hard negatives: half of them share most of their text), and the rest is new. Row lengths are log-normal with a
median of 63 words, 12 at least.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["PlantedRow", "make_corpus", "read_corpus", "write_corpus"]

NEAR, EXACT, TEMPLATED = 0.05, 0.02, 0.10
_ROOT = Path(__file__).resolve().parents[1]
_WORD = re.compile(r"[A-Za-z][a-z'-]*[.,?!]?")
_JUMP = 0.3
"""Share of steps that leave the chain, since a small source would give whole sentences back."""
_TEMPLATES = 40


class PlantedRow(NamedTuple):
    """One row, and what is known of it."""

    text: str
    origin: int
    """Row that it was made from; its own number where it is new."""
    kind: str
    """'new', 'near', 'exact' or 'templated'."""


def _sources() -> Iterator[str]:
    for folder in ("explanation", "how-to", "tutorials"):
        yield from (page.read_text(encoding="utf-8") for page in sorted((_ROOT / "docs" / folder).glob("*.md")))
    for suite in ("contrast", "domain"):
        lines = (_ROOT / "src/holdfast/suites" / suite / "prompts.en.jsonl").read_text(encoding="utf-8").splitlines()
        yield from (json.loads(line)["text"] for line in lines)


class _Chain:
    def __init__(self, draw: random.Random, texts: Iterable[str]) -> None:
        self.words = [word for text in texts for word in _WORD.findall(text)]
        self.draw = draw
        self.following: dict[str, list[str]] = {}
        for word, after in zip(self.words, self.words[1:], strict=False):
            self.following.setdefault(word, []).append(after)

    def text(self, count: int) -> list[str]:
        made = [self.draw.choice(self.words)]
        while len(made) < count:
            known = self.following.get(made[-1])
            made.append(self.draw.choice(known) if known and self.draw.random() > _JUMP else self.draw.choice(self.words))
        return made


def make_corpus(rows: int, seed: int, texts: Iterable[str] | None = None) -> Iterator[PlantedRow]:
    """Yield rows; a copy comes some time after its original, and never of a templated row.

    `texts` are what the chain is made of, in place of our pages and prompts.
    """
    draw = random.Random(seed)
    chain = _Chain(draw, _sources() if texts is None else texts)
    frames = [
        (chain.text(draw.randint(25, 60)), draw.choice((1, 2)) if number % 2 else draw.randint(10, 25)) for number in range(_TEMPLATES)
    ]
    # A sample of what was new, so that memory does not grow with the corpus.
    originals: list[tuple[int, str]] = []
    filled: dict[str, int] = {}
    for number in range(rows):
        chance = draw.random()
        if chance < NEAR + EXACT and originals:
            place = draw.randrange(len(originals))
            origin, text = originals[place]
            near = chance < NEAR
            yield PlantedRow(
                _edited(draw, chain, text, draw.randint(1, 3)) if near else _restyled(draw, text), origin, "near" if near else "exact"
            )
        elif chance < NEAR + EXACT + TEMPLATED:
            text = _filled(draw, chain, frames)
            # A slot of one word is filled alike now and then, and that is a copy.
            yield PlantedRow(text, filled.setdefault(text.casefold(), number), "templated")
        else:
            text = " ".join(chain.text(max(12, round(draw.lognormvariate(4.14, 0.45)))))
            if len(originals) < 20_000:
                originals.append((number, text))
            elif draw.random() < 0.2:
                originals[draw.randrange(len(originals))] = (number, text)
            yield PlantedRow(text, number, "new")


def _filled(draw: random.Random, chain: _Chain, frames: list[tuple[list[str], int]]) -> str:
    frame, slot = draw.choice(frames)
    middle = len(frame) // 2
    return " ".join([*frame[:middle], *chain.text(slot), *frame[middle:]])


def _edited(draw: random.Random, chain: _Chain, text: str, edits: int) -> str:
    words = text.split()
    for _ in range(edits):
        place, kind = draw.randrange(len(words)), draw.randrange(3)
        if kind == 0:
            words[place] = draw.choice(chain.words)
        elif kind == 1:
            words.insert(place, draw.choice(chain.words))
        else:
            del words[place]
    return " ".join(words)


def _restyled(draw: random.Random, text: str) -> str:
    return draw.choice([text.upper(), text.replace(" ", "  "), f" {text}\n", text.replace(" ", "\n", 3)])


def write_corpus(folder: Path, rows: int, seed: int) -> None:
    """Write `chat.jsonl` (messages), `text.jsonl` (id and text, for those who read no chats) and `truth.jsonl`."""
    with (
        (folder / "chat.jsonl").open("w", encoding="utf-8") as chats,
        (folder / "text.jsonl").open("w", encoding="utf-8") as texts,
        (folder / "truth.jsonl").open("w", encoding="utf-8") as truth,
    ):
        for number, row in enumerate(make_corpus(rows, seed)):
            cut = row.text.find(" ", len(row.text) // 3)
            turns = [("user", row.text[:cut]), ("assistant", row.text[cut + 1 :])]
            messages = [{"role": role, "content": content} for role, content in turns]
            chats.write(json.dumps({"messages": messages}) + "\n")
            texts.write(json.dumps({"id": str(number), "text": row.text}) + "\n")
            truth.write(json.dumps([row.origin, row.kind]) + "\n")


def read_corpus(folder: Path) -> list[PlantedRow]:
    """Read what `write_corpus` wrote."""
    with (folder / "text.jsonl").open(encoding="utf-8") as texts, (folder / "truth.jsonl").open(encoding="utf-8") as truth:
        pairs = zip(texts, truth, strict=True)
        return [PlantedRow(json.loads(text)["text"], *json.loads(known)) for text, known in pairs]
