"""Measure what provenance costs on a corpus of ten million rows: index, trace, retract, verify, diff, beside a plain scan of the files.

The corpus is made on the spot with small rows (a sixth of a gigabyte of parquet, a hundred shards) and removed at the end. Every time
stands beside CPU seconds, since the machine is shared; the ratio is of two measurements of one run.

    python -m scripts.study_provenance --rows 10000000
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import dataset

from holdfast.dataflow import processors
from holdfast.provenance import CORPUS_FILE, croissant, diff, read_version, retract, trace, verify_corpus
from holdfast.provenance.describing import CROISSANT_FILE
from holdfast.provenance.index import INDEX_FILE, INDEX_NOTE
from holdfast.testing.corpora import make_corpus

COMMON, RARE, DOMAIN, AUTHOR = "h0.site0.example", "h777.site0.example", "site3.example", "writer 5"
REPEATS = 3


def measured(function: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return a result with wall and CPU seconds, those of child processes too."""
    before, began = _cpu(), time.perf_counter()
    result = function()
    return result, {"seconds": round(time.perf_counter() - began, 3), "cpu_seconds": round(_cpu() - before, 3)}


def _cpu() -> float:
    return sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def _median(function: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    runs = [measured(function) for _ in range(REPEATS)]
    return runs[0][0], {name: statistics.median(one[1][name] for one in runs) for name in runs[0][1]}


def full_scan(folder: Path, host: str) -> int:
    """Count the rows of a host and of those below it as somebody without an index would: Arrow reads every provenance file."""
    files = [str(folder / shard.provenance) for shard in read_version(folder).shards]
    hosts = pc.field("host").cast(pa.string())
    hit = (hosts == host) | pc.ends_with(hosts, f".{host}")
    return int(dataset.dataset(files).to_table(columns=["host", "date", "licence"], filter=hit).num_rows)


def command(*words: str, history: Path) -> dict[str, Any]:
    """Run the command line as a person does; return wall and CPU seconds and the exit code."""
    environment = {**os.environ, "HOLDFAST_HISTORY": str(history)}
    done, cost = measured(
        lambda: subprocess.run(
            [sys.executable, "-m", "holdfast.cli.main", "provenance", *words], env=environment, capture_output=True, check=False
        )
    )
    return {**cost, "exit": done.returncode, "bytes_said": len(done.stdout)}


def study_tracing(folder: Path) -> dict[str, Any]:
    """Compare a trace from the index with a plain scan; both must find the same rows."""
    _, built = measured(lambda: trace(folder, "crawl"))
    out: dict[str, Any] = {"index_built_once": {**built, "megabytes": _megabytes(folder / INDEX_FILE)}, "names": {}}
    for name in (COMMON, RARE, DOMAIN):
        found, indexed = _median(partial(trace, folder, name))
        rows, scanned = _median(partial(full_scan, folder, name))
        out["names"][name] = {
            "rows": found.rows,
            "shards": len(found.shards),
            "same_as_scan": found.rows == rows,
            "trace": indexed,
            "scan": scanned,
            "times_faster": round(scanned["seconds"] / indexed["seconds"], 1),
            "times_less_cpu": round(scanned["cpu_seconds"] / max(indexed["cpu_seconds"], 1e-3), 1),
        }
    _, out["trace_author"] = _median(lambda: trace(folder, AUTHOR))
    _, out["trace_url"] = _median(lambda: trace(folder, f"https://{RARE}/*"))
    return out


def study_retracting(folder: Path, scratch: Path) -> dict[str, Any]:
    """Measure the plan, the rewriting of the affected shards apart, and the new version against the old one."""
    out: dict[str, Any] = {}
    history = scratch / "history.db"
    command("used", "some-model", str(folder), history=history)
    for label, name in (("every shard affected", COMMON), ("one source of four", "forum")):
        new = scratch / label.replace(" ", "-")
        planned = command("retract", str(folder), name, "--plan", "--json", history=history)
        holding = trace(folder, name)
        written, cost = measured(partial(retract, folder, holding, new, why="study"))
        checked, check = measured(partial(verify_corpus, new))
        changed, differed = measured(partial(diff, folder, new))
        out[label] = {
            "plan_command": planned,
            "rows": written.rows,
            "shards_written": written.written,
            "shards_dropped": written.dropped,
            "files_linked": written.linked,
            "rewriting": cost,
            "new_version_whole": checked.whole,
            "verify_new": check,
            "diff": {**differed, "gone": changed.gone, "come": changed.come},
            "diff_says_what_was_retracted": (changed.gone, changed.come) == (written.rows, 0),
        }
        shutil.rmtree(new)
    return out


def study_verifying(folder: Path) -> dict[str, Any]:
    """Measure a check of the whole corpus, and change one byte in one file of each kind."""
    whole, cost = measured(lambda: verify_corpus(folder))
    shard = read_version(folder).shards[37 % len(read_version(folder).shards)]
    found = {}
    for name in (shard.name, shard.provenance, CORPUS_FILE):
        data = (folder / name).read_bytes()
        place = len(data) * 2 // 3
        (folder / name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        problems = verify_corpus(folder).problems
        (folder / name).write_bytes(data)
        # A change in corpus.json may make it name other digests; it is named before the files that then do not fit.
        found[name] = bool(problems) and problems[0].file == name and (name == CORPUS_FILE or len(problems) == 1)
    return {
        "whole": whole.whole,
        "check": cost,
        "files": whole.files,
        "one_byte_found_and_named": found,
        "whole_again": verify_corpus(folder).whole,
    }


def study_croissant(scratch: Path) -> dict[str, Any]:
    """Validate the description of a small corpus with mlcroissant, and read every record through it."""
    import mlcroissant  # type: ignore[import-untyped]  # it ships no types

    folder = scratch / "small"
    version = make_corpus(folder, rows=300, shards=3, ending=".jsonl.gz")
    (folder / CROISSANT_FILE).write_text(json.dumps(croissant(folder, version)), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        described = mlcroissant.Dataset(str(folder / CROISSANT_FILE))
        records = {one.id: sum(1 for _ in described.records(one.id)) for one in described.metadata.record_sets}
    return {"errors": sorted(described.metadata.issues.errors), "records": records, "rows": version.rows}


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return round(sum(one.stat().st_size for one in files) / 1e6, 1)


def study(rows: int, shards: int, hosts: int, scratch: Path) -> dict[str, Any]:
    """Make the corpus and measure everything."""
    folder = scratch / "corpus"
    sources = ("crawl", "books", "forum", "code")
    version, made = measured(
        lambda: make_corpus(folder, rows=rows, shards=shards, hosts=hosts, sources=sources, rejected=rows // 1000, canaries=5)
    )
    for name in (INDEX_FILE, INDEX_NOTE):
        (folder / name).unlink(missing_ok=True)
    found = {
        "corpus": {"rows": version.rows, "shards": len(version.shards), "hosts": hosts, "megabytes": _megabytes(folder), "made": made},
        "processors": processors(),
        "tracing": study_tracing(folder),
        "retracting": study_retracting(folder, scratch),
        "verifying": study_verifying(folder),
        "croissant": study_croissant(scratch),
    }
    memory = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {**found, "peak_megabytes": dict(zip(("this_process", "largest_worker"), (round(one / 1024) for one in memory), strict=True))}


def failures(found: dict[str, Any]) -> list[str]:
    """Return what must hold and does not."""
    names, retracted = found["tracing"]["names"], found["retracting"]
    checks = {
        "a trace finds what a scan finds": all(one["same_as_scan"] for one in names.values()),
        "a trace answers in seconds": all(one["trace"]["seconds"] < 5 for one in names.values()),
        "a plan of a retraction answers in seconds": all(one["plan_command"]["seconds"] < 20 for one in retracted.values()),
        "a plan names the model": all(one["plan_command"]["exit"] == 4 for one in retracted.values()),
        "a new version is whole": all(one["new_version_whole"] for one in retracted.values()),
        "the difference is what was retracted": all(one["diff_says_what_was_retracted"] for one in retracted.values()),
        "one changed byte is found and named": all(found["verifying"]["one_byte_found_and_named"].values()),
        "Croissant has no errors": not found["croissant"]["errors"]
        and set(found["croissant"]["records"].values()) == {found["croissant"]["rows"]},
    }
    return [name for name, holds in checks.items() if not holds]


def main() -> int:
    """Print what was measured as JSON; 1 where something that must hold does not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--shards", type=int, default=100)
    parser.add_argument("--hosts", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, default=Path("runs/study-provenance"))
    arguments = parser.parse_args()
    if arguments.folder.exists():
        shutil.rmtree(arguments.folder)
    try:
        found = study(arguments.rows, arguments.shards, arguments.hosts, arguments.folder)
    finally:
        shutil.rmtree(arguments.folder, ignore_errors=True)
    wrong = failures(found)
    print(json.dumps({**found, "failed": wrong}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
