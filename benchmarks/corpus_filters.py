"""CPU time per filter and MB of text, beside the same rules document by document, and agreement with datatrove's rules.

Claim: over batches, Gopher's, C4's and FineWeb's rules together take a tenth of the CPU time of a plain reading in Python. Documents are
those of `crawl_corpus`. With `--peer PYTHON` (an interpreter that has datatrove) and `--documents FOLDER` (text files, gzip or not), it
also tells per rule how many documents both take, and how many only one does. Prints JSON.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from benchmarks.crawl_corpus import write_crawl
from benchmarks.plain_filters import plain_c4, plain_fineweb, plain_fold, plain_gopher

from holdfast.corpus.filters import FILTERS, Documents, open_filters

BATCH = 400
PUBLISHED = {"gopher": plain_gopher, "c4": plain_c4, "fineweb": plain_fineweb}
PLAIN_DOCUMENTS = 1_000
LONGEST = 5_000
"""Characters of a document of `--documents`; the next begins there."""
SAME_NUMBERS: dict[str, dict[str, Any]] = {"gopher": {}, "fineweb": {}, "c4": {"min_sentences": 5, "line_words": 3}}
"""datatrove has C4's numbers of the first preprint: 5 sentences, 3 words."""


def crawled(size: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        write_crawl(Path(folder), size, 0)
        lines = [line for path in sorted(Path(folder).rglob("crawl-*.jsonl")) for line in path.open(encoding="utf-8")]
    return [json.loads(line)["text"] for line in lines]


def batches(texts: list[str]) -> Iterator[Documents]:
    for start in range(0, len(texts), BATCH):
        yield Documents(pa.array(texts[start : start + BATCH], pa.large_string()))


def trained(name: str, texts: list[str], folder: Path) -> Any:
    (one,) = open_filters({name: {}})
    return one.train(iter([pa.array(texts, pa.large_string())]), folder) if hasattr(one, "train") else one


def timed(texts: list[str]) -> dict[str, float]:
    """Return milliseconds of CPU per MB: what all filters share, then each filter beyond that."""
    spent: dict[str, float] = {}

    def clock(name: str, start: float) -> None:
        spent[name] = spent.get(name, 0.0) + time.process_time() - start

    with tempfile.TemporaryDirectory() as folder:
        filters = {name: trained(name, texts[: len(texts) // 2], Path(folder)) for name in sorted(FILTERS) if name != "toxicity"}
        for one in filters.values():
            one.measure(Documents(pa.array(texts[:10], pa.large_string())))
        for documents in batches(texts):
            start = time.process_time()
            _ = documents.folded, documents.words
            clock("folding and words, shared with deduplication", start)
            start = time.process_time()
            _ = documents.owners, documents.characters, documents.sizes, documents.lines, documents.line_sizes
            clock("characters and lines, shared by the filters", start)
            for name, one in filters.items():
                start = time.process_time()
                one.decide(one.measure(documents))
                clock(name, start)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    return {name: round(1000 * seconds / megabytes, 2) for name, seconds in spent.items()}


def timed_plain(texts: list[str]) -> dict[str, float]:
    """Return milliseconds of CPU per MB of the plain reading, folding apart."""
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    start = time.process_time()
    folded = [plain_fold(text) for text in texts]
    spent = {"folding": time.process_time() - start}
    for name, plain in PUBLISHED.items():
        start = time.process_time()
        for text in folded:
            plain(text)
        spent[name] = time.process_time() - start
    return {name: round(1000 * seconds / megabytes, 2) for name, seconds in spent.items()}


def documents_in(folders: list[Path]) -> list[str]:
    """Return the text files of some folders as documents, each text once."""
    found: dict[str, None] = {}
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        found.update(dict.fromkeys(text[start : start + LONGEST] for start in range(0, len(text), LONGEST) if "\0" not in text))
    return [text for text in found if text.strip()]


def agreement(texts: list[str], peer: str, how: str) -> dict[str, Any]:
    """Return, per rule, how many documents datatrove and we take: both, only one, and the share on which we agree.

    Args:
        texts: the documents.
        peer: an interpreter that has datatrove.
        how: 'default' for its English tokenizer, 'whitespace' for words parted by white space.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        file.flush()
        script = Path(__file__).parent / "peers" / "datatrove_rules.py"
        told = subprocess.run([peer, str(script), how, file.name], check=True, capture_output=True, text=True)
    theirs = json.loads(told.stdout.splitlines()[-1])
    ours: dict[str, Any] = {}
    for name, settings in SAME_NUMBERS.items():
        (one,) = open_filters({name: settings})
        for documents in batches(texts):
            for reason, flags in one.decide(one.measure(documents)).items():
                ours[reason] = np.concatenate([ours.get(reason, np.zeros(0, dtype=bool)), flags])
    symbols = [ours.pop(f"gopher: too many {what}") for what in ("hash signs", "ellipses")]
    ours["gopher: too many hash signs or ellipses"] = symbols[0] | symbols[1]
    rows = {}
    for rule, taken in theirs["taken"].items():
        peers = np.zeros(len(texts), dtype=bool)
        peers[taken] = True
        mine = ours[rule]
        counts = {"both": mine & peers, "only datatrove": peers & ~mine, "only holdfast": mine & ~peers}
        rows[rule] = {**{key: int(flags.sum()) for key, flags in counts.items()}, "agree": round(float((mine == peers).mean()), 4)}
    return {"datatrove": theirs["version"], "documents": len(texts), "rules": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=32.0, help="MB of generated documents to time")
    parser.add_argument("--peer", help="an interpreter that has datatrove")
    parser.add_argument("--documents", type=Path, nargs="+", help="folders of text files on which rules are compared")
    parser.add_argument("--most", type=int, default=4000, help="documents of --documents that are taken, evenly spread")
    asked = parser.parse_args()
    texts = crawled(int(asked.mb * 1e6))
    ours, plain = timed(texts), timed_plain(texts[:PLAIN_DOCUMENTS])
    shared = [cost for name, cost in ours.items() if name not in FILTERS]
    together, plainly = sum(shared) + sum(ours[name] for name in PUBLISHED), sum(plain.values())
    told: dict[str, Any] = {
        "documents": len(texts),
        "cpu_ms_per_mb": ours,
        "plain_cpu_ms_per_mb": plain,
        "gopher_c4_fineweb": {
            "cpu_ms_per_mb": round(together, 1),
            "plain_cpu_ms_per_mb": round(plainly, 1),
            "ratio": round(plainly / together, 1),
        },
    }
    if asked.peer and asked.documents:
        found = documents_in(asked.documents)
        chosen = found if len(found) <= asked.most else [found[place * len(found) // asked.most] for place in range(asked.most)]
        told["agreement"] = {how: agreement(chosen, asked.peer, how) for how in ("default", "whitespace")}
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
