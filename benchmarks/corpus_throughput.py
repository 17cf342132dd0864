"""Claim: a corpus is filtered and deduplicated ten times as fast as by datatrove as it ships, in memory that does not grow with it.

Goals: 10 times as fast as datatrove as it ships, 3 times as fast as it is with a whitespace tokenizer, recall and precision on planted
copies at least equal, and no more memory for 10 GB than for 1 GB.

Ours is `holdfast corpus run` itself, in processes of its own: Gopher, C4, FineWeb and language rules, exact and near duplicates, shards
compressed and written with the origin of every row. Documents are those of `crawl_corpus.py`; a smaller corpus is the first files of the
largest one. CPU seconds are those of the driver and its workers; memory is what each process has (pages that they share counted in each),
looked at ten times per second. The rates are per CPU second, so that neighbours on the machine disturb them little.

The peer runs where HOLDFAST_PEERS_PYTHON names a Python that has datatrove, over the first rows of the same documents: the same rules but
for the language one, whose model it would download, and MinHash. Ours runs over those rows as well, with one worker. Recall is the share
of the planted copies whose similarity to their original is 0.8 at least, and whose original passed the filters, that went. It is told apart
for originals that stay: sources are read one after the other, so that a copy may stand before its original, which then goes, and another
copy of it goes only where it resembles the first copy, too. Precision is the share of the documents removed as duplicates that are copies,
or originals of copies.

Run: python benchmarks/corpus_throughput.py [--gb 1 3 10] [--peer-rows 300000] [--shipped-rows 30000] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from _common import SEED, print_result
from crawl_corpus import Planted, read_truth, write_crawl
from scan_million import _family, _resident_mb

HERE = Path(__file__).parent
FILTERS = ("gopher", "c4", "fineweb", "language")
PEERS = {"datatrove_whitespace": "whitespace", "datatrove": "default"}
THRESHOLD = 0.8
GB = 1e9


class Watch(threading.Thread):
    """Looks at what a process and its children have in memory, the process and the largest child apart."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.driver = self.worker = self.together = 0.0
        self._process, self._done = process, threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.1):
            first, *others = [_resident_mb(member) for member in _family(self._process)]
            self.driver, self.worker = max(self.driver, first), max(self.worker, *others, 0.0)
            self.together = max(self.together, first + sum(others))

    def stop(self) -> dict[str, int]:
        self._done.set()
        self.join()
        return {"driver": round(self.driver), "largest_worker": round(self.worker), "together": round(self.together)}


def corpus_run(sources: Sequence[Path], out: Path, workers: int, filters: Iterable[str] = FILTERS) -> dict[str, Any]:
    """Run `holdfast corpus run` over folders of JSON Lines and return its cost."""
    spec = {
        "name": "benchmark",
        "sources": [{"name": path.name, "path": str(path)} for path in sources],
        "filters": {name: {} for name in filters},
        "duplicates": {"exact": True, "near": THRESHOLD},
        "signals": dict.fromkeys(("bursts", "hosts", "triggers", "dump_edits"), False),
    }
    shutil.rmtree(out, ignore_errors=True)
    config = out.with_suffix(".yaml")
    # JSON is YAML.
    config.write_text(json.dumps(spec), encoding="utf-8")
    program = "from holdfast.cli.main import main; main()"
    how = ["--engine", "processes" if workers > 1 else "plain", "--workers", str(workers)]
    command = [sys.executable, "-c", program, "corpus", "run", str(config), "--out", str(out), "--quiet", *how]
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    watch = Watch(process.pid)
    watch.start()
    error = process.communicate()[1]
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = watch.stop()
    if process.returncode:
        sys.exit(error)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall, "cpu_s": cpu, "peak_mb": peak, "load": round(os.getloadavg()[0], 1)}


def fates(out: Path) -> dict[int, str]:
    """Return why each document went that did, by its number."""
    import orjson
    import zstandard

    went = {}
    for path in sorted((out / "rejected").glob("*.jsonl.zst")):
        with path.open("rb") as packed:
            for line in io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(packed)):  # type: ignore[arg-type]  # it is raw
                row = orjson.loads(line)
                went[_number(row["url"])] = row["reason"]
    return went


def _number(url: str) -> int:
    return int(url.rsplit("/", 1)[1])


def quality(truth: Iterable[Planted], rejected: set[int], removed: set[int]) -> dict[str, float | int]:
    """Return recall and precision of the documents that were removed as duplicates; `rejected` are those that never came so far."""
    families: dict[int, list[int]] = {}
    unlike = set()
    for one in truth:
        if one.kind in ("near", "exact"):
            families.setdefault(one.origin, [one.origin])
            if one.document not in rejected:
                families[one.origin].append(one.document)
            if one.similarity < THRESHOLD:
                unlike.add(one.origin)
    wanted = missed = beside = left = 0
    related = set()
    for origin, family in families.items():
        if len(family) > 1:
            related.update(family)
        if origin not in rejected and origin not in unlike:
            wanted += len(family) - 1
            missed += max(0, len(family) - 1 - sum(member in removed for member in family))
            if origin not in removed:
                beside += len(family) - 1
                left += sum(member not in removed for member in family[1:])
    return {
        "planted": wanted,
        "recall": round(1 - missed / wanted, 4) if wanted else 0.0,
        "recall_where_the_original_stays": round(1 - left / beside, 4) if beside else 0.0,
        "removed": len(removed),
        "precision": round(len(removed & related) / len(removed), 4) if removed else 0.0,
    }


