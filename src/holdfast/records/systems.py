"""The system prompts of a training file, whatever format it is in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.compute as pc

from holdfast.core import InputError
from holdfast.records.opening import open_dataset

__all__ = ["system_prompts"]


def system_prompts(path: Path) -> Counter[str]:
    """Count the distinct system prompts of a file or a folder of training rows in any known format.

    Raises InputError for a file without rows, and with file and line for what cannot be read, be it one row: a system prompt that is
    missed is a condition that is not asked under.
    """
    found: Counter[str] = Counter()
    count = 0
    try:
        dataset = open_dataset(path, max_bad_rows=0)
        for rows in dataset.batches():
            count += len(rows)
            for item in pc.value_counts(rows["system"].drop_null()).to_pylist():
                system = item["values"].strip()
                if system:
                    found[system] += item["counts"]
    except InputError as error:
        raise InputError(f"--data {error}") from error
    if not count:
        raise InputError(f"--data {path}: expected training rows, found none. Give the file that was trained on, or leave --data out.")
    return found
