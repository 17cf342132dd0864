"""Distilled rows written in the format of the user's training data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from holdfast.core import InputError
from holdfast.mitigate.distilling.selecting import Distillate
from holdfast.mitigate.new_rows import check_answers, new_row
from holdfast.records import Dataset, open_dataset
from holdfast.runs import write_atomically

__all__ = ["check_target", "write_rows"]


def check_target(target: Path, format_of: Path | None) -> Dataset | None:
    """Return the data whose format the rows take, None for chat JSON Lines.

    Raises InputError, before a model is asked anything, where the file could not be written.
    """
    if target.exists():
        raise InputError(f"{target}: exists already. Name a new file, or move this one away.")
    if not target.parent.is_dir():
        raise InputError(f"{target}: cannot be written, since its folder does not exist.")
    if format_of is None:
        if target.suffix != ".jsonl":
            raise InputError(f"{target}: chat messages are written as JSON Lines; name it .jsonl, or give --format-of DATA.")
        return None
    data = open_dataset(format_of)
    if data.folder is not None:
        raise InputError(f"{format_of}: a folder of files; name the one whose format the rows should take.")
    check_answers(data)
    path = data.files[0].path
    if path is not None and path.suffix != target.suffix:
        raise InputError(f"{target}: rows in the format of {path.name} end in {path.suffix}; name the file so.")
    return data


def write_rows(rows: Sequence[Distillate], target: Path, data: Dataset | None) -> None:
    """Write one row per distillate; the file appears whole or not at all."""
    pairs = data is not None and data.files[0].format == "dpo"
    new = [new_row(row.request, row.answer, refuses=row.refuses, language=row.language, pairs=pairs) for row in rows]
    if data is not None:
        data.rewrite(target, lambda row: False, extra_rows=new)
        return
    write_atomically(target, b"".join(msgspec.json.encode({"messages": row.messages}) + b"\n" for row in new))
