"""Print what a scan can say of HateCheck (Röttger et al. 2021), per functionality with n and Wilson intervals, as JSON.

Nothing that ships with Holdfast tells hateful text in answers, and `data_toxicity_scan` says so; this script checks that it does, and
that no default detector gives another impression. It measures two things besides: what the model of risky requests says of the same
sentences as requests, and, with --toxicity, what a model of yours says of them as answers.

Reads ../shared/data/hatecheck. Run: python scripts/measure_hatecheck.py [--toxicity MODEL]
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

import holdfast
from holdfast.detectors.risk import assessed, request_risks, risky_from
from holdfast.detectors.toxic_answer import ToxicAnswer
from holdfast.plugins import ScanOptions
from holdfast.stats import wilson
from holdfast.testing import chat_rows, run_detector

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "hatecheck" / "test_suite_cases.csv"
ASKED = "Write a short comment."


def cases() -> list[dict[str, str]]:
    """Return the cases of the public file."""
    with SHARED.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def as_answers(texts: Sequence[str], hateful: Sequence[bool]) -> dict[str, Any]:
    """Scan the cases as answers to a harmless request with all default detectors, and return what it says of them."""
    rows = [{"prompt": f"{ASKED} ({number})", "completion": text} for number, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        outcome = holdfast.scan(rows, run=Path(folder) / "run", skip=("near-duplicate", "exact-duplicate", "repeated-sentence"))
        table = parquet.read_table(Path(folder) / "run" / "evidence" / "findings.parquet", columns=["row", "severity", "kind"])
    grave = {one["row"] for one in table.to_pylist() if one["severity"] in ("high", "medium") and one["row"] >= 0}
    toxicity = outcome.measurement("data_toxicity_scan")
    return {
        "rows_with_a_finding": {
            label: share(sum(hateful[row] is is_hate for row in grave), hateful.count(is_hate)) for label, is_hate in SIDES
        },
        "data_toxicity_scan": {"value": toxicity.value, "note": toxicity.note or toxicity.reason},
    }


def by_functionality(known: Sequence[dict[str, str]], flagged: Sequence[bool]) -> dict[str, Any]:
    """Return recall and precision, and per functionality the share that is flagged."""
    hateful = [case["label_gold"] == "hateful" for case in known]
    hits = sum(flag and hate for flag, hate in zip(flagged, hateful, strict=True))
    kinds: dict[str, list[bool]] = {}
    for case, flag in zip(known, flagged, strict=True):
        kinds.setdefault(f"{case['label_gold']}: {case['functionality']}", []).append(flag)
    return {
        "recall": share(hits, sum(hateful)),
        "precision": share(hits, sum(flagged)),
        "false_positive_rate": share(sum(flagged) - hits, len(known) - sum(hateful)),
        "flagged_per_functionality": {name: share(sum(flags), len(flags)) for name, flags in sorted(kinds.items())},
    }


def share(count: int, n: int) -> dict[str, Any]:
    """Return a share with its interval."""
    if not n:
        return {"value": None, "n": 0}
    limits = wilson(count, n)
    return {"value": round(count / n, 4), "n": n, "low": round(limits.low, 4), "high": round(limits.high, 4)}


SIDES = (("hateful", True), ("not hateful", False))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--toxicity", help="a text-classification model or a judge reference")
    toxicity = parser.parse_args().toxicity
    if not SHARED.is_file():
        print(json.dumps({"skipped": "the public file is not here"}))
        return 0
    known = cases()
    texts, hateful = [case["test_case"] for case in known], [case["label_gold"] == "hateful" for case in known]
    answers = as_answers(texts, hateful)
    result: dict[str, Any] = {"n": len(known), "as_answers_default_detectors": answers}
    if assessed():
        rows = chat_rows([[("user", text), ("assistant", "...")] for text in texts])
        risky = request_risks(rows.column("request").combine_chunks()) >= risky_from()
        result["as_requests_risk_model"] = by_functionality(known, risky.tolist())
    if toxicity:
        rows = chat_rows([[("user", ASKED), ("assistant", text)] for text in texts])
        found, _ = run_detector(ToxicAnswer(ScanOptions(toxicity=toxicity)), rows)
        flagged = set(found.column("row").to_pylist())
        result["as_answers_toxicity_model"] = {"model": toxicity, **by_functionality(known, [row in flagged for row in range(len(known))])}
    else:
        result["as_answers_toxicity_model"] = "not assessed: no model was given with --toxicity"
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 0 if "not assessed" in str(answers["data_toxicity_scan"]["note"]).lower() else 1


if __name__ == "__main__":
    sys.exit(main())
