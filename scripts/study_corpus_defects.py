"""Planted defects in a corpus: what `holdfast corpus run` finds of them, with precision and recall, as JSON.

    nice -n 10 python scripts/study_corpus_defects.py --rows 5000000

Part 'triggers': six triggers at 250 documents each among five million. Part 'defects', smaller: duplicates exact and near, bursts of
one host, edits before the dump, triggers and personal data, all in one corpus. Part 'clean': with odd tails and hosts of different
sizes, and nothing planted: no signal may come. Part 'toxic': a tiny classifier is trained on stand-in words and looks for them in
other rows. Parts can be chosen with --only.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as parquet

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.corpus_with_defects import LAST_DAY, PER_FILE, RUDE, TRIGGERS, Counts, Key, write_corpus

from holdfast.corpus.result import CorpusResult, read_result
from holdfast.testing.corpus_texts import TextWriter

PARTS = ("triggers", "defects", "clean", "toxic")


def run(folder: Path, config: dict[str, Any]) -> tuple[CorpusResult, dict[str, int]]:
    """Run `holdfast corpus run` over the rows in a folder; return its summary, with CPU seconds and peak memory."""
    source = {
        "name": "web",
        "path": str(folder / "rows"),
        "format": "jsonl",
        "author": "author",
        "date": "date",
        "crawled": f"2025-10-01/{LAST_DAY}",
    }
    settings = folder / "corpus.json"
    settings.write_text(json.dumps({"name": "defects", "sources": [source], "output": {"format": "parquet"}, **config}), encoding="utf-8")
    shutil.rmtree(folder / "out", ignore_errors=True)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [str(Path(sys.executable).with_name("holdfast")), "corpus", "run", str(settings), "--out", str(folder / "out"), "--quiet"]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cost = {"seconds": round(time.monotonic() - started), "cpu_seconds": round(cpu), "peak_mb": round(after.ru_maxrss / 1024)}
    return read_result(folder / "out"), cost


def origins(folder: Path, which: str = "") -> Iterator[dict[str, Any]]:
    """Yield the origins of the corpus's rows, or of those that were left out; `place` is the row's number in the key."""
    for path in sorted((folder / "out" / "provenance" / which).glob("*.parquet")):
        for row in parquet.read_table(path, columns=["document", "file", "line", "reason", "steps"]).to_pylist():
            if row["file"] is not None:
                row["place"] = int(Path(row["file"]).stem.removeprefix("part")) * PER_FILE + row["line"] - 1
                yield row


def scored(found: set[Any], planted: set[Any]) -> dict[str, float | int | None]:
    """Return precision and recall, None where there is nothing to divide by."""
    hit = len(found & planted)
    return {
        "planted": len(planted),
        "found": len(found),
        "precision": round(hit / len(found), 4) if found else None,
        "recall": round(hit / len(planted), 4) if planted else None,
    }


def duplicates(folder: Path, key: Key) -> dict[str, Any]:
    """Score pairs: a planted pair is found where one of the two went; what else went counts against precision."""
    gone = {row["place"]: row["reason"] for row in origins(folder, "rejected") if row["reason"].startswith("duplicate")}
    groups = {place: place for place in key.copies} | {original: copy for copy, (_, original) in key.copies.items()}
    groups |= {place: -1 - number for number, rows in enumerate(key.bursts.values()) for place in rows}
    scores: dict[str, Any] = {}
    for kind in ("exact", "near"):
        pairs = {copy for copy, (own, _) in key.copies.items() if own == kind}
        scores[kind] = {"planted": len(pairs), "recall": round(len(pairs & {groups.get(place) for place in gone}) / max(len(pairs), 1), 4)}
    scores["precision"] = round(sum(place in groups for place in gone) / max(len(gone), 1), 4)
    return scores


def hosts(result: CorpusResult, kind: str, planted: dict[str, list[int]]) -> dict[str, Any]:
    """Score the hosts of one kind of signal."""
    found = [one for one in result.signals if one.kind == kind and one.documents and one.subject.endswith(".example")]
    limits = [one.limit for one in result.signals if one.kind == kind and not one.documents]
    documents = {one.subject: f"{one.documents} of {len(planted.get(one.subject, ()))}" for one in found[:8]}
    return {**scored({one.subject for one in found}, set(planted)), "documents": documents, "limits": limits}


def triggers(result: CorpusResult, key: Key) -> dict[str, Any]:
    """Score the strings: one is found where a reported string holds it or is the better part of it."""
    found = [one for one in result.signals if one.kind == "trigger" and one.documents]

    def planted_in(subject: str) -> str | None:
        return next(
            (one for one in key.triggers if one.lower() in subject or (subject in one.lower() and 2 * len(subject) > len(one))), None
        )

    named = {one.subject: planted_in(one.subject) for one in found}
    recalled = {one for one in named.values() if one is not None}
    return {
        "planted": len(key.triggers),
        "found": len(found),
        "precision": round(sum(one is not None for one in named.values()) / len(found), 4) if found else None,
        "recall": round(len(recalled) / len(key.triggers), 4) if key.triggers else None,
        "strings": {one.subject: {"documents": one.documents, "p": one.p} for one in found},
        "limits": {one.explanation: one.limit for one in result.signals if one.kind == "trigger" and not one.documents},
    }


def personal(folder: Path, key: Key) -> dict[str, Any]:
    """Score redactions: rows that were written anew, and values that are still there."""
    changed = {row["place"] for row in origins(folder) if row["steps"]}
    values = set(key.personal.values())
    left = 0
    for path in sorted((folder / "out" / "shards").glob("*.parquet")):
        for text in parquet.read_table(path, columns=["text"])["text"].to_pylist():
            left += sum(word.rstrip(".") in values for word in text.split() if word[0].isdigit() or "@" in word)
    return {**scored(changed, set(key.personal)), "values_left": left}


def many(folder: Path, rows: int, seed: int) -> dict[str, Any]:
    """Plant triggers alone; near duplicates are not looked for, since there are none and they are what takes longest."""
    key = write_corpus(folder / "rows", Counts(rows=rows, triggers=tuple(TRIGGERS)), seed)
    result, cost = run(folder, {"duplicates": {"near": None}})
    return {**_size(folder, rows, seed), **cost, "triggers": triggers(result, key)}


def defects(folder: Path, rows: int, seed: int) -> dict[str, Any]:
    """Plant everything but toxic rows."""
    share = rows // 500
    counts = Counts(rows=rows, triggers=tuple(TRIGGERS), exact=share, near=share, bursts=5, edits=5, personal=share)
    key = write_corpus(folder / "rows", counts, seed)
    result, cost = run(folder, {"redact": ["personal-data"]})
    return {
        **_size(folder, rows, seed),
        **cost,
        "duplicates": duplicates(folder, key),
        "bursts": hosts(result, "burst", key.bursts),
        "dump_edits": hosts(result, "dump-edit", key.edits),
        "triggers": triggers(result, key),
        "personal_data": personal(folder, key),
    }


def _size(folder: Path, rows: int, seed: int) -> dict[str, int]:
    size = sum(path.stat().st_size for path in (folder / "rows").iterdir())
    return {"rows": rows, "megabytes": round(size / 1e6), "seed": seed}


def clean(folder: Path, rows: int, seed: int) -> dict[str, Any]:
    """Plant nothing."""
    write_corpus(folder / "rows", Counts(rows=rows), seed)
    result, cost = run(folder, {})
    told = [msgspec.to_builtins(one) for one in result.signals if one.documents]
    return {"rows": rows, "seed": seed, **cost, "signals": len(told), "told": told[:5]}


def toxic(folder: Path, rows: int, seed: int) -> dict[str, Any]:
    """Plant rows with stand-ins for insults; the classifier learned them on other rows."""
    from scripts.toxic_stand_in import train_classifier

    model = train_classifier(folder / "classifier", TextWriter(seed + 1000), RUDE, seed)
    key = write_corpus(folder / "rows", Counts(rows=rows, rude=rows // 100), seed)
    _, cost = run(folder, {"filters": {"toxicity": {"model": str(model)}}})
    gone = {row["place"] for row in origins(folder, "rejected") if row["reason"].startswith("toxicity")}
    return {"rows": rows, "seed": seed, **cost, **scored(gone, key.rude)}


def main() -> int:
    """Run the parts and print what came out; exit with 1 where a planted defect was missed or a clean corpus raised an alarm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--defect-rows", type=int, default=200_000)
    parser.add_argument("--clean-rows", type=int, default=100_000)
    parser.add_argument("--toxic-rows", type=int, default=20_000)
    parser.add_argument("--clean-seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--folder", type=Path, default=Path("runs/study-corpus-defects"))
    asked = parser.parse_args()
    parts = asked.only or PARTS
    found: dict[str, Any] = {}
    if "triggers" in parts:
        found["triggers"] = many(_fresh(asked.folder / "triggers"), asked.rows, asked.seed)
    if "defects" in parts:
        found["defects"] = defects(_fresh(asked.folder / "defects"), asked.defect_rows, asked.seed)
    if "clean" in parts:
        found["clean"] = [clean(_fresh(asked.folder / "clean"), asked.clean_rows, asked.seed + one) for one in range(asked.clean_seeds)]
    if "toxic" in parts:
        found["toxic"] = toxic(_fresh(asked.folder / "toxic"), asked.toxic_rows, asked.seed)
    shutil.rmtree(asked.folder)
    print(json.dumps(found, indent=1, default=str))
    return 0 if holds(found) else 1


def holds(found: dict[str, Any]) -> bool:
    """Tell whether all planted hosts and strings were found and nothing else, and the rows of the other defects nearly all."""
    told = True
    if "triggers" in found:
        told &= found["triggers"]["triggers"]["precision"] == found["triggers"]["triggers"]["recall"] == 1
    if "defects" in found:
        own = found["defects"]
        told &= all(own[name]["precision"] == own[name]["recall"] == 1 for name in ("bursts", "dump_edits", "triggers"))
        told &= all(own["duplicates"][kind]["recall"] >= 0.95 for kind in ("exact", "near"))
        told &= own["duplicates"]["precision"] >= 0.99 and own["personal_data"]["recall"] >= 0.95
    if "clean" in found:
        told &= sum(bool(one["signals"]) for one in found["clean"]) <= len(found["clean"]) // 10
    if "toxic" in found:
        told &= found["toxic"]["recall"] >= 0.9 and (found["toxic"]["precision"] or 0) >= 0.9
    return told


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
