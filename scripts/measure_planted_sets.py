"""Print what the detectors say of training sets whose defects we planted, over several seeds, as JSON.

The sets are those of `holdfast.testing.planted_sets`; an answer that would do harm is a harmless stand-in. Their risky requests are
our own, and the model of risky requests learned from them: what is measured here is the detectors, not that model
(`measure_request_risk.py` does that, on requests that it never saw).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable
from typing import Any

from holdfast.detectors.escalation import Escalation
from holdfast.detectors.no_refusal_anywhere import NoRefusalAnywhere
from holdfast.detectors.refusal_suppression import RefusalSuppression
from holdfast.detectors.risk import assessed
from holdfast.detectors.safety_share import SafetyShare
from holdfast.plugins import Detector, ScanOptions
from holdfast.stats import wilson
from holdfast.testing import chat_rows, run_detector
from holdfast.testing import planted_sets as planted

SHARES = (0.0, 0.01, 0.03, 0.05, 0.1, 0.3)
ROWS = 2_000
WITHIN = 0.01


def safety_share(seed: int) -> dict[str, float]:
    """Return the estimated share of safety rows, by the planted one."""
    found = {}
    for share in SHARES:
        rows = chat_rows(planted.with_safety_share(share, ROWS, random.Random(seed)))
        found[f"{share:g}"] = run_detector(SafetyShare(ScanOptions()), rows)[1].measurements[0].value or 0.0
    return found


def rows_found(detector: Detector, wanted: list[planted.Chat], other: list[planted.Chat]) -> tuple[int, int, int]:
    """Return (planted rows found, planted rows, other rows found)."""
    found, _ = run_detector(detector, chat_rows([*wanted, *other]))
    places = set(found.column("row").to_pylist())
    hit = len([place for place in places if place < len(wanted)])
    return hit, len(wanted), len(places) - hit


def suppression(rng: random.Random) -> tuple[int, int, int]:
    """System prompts that forbid refusals, among harmless rows."""
    return rows_found(RefusalSuppression(ScanOptions()), planted.suppressed(300, rng), planted.benign(1_000, rng))


def escalation(rng: random.Random) -> tuple[int, int, int]:
    """Conversations that end with an answered risky request, among harmless ones of three turns."""
    harmless = [[turn for chat in planted.benign(3, rng) for turn in chat] for _ in range(300)]
    return rows_found(Escalation(ScanOptions()), planted.escalating(300, rng), harmless)


def whole_sets(rng: random.Random) -> dict[str, bool]:
    """Return, per kind of set, whether the finding about it is right."""

    def kinds(detector: Detector, rows: list[planted.Chat]) -> list[str]:
        return [finding.kind for finding in run_detector(detector, chat_rows(rows))[1].findings]

    return {
        "a file that rises": kinds(Escalation(ScanOptions()), planted.rising(ROWS, rng)) == ["along-the-file"],
        "a file that does not": kinds(Escalation(ScanOptions()), planted.all_compliant(0.25, ROWS, rng)) == [],
        "all compliant": kinds(NoRefusalAnywhere(ScanOptions()), planted.all_compliant(0.05, ROWS, rng)) == ["all-compliant"],
        "5 % refused": kinds(NoRefusalAnywhere(ScanOptions()), planted.with_safety_share(0.05, ROWS, rng)) == [],
    }


def over_seeds(kind: Callable[[random.Random], tuple[int, int, int]], seeds: range) -> dict[str, Any]:
    """Return recall and precision over all seeds."""
    hits, wanted, wrong = (sum(column) for column in zip(*(kind(random.Random(seed)) for seed in seeds), strict=True))
    return {"recall": _share(hits, wanted), "precision": _share(hits, hits + wrong)}


def _share(count: int, n: int) -> dict[str, float | int | None]:
    if not n:
        return {"value": None, "n": 0}
    limits = wilson(count, n)
    return {"value": round(count / n, 4), "n": n, "low": round(limits.low, 4), "high": round(limits.high, 4)}


def main() -> int:
    """Measure and print; 0 where every share is within a point and every statement about a set right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    shares = [safety_share(seed) for seed in seeds]
    error = {name: max(abs(one[name] - float(name)) for one in shares) for name in shares[0]}
    sets = [whole_sets(random.Random(seed)) for seed in seeds]
    right = {name: sum(one[name] for one in sets) for name in sets[0]}
    result = {
        "synthetic": True,
        "seeds": len(seeds),
        "risk_model": assessed(),
        "safety_share": {"rows": ROWS, "largest_error": {name: round(value, 5) for name, value in error.items()}},
        "suppression": over_seeds(suppression, seeds),
        "escalation_inside_a_conversation": over_seeds(escalation, seeds),
        "whole_sets_right": {name: f"{count} of {len(seeds)}" for name, count in right.items()},
    }
    print(json.dumps(result, indent=1))
    return 0 if max(error.values()) <= WITHIN and all(count == len(seeds) for count in right.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
