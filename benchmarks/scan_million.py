"""Claim: a million chat rows are scanned at 25,000 rows per second on two cores and in less than 1.5 GB.

That is with all default detectors and verified near duplicates, and three times as fast as `datasets.map` with `re` and rensa.

Each scan is a process of its own, as `holdfast scan` starts it, with two workers. Rows are those of `chat_corpus.py`; the smaller
files are the first rows of the largest. Wall time is what the clock shows, and depends on who else uses the machine; CPU seconds are
those of the process and its workers. Peak memory is the largest sum over the process and its workers of what each has in memory
(pages that they share are counted once per process), looked at ten times per second.

The peer runs where HOLDFAST_PEERS_PYTHON names a Python that has datasets and rensa, with as many processes, over the same file and
our own patterns (those that `re` can compile). HOLDFAST_CLUSTER_PYTHON names a Python with Holdfast, Daft and Ray: the same file is
scanned there by a local Ray cluster, and its findings must be the same.

Run: python benchmarks/scan_million.py [--rows 1000000] [--peer-rows 50000] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from _common import SEED, print_result

WORKERS = 2
GOAL_ROWS, GOAL_MB, GOAL_RATIO = 25_000, 1_500, 3.0
HERE = Path(__file__).parent


def scan(data: Path, run: Path, engine: str, workers: int) -> None:
    """Scan one file; what runs in a process of its own."""
    import pyarrow.parquet as parquet

    from holdfast.scan import ScanSpec, run_scan

    result = run_scan(ScanSpec(data=str(data), engine=engine, workers=workers), run, command="benchmark", version="benchmark")
    table = parquet.read_table(run / "evidence" / "findings.parquet", columns=["record", "detector", "kind", "related"])
    digest = hashlib.sha256(json.dumps(table.to_pylist()).encode()).hexdigest()
    repeats = table.filter([bool(name) for name in table["related"].to_pylist()]).to_pylist()
    pairs = [(_number(row["record"]), _number(row["related"])) for row in repeats]
    kinds = {f"{kind.detector}/{kind.kind}": kind.count for kind in result.kinds}
    ran = [card.label for card in result.detectors]
    told = {"rows": result.rows, "findings": result.findings, "digest": digest, "kinds": kinds, "detectors": ran, "pairs": pairs}
    print(json.dumps(told))


def _number(record: str) -> int:
    return int(record.rsplit(":", 1)[1]) - 1


class Memory(threading.Thread):
    """Looks at what a process and its children have in memory."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self._process, self._done = process, threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.1):
            self.peak_mb = max(self.peak_mb, sum(map(_resident_mb, _family(self._process))))

    def stop(self) -> float:
        self._done.set()
        self.join()
        return self.peak_mb


def _family(process: int) -> list[int]:
    # A child belongs to the thread that started it, and workers are started by threads of their own.
    try:
        found = " ".join(task.read_text(encoding="utf-8") for task in Path(f"/proc/{process}/task").glob("*/children"))
    except OSError:
        return [process]
    return [process, *(member for child in found.split() for member in _family(int(child)))]


def _resident_mb(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1]) * resource.getpagesize() / 2**20
    except (OSError, IndexError):
        return 0.0