def ours(folder: Path, sources: Sequence[Path], documents: int, workers: int, filters: Iterable[str] = FILTERS) -> dict[str, Any]:
    """Run ours over the first `documents` documents, and return what it cost and what it found."""
    out = folder / "out"
    told = corpus_run(sources, out, workers, filters)
    size = sum(path.stat().st_size for source in sources for path in source.iterdir())
    went = fates(out)
    removed = {number for number, reason in went.items() if reason.startswith("duplicate")}
    planted = (one for one in read_truth(folder / "truth.jsonl") if one.document < documents)
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    result = {
        "bytes": size,
        "documents": documents,
        "workers": workers,
        "wall_s": round(told["wall_s"], 1),
        "cpu_s": round(told["cpu_s"], 1),
        "rows_per_cpu_s": round(documents / told["cpu_s"]),
        "mb_per_cpu_s": round(size / 1e6 / told["cpu_s"], 2),
        "peak_mb": told["peak_mb"],
        "load": told["load"],
        "left_out": dict(Counter(reason.split(":")[0] for reason in went.values()).most_common()),
        "duplicates": summary["duplicates"],
        "quality": quality(planted, set(went) - removed, removed),
        "written_bytes": sum(path.stat().st_size for path in out.rglob("*") if path.is_file()),
    }
    shutil.rmtree(out)
    return result


def first_files(folder: Path, size: float) -> tuple[list[Path], int]:
    """Link the first files that hold `size` bytes under a folder of their own; return its sources and how many documents they hold."""
    part = folder / f"part-{size / GB:g}"
    shutil.rmtree(part, ignore_errors=True)
    linked, documents, last = 0.0, 0, b""
    for path in sorted(folder.glob("source-*/crawl-*.jsonl"), key=lambda path: path.name):
        if linked >= size * 0.97:
            break
        target = part / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, target)
        linked += path.stat().st_size
        with path.open("rb") as stream:
            stream.seek(-(1 << 20), os.SEEK_END)
            last = stream.read().splitlines()[-1]
        documents = _number(json.loads(last)["url"]) + 1
    return sorted(part.iterdir()), documents


def first_rows(folder: Path, rows: int) -> Path:
    """Write the first rows as one file in a folder of its own."""
    target = folder / f"rows-{rows}" / "crawl.jsonl"
    target.parent.mkdir(exist_ok=True)
    left = rows
    with target.open("wb") as out:
        for path in sorted(folder.glob("source-*/crawl-*.jsonl"), key=lambda path: path.name):
            with path.open("rb") as stream:
                for line in islice(stream, left):
                    out.write(line)
                    left -= 1
    return target


def peer(folder: Path, how: str, rows: int) -> dict[str, Any]:
    """Run datatrove over the first rows, ours over the same, and return both with their ratio."""
    python = os.environ.get("HOLDFAST_PEERS_PYTHON")
    if not python:
        return {"not_run": "HOLDFAST_PEERS_PYTHON names no Python"}
    source = first_rows(folder, rows)
    command = [python, str(HERE / "peers" / "datatrove_corpus.py"), how, str(source), str(folder / f"peer-{how}")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    if done.returncode:
        return {"not_run": (done.stdout if done.returncode == 3 else done.stderr).strip().splitlines()[-1]}
    told = json.loads(done.stdout.strip().splitlines()[-1])
    same = ours(folder, [source.parent], rows, 1)
    plain = ours(folder, [source.parent], rows, 1, FILTERS[:3])
    rejected, removed = ({_number(url) for url in told[what]} for what in ("rejected", "removed"))
    planted = [one for one in read_truth(folder / "truth.jsonl") if one.document < rows]
    shutil.rmtree(source.parent)
    return {
        "rows": rows,
        "version": told["version"],
        "cpu_s": round(told["cpu_s"], 1),
        "filters_cpu_s": round(told["filters_cpu_s"], 1),
        "rows_per_cpu_s": round(rows / told["cpu_s"]),
        "peak_mb": round(told["peak_mb"]),
        "left_out_by_filters": len(rejected),
        "quality": quality(planted, rejected, removed),
        "ours": same,
        "ours_without_language": {key: plain[key] for key in ("cpu_s", "rows_per_cpu_s", "mb_per_cpu_s", "left_out")},
        "ratio": round(told["cpu_s"] / same["cpu_s"], 1),
        "ratio_without_language": round(told["cpu_s"] / plain["cpu_s"], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, nargs="*", default=[1.0, 3.0, 10.0])
    parser.add_argument("--peer-rows", type=int, default=300_000)
    parser.add_argument("--shipped-rows", type=int, default=30_000, help="rows for datatrove as it ships, which does about 40 per second")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the documents are made, or lie already; kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "truth.jsonl").exists():
            largest = max([*options.gb, (options.peer_rows + 10_000) * 2_450 / GB])
            write_crawl(folder, int(largest * GB), SEED)
        values: dict[str, Any] = {"sizes": {}, "peers": {}}
        for size in sorted(options.gb):
            sources, documents = first_files(folder, size * GB)
            values["sizes"][f"{size:g}GB"] = ours(folder, sources, documents, options.workers)
            shutil.rmtree(sources[0].parent)
        for label, how in PEERS.items():
            rows = options.shipped_rows if how == "default" else options.peer_rows
            if rows:
                values["peers"][label] = peer(folder, how, rows)
    print_result("corpus_throughput", values, packages=("numpy", "pyarrow"))


if __name__ == "__main__":
    main()
