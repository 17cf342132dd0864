"""`datasets.map` with a loop over `re`, then rensa's MinHash in bands; run by `scan_million.py` in the peers' Python.

What somebody writes who has no scanner: a list of patterns that is searched one after the other in every row, and near duplicates by
R-MinHash (112 hashes over pairs of words, 14 bands of 8, no pair verified). It does less than a scan: no checks of what a pattern
found, no places, no measurements, no file of findings.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

try:
    import numpy as np
    from datasets import disable_progress_bars, load_dataset
    from rensa import RMinHash
except ImportError as error:
    print(error)
    sys.exit(3)

HASHES, BANDS, SEED = 112, 14, 0
PATTERNS: dict[str, list[re.Pattern[str]]] = {}


def flag(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the numbers of the patterns that hit, and the digest, of each row of a batch."""
    hits, grams = [], []
    for messages in batch["messages"]:
        said = {"prompt": [], "answer": [], "any": []}
        for message in messages:
            text = message["content"].lower()
            said["answer" if message["role"] == "assistant" else "prompt"].append(text)
            said["any"].append(message["content"])
        joined = {name: "\n".join(texts) for name, texts in said.items()}
        hits.append([number for name, found in PATTERNS.items() for number, one in enumerate(found) if one.search(joined[name])])
        words = joined["any"].lower().split()
        grams.append([f"{one} {two}" for one, two in itertools.pairwise(words)] or words)
    return {"hits": hits, "digest": RMinHash.digests_from_token_sets(grams, num_perm=HASHES, seed=SEED)}


def main(patterns: Path, source: Path, folder: Path, processes: int) -> None:
    disable_progress_bars()
    for name, texts in json.loads(patterns.read_text(encoding="utf-8")).items():
        PATTERNS[name] = [re.compile(text) for text in texts]
    data: Any = load_dataset("json", data_files=str(source), split="train", cache_dir=str(folder))
    data = data.map(flag, batched=True, num_proc=processes)
    bands: list[set[bytes]] = [set() for _ in range(BANDS)]
    removed = 0
    for batch in data.select_columns("digest").with_format("numpy").iter(batch_size=1_000):
        for digest in np.asarray(batch["digest"], dtype=np.uint64).reshape(-1, BANDS, HASHES // BANDS):
            keys = [band.tobytes() for band in digest]
            removed += any(key in seen for key, seen in zip(keys, bands, strict=True))
            for key, seen in zip(keys, bands, strict=True):
                seen.add(key)
    flagged = sum(bool(hits) for hits in data["hits"])
    versions = {package: version(package) for package in ("datasets", "rensa")}
    print(json.dumps({"patterns": sum(map(len, PATTERNS.values())), "flagged": flagged, "removed": removed, "versions": versions}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
