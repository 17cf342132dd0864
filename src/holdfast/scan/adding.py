"""Safety rows for `--fix add-safety`: which rows of a file are some, and how many a share takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.core import InputError
from holdfast.plugins import Detector, ScanOptions, TellsSafety
from holdfast.records import Dataset, open_dataset
from holdfast.scan.detecting import open_detectors
from holdfast.scan.facts import ScanResult

__all__ = ["check_safety_file", "safety_rows"]

_TELLER = "safety-share"
_BATCH = 4096


def check_safety_file(name: str) -> None:
    """Raise InputError where a file has no safety row, or cannot be read; before a long scan and not after it."""
    _candidates(open_dataset(name), name, _teller({}))


def safety_rows(
    dataset: Dataset, detectors: Mapping[str, Detector], result: ScanResult, *, name: str, share: float, dropped: Set[int], seed: int
) -> tuple[Dataset, list[int], list[str]]:
    """Return a file's rows, the numbers of those to add, in its order, and notes.

    So many that `share` of the new file keeps the model safe: safety rows that a plan drops count no more. They are a sample by
    the seed. Raises InputError where the file has none.
    """
    teller = _teller(detectors)
    measured = next((one for one in result.measurements if one.metric == "safety_share" and one.group == "all"), None)
    notes, held = [], 0
    if measured is None or measured.value is None:
        notes.append("The safety share of the data was not measured; it was taken to be none.")
    else:
        held = round(measured.value * measured.n) - _safe_among(dataset, sorted(dropped), teller)
    source = open_dataset(name)
    candidates, others = _candidates(source, name, teller)
    rows = result.rows - len(dropped)
    needed = max(math.ceil((share * rows - held) / (1 - share)), 0)
    if others and needed:
        notes.append(f"{others:,} of {len(candidates) + others:,} rows of {name} refuse nothing and were left aside.")
    if needed > len(candidates):
        reached = (held + len(candidates)) / max(rows + len(candidates), 1)
        notes.append(f"{name} has {len(candidates):,} of {needed:,} rows that a share of {share:.1%} takes; it is {reached:.1%} now.")
    count = min(needed, len(candidates))
    chosen = sorted(np.random.default_rng(seed).choice(len(candidates), count, replace=False)) if count else []
    notes += ["The safety rows are at the end: shuffle when you train."] if count else []
    return source, [candidates[index] for index in chosen], notes


def _teller(detectors: Mapping[str, Detector]) -> TellsSafety:
    """Return the detector that tells safety rows: one of the scan's, or, where it was left out, our own."""
    found: Any = next((one for one in detectors.values() if isinstance(one, TellsSafety)), None)
    if found is None:
        found = open_detectors((_TELLER,), ScanOptions(), must=True)[0][_TELLER]
    told: TellsSafety = found
    return told


def _candidates(source: Dataset, name: str, teller: TellsSafety) -> tuple[list[int], int]:
    """Return the numbers of a file's safety rows, and how many others it has."""
    found: list[int] = []
    seen = 0
    for rows in source.batches():
        seen += rows.num_rows
        found += _safe_in(rows, teller)
    if not found:
        raise InputError(
            f"--safety {name}: none of its {seen:,} rows keeps a model safe, expected answers that refuse, in English or Chinese. "
            "Give a file of safety rows."
        )
    return found, seen - len(found)


def _safe_among(dataset: Dataset, numbers: list[int], teller: TellsSafety) -> int:
    return sum(len(_safe_in(dataset.rows(numbers[at : at + _BATCH]), teller)) for at in range(0, len(numbers), _BATCH))


def _safe_in(rows: pa.Table, teller: TellsSafety) -> list[int]:
    flags = teller.keeps_safe(rows).fill_null(False)
    numbers: list[int] = rows["row"].filter(flags).to_pylist()
    return numbers
