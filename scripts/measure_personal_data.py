"""Print precision and recall of the detectors of personal data and secrets, per kind with n and Wilson intervals, as JSON.

Two label sets: the spans of presidio-research in ../shared/data, which others labelled, and invented data (synthetic), since
most kinds have fewer than 30 labels there.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from holdfast.detectors.personal_data import finder
from holdfast.detectors.personal_data.presidio import entity_spans, presidio_version
from holdfast.stats import wilson
from holdfast.testing.invented_values import labelled

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "presidio_research" / "generated_small.json"
OURS = {
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "EMAIL_ADDRESS": "email",
    "US_SSN": "us-ssn",
    "IP_ADDRESS": "ip-address",
    "IBAN_CODE": "iban",
}

Places = list[tuple[str, int, int]]
Labels = list[tuple[str, Places]]


def public() -> Labels:
    """The public texts with the labels that we have a kind for."""
    rows = json.loads(SHARED.read_text("utf-8"))
    return [
        (
            row["full_text"],
            [(OURS[s["entity_type"]], s["start_position"], s["end_position"]) for s in row["spans"] if s["entity_type"] in OURS],
        )
        for row in rows
    ]


def synthetic(seed: int) -> Labels:
    """The invented texts."""
    return [(one.text, [(one.kind, one.start, one.end)] if one.kind else []) for one in labelled(seed)]


def built_in(text: str) -> Places:
    """Return what the built-in set finds."""
    return [(span.kind, span.start, span.end) for span in finder().spans(text)]


def presidio(text: str) -> Places:
    """Return what Presidio finds, under our names."""
    return [(OURS.get(span.kind, span.kind), span.start, span.end) for span in entity_spans(text, every=True)]


def measured(labels: Labels, find: Callable[[str], Places] = built_in) -> dict[str, Any]:
    """Count, per kind, labels that are found (same kind, overlapping), missed, and findings without such a label."""
    hit, missed, false = Counter[str](), Counter[str](), Counter[str]()
    for text, wanted in labels:
        spans = find(text)
        for kind, start, end in wanted:
            found = any(one == kind and first < end and start < last for one, first, last in spans)
            (hit if found else missed)[kind] += 1
        for one, first, last in spans:
            false[one] += not any(kind == one and first < end and start < last for kind, start, end in wanted)
    kinds = sorted({*hit, *missed, *(kind for kind, count in false.items() if count)})
    return {
        kind: {"recall": _share(hit[kind], hit[kind] + missed[kind]), "precision": _share(hit[kind], hit[kind] + false[kind])}
        for kind in kinds
    }


def _share(count: int, n: int) -> dict[str, Any]:
    if not n:
        return {"value": None, "n": 0}
    limits = wilson(count, n)
    return {"value": round(count / n, 4), "n": n, "low": round(limits.low, 4), "high": round(limits.high, 4)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20_261_121)
    parser.add_argument("--presidio", action="store_true", help="measure Presidio (extra 'pii') as well, on the same labels")
    asked = parser.parse_args()
    seed = asked.seed
    result: dict[str, Any] = {"synthetic": {"seed": seed, "kinds": measured(synthetic(seed))}}
    result["presidio_research"] = {"kinds": measured(public())} if SHARED.is_file() else {"skipped": "the public set is not here"}
    if asked.presidio:
        result["with_presidio"] = with_presidio(seed)
    print(json.dumps(result, indent=1))


def with_presidio(seed: int) -> dict[str, Any]:
    """Measure Presidio on the kinds that are labelled; a kind that it has no recogniser for has no hits."""
    if (version := presidio_version()) is None:
        return {"skipped": "the extra 'pii' is not installed"}
    kinds = {"synthetic": synthetic(seed), **({"presidio_research": public()} if SHARED.is_file() else {})}
    found = {name: measured(labels, presidio) for name, labels in kinds.items()}
    known = {name: {kind for _, wanted in labels for kind, _, _ in wanted} for name, labels in kinds.items()}
    return {"version": version, **{name: {kind: found[name][kind] for kind in sorted(known[name])} for name in kinds}}


if __name__ == "__main__":
    main()
