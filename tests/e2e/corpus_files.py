"""A corpus of several shards with copies, near copies, broken lines and personal data, and the command that runs it."""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path

__all__ = ["command", "digests", "environment", "make_documents"]

_CONFIG = """
name: crawl
sources:
  - {name: web, path: web.jsonl, date: date, crawled: 2026-01-01/2026-01-31, licence: CC0-1.0}
  - {name: notes, path: notes, format: text}
shard_size: 1048576
filters:
  gopher: {min_words: 20, min_stop_words: 0}
  personal-data: {max_personal_data: 3}
redact: [personal-data]
duplicates: {near: 0.8, lines: 5}
canaries: {formats: [digits], repetitions: [1, 4], seed: 7}
output: {format: jsonl.zst}
"""


def make_documents(folder: Path, *, rows: int = 12_000, seed: int = 1) -> None:
    """Write `corpus.yaml` and what it reads, about 500 bytes a document. Files get a fixed time of writing, so that copies are alike."""
    draw = random.Random(seed)
    words = ["".join(draw.choice("bdfgklmnprstaeiou") for _ in range(draw.randint(3, 9))) for _ in range(4000)]
    (folder / "notes").mkdir(parents=True)
    kept: list[str] = []
    with (folder / "web.jsonl").open("w", encoding="utf-8") as stream:
        for n in range(rows):
            text = ". ".join(" ".join(draw.choice(words) for _ in range(9)) for _ in range(8)) + "."
            if n % 13 == 5 and kept:
                text = draw.choice(kept)
            elif n % 17 == 3 and kept:
                text = draw.choice(kept).replace(draw.choice(words), "changed", 1) + " changed"
            if n % 29 == 1:
                text = "read more here"
            if n % 400 == 9:
                text += f" Write to person{n}@mail-of-{n}.net soon."
            if n % 7 == 0:
                text = f"all rights of this page are kept by those who wrote it\n{text}"
            kept.append(text)
            date = f"2026-01-{n % 31 + 1:02}"
            stream.write(json.dumps({"text": text, "url": f"https://h{n % 97}.example/{n}", "date": date}) + "\n")
            if n % 2000 == 77:
                stream.write('{"text": "cut o\n')
    for n in range(40):
        text = "\n".join(" ".join(draw.choice(words) for _ in range(30)) for _ in range(6))
        (folder / f"notes/{n:03}.txt").write_text(text, encoding="utf-8")
    (folder / "corpus.yaml").write_text(_CONFIG, encoding="utf-8")


def command(out: str, *options: str) -> list[str]:
    """Return the command that runs the corpus into a folder."""
    return [sys.executable, "-m", "holdfast.cli.main", "corpus", "run", "corpus.yaml", "--out", out, "--quiet", *options]


def environment() -> dict[str, str]:
    """Return the environment of the command."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def digests(out: Path) -> dict[str, bytes]:
    """Return every file of a corpus folder but the measures, by name."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files if "measures" not in path.relative_to(out).parts}