def timed(command: Sequence[str | Path]) -> dict[str, Any]:
    """Run a command and return what its last line says, with its times and its memory."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    memory = Memory(process.pid)
    memory.start()
    out, error = process.communicate()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = memory.stop()
    if process.returncode:
        last = (error.strip() or out.strip() or str(process.returncode)).splitlines()[-1]
        return {"not_run": last}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return {**told, "wall_s": wall, "cpu_s": cpu, "peak_mb": peak, "load": round(os.getloadavg()[0], 1)}


def figures(told: dict[str, Any]) -> dict[str, Any]:
    """Return what is shown of a scan."""
    if "not_run" in told:
        return told
    rows = told["rows"]
    return {
        "rows": rows,
        "wall_s": round(told["wall_s"], 1),
        "cpu_s": round(told["cpu_s"], 1),
        "rows_per_s": round(rows / told["wall_s"]),
        "rows_per_s_if_both_cores_were_ours": round(rows * WORKERS / told["cpu_s"]),
        "cpu_us_per_row": round(told["cpu_s"] / rows * 1e6, 1),
        "peak_mb": round(told["peak_mb"]),
        "findings": told["findings"],
        "load": told["load"],
    }


def quality(truth: Path, rows: int, pairs: Sequence[Sequence[int]]) -> dict[str, float | int]:
    """Return recall and precision of the repeats that were named."""
    with truth.open(encoding="utf-8") as lines:
        known = [json.loads(line) for line in islice(lines, rows)]
    kept = dict(pairs)

    def family(row: int) -> int:
        while row in kept:
            row = kept[row]
        return row

    copies = [number for number, (_, kind) in enumerate(known) if kind in ("near", "exact") and known[known[number][0]][1] != "other"]
    together = sum(family(number) == family(known[number][0]) for number in copies)
    right = sum(known[row][0] == known[first][0] for row, first in kept.items())
    return {"planted": len(copies), "recall_of_all_planted": round(together / len(copies), 4), "precision": round(right / len(kept), 4)}


def patterns() -> dict[str, list[str]]:
    """Return our own patterns as `re` writes them, by where they are searched; those that it cannot compile are left out."""
    import re

    from holdfast.detectors.personal_data import finder
    from holdfast.detectors.refusal import _RULES
    from holdfast.detectors.wording import answer_book, prompt_book

    tables = {
        "prompt": prompt_book()._set.patterns,
        "answer": (*answer_book()._set.patterns, *_RULES.patterns),
        "any": tuple(kind.pattern for kind in finder().kinds),
    }
    made: dict[str, list[str]] = {}
    for name, texts in tables.items():
        for text in texts:
            translated = re.sub(r"\\x\{([0-9A-Fa-f]+)\}", lambda found: re.escape(chr(int(found[1], 16))), text).replace(r"\z", r"\Z")
            try:
                re.compile(translated)
            except re.error:
                continue
            made.setdefault(name, []).append(translated)
    return made


def first_rows(source: Path, target: Path, rows: int) -> Path:
    with source.open("rb") as lines, target.open("wb") as out:
        out.writelines(islice(lines, rows))
    return target


def measured(folder: Path, sizes: Sequence[int], peer_rows: int) -> dict[str, Any]:
    """Run all there is."""
    import compileall

    from chat_corpus import write_chats

    import holdfast
    from holdfast.core import digest_file

    # As an installed package is: else each process of a fresh clone compiles our sources once more.
    compileall.compile_dir(Path(holdfast.__file__).parent, quiet=1)
    whole = folder / "chat.jsonl"
    if not whole.exists():
        write_chats(folder, max(sizes), SEED)
    values: dict[str, Any] = {"corpus_sha256": digest_file(whole), "characters_per_row": round(whole.stat().st_size / max(sizes)) - 90}
    ours = [sys.executable, __file__, "--only-scan"]
    curve = []
    for rows in sizes:
        part = first_rows(whole, folder / f"chat-{rows}.jsonl", rows)
        told = timed([*ours, part, folder / f"run-{rows}", "processes", str(WORKERS)])
        curve.append({**figures(told), "repeats": quality(folder / "truth.jsonl", rows, told["pairs"])})
    values["curve"] = curve
    values["same_findings_as_one_process"] = same_findings(folder, whole, sizes[0], ours)
    values["peer"], values["ratio"] = against(folder, whole, peer_rows, ours), {}
    last = curve[-1]
    values["ratio"] = {
        "rows_per_s_over_goal": round(last["rows_per_s"] / GOAL_ROWS, 2),
        "memory_over_goal": round(last["peak_mb"] / GOAL_MB, 2),
        **values["peer"].pop("ratio", {}),
    }
    return values


def same_findings(folder: Path, whole: Path, rows: int, ours: Sequence[str]) -> dict[str, Any]:
    """Scan the same rows in one process, by three workers and on a local Ray cluster."""
    part = first_rows(whole, folder / "same.jsonl", rows)
    plain = timed([*ours, part, folder / "run-plain", "plain", "1"])
    several = timed([*ours, part, folder / "run-several", "processes", "3"])
    same: dict[str, Any] = {"rows": rows, "findings": plain["findings"], "three_workers": several["digest"] == plain["digest"]}
    cluster = os.environ.get("HOLDFAST_CLUSTER_PYTHON")
    if cluster:
        told = timed([cluster, __file__, "--only-scan", part, folder / "run-ray", "ray", str(WORKERS)])
        same["ray"] = told.get("not_run") or told["digest"] == plain["digest"]
        if told.get("detectors") != plain["detectors"]:
            same["ray"] = told.get("not_run") or "not comparable: other detectors are installed there, so install Holdfast again"
    else:
        same["ray"] = "not installed: HOLDFAST_CLUSTER_PYTHON names no Python"
    return same


def against(folder: Path, whole: Path, rows: int, ours: Sequence[str]) -> dict[str, Any]:
    """Scan the same rows by the peer and by us, one after the other."""
    python = os.environ.get("HOLDFAST_PEERS_PYTHON")
    if not python:
        return {"not_run": "HOLDFAST_PEERS_PYTHON names no Python"}
    part = first_rows(whole, folder / "peer.jsonl", rows)
    (folder / "patterns.json").write_text(json.dumps(patterns()), encoding="utf-8")
    script = HERE / "peers" / "datasets_re.py"
    theirs = timed([python, script, folder / "patterns.json", part, folder / "peer-cache", str(WORKERS)])
    mine = timed([*ours, part, folder / "run-peer", "processes", str(WORKERS)])
    if "not_run" in theirs:
        return theirs
    return {
        "rows": rows,
        "datasets_re_rensa": {name: round(value, 1) if isinstance(value, float) else value for name, value in theirs.items()},
        "ours": figures(mine),
        "ratio": {
            "datasets_re_rensa_over_ours_wall": round(theirs["wall_s"] / mine["wall_s"], 1),
            "datasets_re_rensa_over_ours_cpu": round(theirs["cpu_s"] / mine["cpu_s"], 1),
        },
    }


def main() -> None:
    if sys.argv[1:2] == ["--only-scan"]:
        data, run, engine, workers = sys.argv[2:]
        scan(Path(data), Path(run), engine, int(workers))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=50_000)
    parser.add_argument("--only-same", action="store_true", help="only whether one process, three workers and Ray find the same")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the corpus, for the next run")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        sizes = sorted({max(1_000, options.rows // 100), max(1_000, options.rows // 10), options.rows})
        if options.only_same:
            from chat_corpus import write_chats

            write_chats(folder, sizes[0], SEED)
            print(json.dumps(same_findings(folder, folder / "chat.jsonl", sizes[0], [sys.executable, __file__, "--only-scan"])))
            return
        values = measured(folder, sizes, options.peer_rows)
    print_result("scan_million", values, packages=("numpy", "pyarrow", "google-re2"))


if __name__ == "__main__":
    main()
