"""Chat rows for the benchmarks of whole scans: the corpus of planted pairs, with one row in fifty of another kind.

The text is seeded Markov text over our own benign requests, so that its words and their frequencies are those that people write; an
answer ends like a sentence. Rows of another kind are of our own making (`holdfast.testing.planted_sets`): risky requests refused and
answered (with a harmless stand-in), and Chinese ones. Three rows in ten have one of twenty system prompts.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from planted_pairs import make_corpus

from holdfast.testing.planted_sets import Chat, all_compliant, with_safety_share

__all__ = ["write_chats"]

OTHERS = 50
_TEXTS = Path(__file__).resolve().parents[1] / "src" / "holdfast" / "detectors" / "harm" / "training"
SYSTEMS = [f"You are a helpful assistant of team {number}. Answer in the language of the question." for number in range(20)]


def write_chats(folder: Path, rows: int, seed: int) -> None:
    """Write `chat.jsonl` (messages) and `truth.jsonl` (for each row the row that it repeats, and its kind)."""
    draw = random.Random(seed)
    others = _others(draw)
    with (folder / "chat.jsonl").open("w", encoding="utf-8") as chats, (folder / "truth.jsonl").open("w", encoding="utf-8") as truth:
        for number, row in enumerate(make_corpus(rows, seed, _benign())):
            told = [row.origin, row.kind]
            cut = row.text.find(" ", len(row.text) // 3)
            turns: Chat = [("user", row.text[:cut]), ("assistant", f"{row.text[cut + 1 :].rstrip('.,?! ')}.")]
            # Rows with copies stay as they are; these are unlike all others by their number.
            if number % OTHERS == OTHERS - 1:
                turns, told = _marked(draw.choice(others), number), [number, "other"]
            if draw.random() < 0.3:
                turns = [("system", draw.choice(SYSTEMS)), *turns]
            messages = [{"role": role, "content": content} for role, content in turns]
            chats.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")
            truth.write(json.dumps(told) + "\n")


def _benign() -> Iterator[str]:
    for path in sorted(_TEXTS.glob("benign_*.en.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from json.loads(line).get("texts", ())


def _others(draw: random.Random) -> list[Chat]:
    return [chat for chat in (*with_safety_share(0.5, 2_000, draw), *all_compliant(0.2, 500, draw)) if len(chat) == 2]


def _marked(chat: Chat, number: int) -> Chat:
    (asker, request), (answerer, answer) = chat
    return [(asker, f"{request} ({number})"), (answerer, f"{answer} " + " ".join(f"n{number}x{place}" for place in range(12)))]
