"""Checkpoints that passed and those that did not: marks in their folders, and which one to go back to."""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.core import Value
from holdfast.runs import write_atomically

__all__ = ["MARK_FILE", "START_FOLDER", "CheckpointMark", "Checkpoints"]

MARK_FILE = "holdfast.watch.json"
START_FOLDER = "holdfast-start"
"""Beside the trainer's own checkpoints, under a name that its rotation does not take for one of them."""


class CheckpointMark(Value, frozen=True, kw_only=True):
    """What `holdfast.watch.json` in a checkpoint's folder says."""

    step: int
    passed: bool | None
    """None where nothing was asked at this step, so nobody knows."""
    refusal_rates: dict[str, float | None] = {}
    why: str = ""


class Checkpoints:
    """The checkpoints of one run. Of several processes one writes the marks, and all know them."""

    def __init__(self, output: Path, *, writes: bool = True) -> None:
        self.output, self._writes = output, writes
        self.marks: dict[int, CheckpointMark] = {}

    def folder(self, step: int) -> Path:
        """Return where the checkpoint of a step lies; step 0 is the untouched start."""
        return self.output / (f"checkpoint-{step}" if step else START_FOLDER)

    def mark(self, mark: CheckpointMark) -> None:
        """Write a mark into the checkpoint's folder, where that is there."""
        self.marks[mark.step] = mark
        folder = self.folder(mark.step)
        if self._writes and folder.is_dir():
            write_atomically(folder / MARK_FILE, msgspec.json.format(msgspec.json.encode(mark), indent=2) + b"\n")

    def read(self) -> None:
        """Take up the marks that an earlier attempt left."""
        for path in sorted(self.output.glob(f"*/{MARK_FILE}")):
            try:
                mark = msgspec.json.decode(path.read_bytes(), type=CheckpointMark)
            except (OSError, msgspec.DecodeError):
                continue  # a mark that cannot be read says nothing, which is what no mark says too
            self.marks[mark.step] = mark

    def last_good(self, *, before: int) -> int | None:
        """Return the last step up to `before` whose checkpoint passed and is still there; None where there is none."""
        good = [step for step, mark in self.marks.items() if mark.passed and step <= before and self.folder(step).is_dir()]
        return max(good, default=None)
