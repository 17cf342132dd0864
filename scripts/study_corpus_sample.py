"""Print how often the intervals of a sample audit hold the truth, as JSON: 100 samples of corpora with planted defects.

Two corpora are written: one source of many uneven shards, whose defects are even, rare, or stand in few shards; and three sources of
very different sizes and shares. Defects are planted as words, so that the truth is counted, and every sample is drawn and estimated by
the functions behind `holdfast corpus sample`: reading everything, and reading a tenth of the bytes.

A defect passes where at least 90 of 100 intervals (nominal 95 %) hold its true share.

Run: python scripts/study_corpus_sample.py [--seeds 100]. Takes minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.corpus.sampling import Frame, draw_sample, estimate
from holdfast.corpus.sampling.frames import Sampled
from holdfast.corpus.spec import CorpusSpec, SourceSpec

DEFECTS = ("even", "rare", "very-rare", "in-few-shards", "rare-in-few-shards", "half", "none")
N, ENOUGH = 1000, 90
SLICE = 1 << 17
"""Smaller than by default, so that a small corpus has as many slices as a large one would have: hundreds."""


def main() -> None:
    """Draw, estimate, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    asked = parser.parse_args()
    start = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpora = {"one uneven source": one_source(folder / "one"), "three sources": three_sources(folder / "three")}
        found = {
            f"{title}, {how}": study(spec, truth, asked.seeds, share)
            for title, (spec, truth) in corpora.items()
            for how, share in (("everything read", 1.0), ("a tenth read", 0.1))
        }
    # An interval for what is nowhere begins at 0 and holds the truth whatever is done: it is shown and not counted.
    covered = {
        f"{title}: {defect}": row["covered"] for title, rows in found.items() for defect, row in rows["defects"].items() if row["truth"] > 0
    }
    result = {
        "seeds": asked.seeds,
        "n": N,
        "nominal": 0.95,
        "studies": found,
        "least_covered": min(covered.values()),
        "passed": min(covered.values()) >= ENOUGH * asked.seeds / 100,
        "cpu_seconds": round(time.process_time() - start, 1),
    }
    print(json.dumps(result, indent=1))


def write(path: Path, rng: np.random.Generator, files: int, documents: int, shares: dict[str, float]) -> Counter[str]:
    """Write files of uneven numbers of documents of uneven lengths; return how many documents have each defect."""
    path.mkdir(parents=True)
    counts: Counter[str] = Counter()
    for number in range(files):
        lines = []
        # Defects that stand in few places come in runs of neighbouring documents, as one host's pages do in a crawl.
        run = {"in-few-shards": 0, "rare-in-few-shards": 0}
        for place in range(1 + int(rng.gamma(1.5, documents / 1.5))):
            words = [name for name in ("even", "rare", "very-rare", "half") if rng.random() < shares.get(name, 0.0)]
            for name in run:
                if run[name] == 0 and rng.random() < shares.get(name, 0.0) / 400:
                    run[name] = int(rng.integers(200, 600))
                if run[name] > 0:
                    run[name] -= 1
                    words.append(name)
            counts.update([*words, "all"])
            lines.append(json.dumps({"text": f"{' '.join(words)} | {'x' * int(rng.lognormal(5.5, 1.0))} {number} {place}"}) + "\n")
        (path / f"{number:04d}.jsonl").write_text("".join(lines), encoding="utf-8")
    return counts


def one_source(folder: Path) -> tuple[CorpusSpec, dict[str, float]]:
    """Write one source whose files hold from a few to thousands of documents."""
    shares = {"even": 0.1, "rare": 0.01, "very-rare": 0.001, "in-few-shards": 0.05, "rare-in-few-shards": 0.008, "half": 0.5}
    counts = write(folder, np.random.default_rng(0), 60, 2500, shares)
    spec = CorpusSpec(name="one", sources=(SourceSpec(name="one", path=str(folder), format="jsonl"),))
    return spec, {name: counts[name] / counts["all"] for name in DEFECTS}


def three_sources(folder: Path) -> tuple[CorpusSpec, dict[str, float]]:
    """Write three sources that differ in size and in what they hold."""
    rng = np.random.default_rng(1)
    counts: Counter[str] = Counter()
    counts += write(folder / "crawl", rng, 40, 2500, {"even": 0.2, "rare": 0.01, "in-few-shards": 0.08, "half": 0.6})
    counts += write(folder / "books", rng, 8, 1500, {"even": 0.01, "very-rare": 0.002, "half": 0.1})
    counts += write(folder / "small", rng, 3, 300, {"even": 0.5, "rare": 0.05, "rare-in-few-shards": 0.2, "half": 0.5})
    sources = tuple(SourceSpec(name=name, path=str(folder / name), format="jsonl") for name in ("crawl", "books", "small"))
    return CorpusSpec(name="three", sources=sources), {name: counts[name] / counts["all"] for name in DEFECTS}


def study(spec: CorpusSpec, truth: dict[str, float], seeds: int, share: float) -> dict[str, Any]:
    """Draw samples with many seeds and count how often each interval holds the truth."""
    sampled = Sampled(spec, slice_bytes=SLICE)
    frames = [kept_in_memory(frame) for frame in sampled.frames()]
    total = sum(sum(frame.sizes) for frame in frames)
    covered, widths, shares, hits = (dict.fromkeys(DEFECTS, 0.0) for _ in range(4))
    read = rows = 0
    for seed in range(seeds):
        sample = draw_sample(frames, n=N, seed=seed, budget=total if share == 1.0 else int(total * share))
        read += sum(source.shards_read for source in sample.sources)
        rows += len(sample.rows)
        words = {row.id: set(row.text.partition("|")[0].split()) for row in sample.rows}
        for defect in DEFECTS:
            one = estimate(sample, defect, [name for name, found in words.items() if defect in found])[0]
            covered[defect] += one.low <= truth[defect] <= one.high
            widths[defect] += (one.high - one.low) / seeds
            shares[defect] += one.share / seeds
            hits[defect] += one.hits / seeds
    defects = {
        name: {
            "truth": round(truth[name], 5),
            "covered": int(covered[name]),
            "mean_estimate": round(shares[name], 5),
            "mean_width": round(widths[name], 5),
            "mean_hits": round(hits[name], 2),
        }
        for name in DEFECTS
    }
    slices = sum(len(frame.sizes) for frame in frames)
    return {"slices": slices, "slices_read": round(read / seeds, 1), "rows": round(rows / seeds, 1), "defects": defects}


def kept_in_memory(frame: Frame) -> Frame:
    """Return a frame that reads every slice from disk once: 100 samples of the same corpus would read it again and again."""

    @cache
    def batches(shard: int) -> tuple[pa.RecordBatch, ...]:
        return tuple(frame.read(shard))

    return frame._replace(read=lambda shard: iter(batches(shard)))


if __name__ == "__main__":
    main()
