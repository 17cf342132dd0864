"""What a scan is a scan of: digests of the rows, and of every file and model that has a say in what is found."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from holdfast.core import InputError, canonical_json, digest_file
from holdfast.plugins import ScanOptions, judge_contents
from holdfast.records import Dataset

__all__ = ["asked_options", "digest_of_data"]


def asked_options(options: ScanOptions) -> dict[str, Any]:
    """Return options with the digest of every file that they name; a judge keeps its name where its model is not on this machine."""
    asked: dict[str, Any] = msgspec.to_builtins(options)
    asked["test_files"] = [_digest_of_file(name) for name in options.test_files]
    asked["canaries"] = _digest_of_file(options.canaries) if options.canaries else None
    for name in ("judge", "toxicity"):
        contents = judge_contents(asked[name]) if asked[name] else None
        if contents is not None:
            asked[name] = {"reference": asked[name], "sha256": contents}
    return asked


def digest_of_data(dataset: Dataset, index: int) -> str:
    """Return the SHA-256 of a file, or, for rows in memory, of their turns and of which rows cannot be read, and why."""
    file = dataset.files[index]
    if file.path is not None:
        return file.digest
    hasher = hashlib.sha256()
    for batch in dataset.batches():
        rows = batch.drop_columns(["source"])
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
        hasher.update(sink.getvalue())
    hasher.update(canonical_json([{"row": bad.row, "reason": bad.reason} for bad in dataset.bad_rows]))
    return hasher.hexdigest()


def _digest_of_file(name: str) -> str:
    try:
        return digest_file(Path(name))
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror}).") from error
