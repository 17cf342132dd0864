"""What a worker does before its first shard: by then what detectors compile and load once per process is there."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.plugins import ScanOptions
from holdfast.records import open_dataset
from holdfast.scan.detecting import open_detectors

__all__ = ["warm"]

_ROW = {"messages": [{"role": "user", "content": "How do I tie a bowline?"}, {"role": "assistant", "content": "Make a small loop first."}]}


def warm(names: Sequence[str]) -> None:
    """Let detectors, opened without a model or a file of the user's, look at one row."""
    rows = next(open_dataset([_ROW]).batches())
    for detector in open_detectors(names, ScanOptions())[0].values():
        detector.look(rows)
        detector.keep(rows)
