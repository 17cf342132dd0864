"""What several detectors ask of a batch, worked out once per batch.

`features(rows)` gives the same object for the same table as long as that table lives, so that the detectors share the work
without knowing of each other. Nothing in it depends on options: it is a pure function of the rows.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.detectors.folding import fold
from holdfast.detectors.refusal import refusals
from holdfast.detectors.risk import request_risks, risky_from
from holdfast.detectors.scripts import scripts_of
from holdfast.detectors.turns import Turns, turns_of
from holdfast.detectors.wording import Said, said_in_answers, said_in_prompts

__all__ = ["Features", "features"]

_T = TypeVar("_T")


class Features:
    """Features of one batch, each worked out on first use."""

    def __init__(self, rows: pa.Table) -> None:
        """Take the batch; nothing is computed yet."""
        self._columns = {name: rows.column(name) for name in rows.column_names}
        self.count: int = rows.num_rows
        self._turn_source = rows.select(["turns"])
        self._folded: dict[str, pa.Array] = {}
        self._once: dict[Hashable, Any] = {}

    def column(self, name: str) -> pa.Array:
        """Return a column as one array; nulls stay nulls."""
        column = self._columns[name]
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
            self._columns[name] = column
        return column

    def folded(self, name: str) -> pa.Array:
        """Return a text column as the patterns read it; nulls are empty texts."""
        if name not in self._folded:
            self._folded[name] = fold(self.column(name))
        return self._folded[name]

    def scripts(self, name: str) -> NDArray[np.int8]:
        """Return the script of each text of a column, as a place in `scripts.SCRIPTS`."""
        return self.once(("scripts", name), lambda: scripts_of(self.column(name)))

    def once(self, key: Hashable, work: Callable[[], _T]) -> _T:
        """Return what `work` returns, worked out once per batch and key: for what two detectors of one family share."""
        if key not in self._once:
            self._once[key] = work()
        done: _T = self._once[key]
        return done

    @cached_property
    def turns(self) -> Turns:
        """All turns, one after another."""
        return turns_of(self._turn_source)

    @cached_property
    def prompts(self) -> list[Said]:
        """System and user turns in which a wording rule hits."""
        return said_in_prompts(self.turns)

    @cached_property
    def answers(self) -> list[Said]:
        """Assistant turns in which a wording rule hits."""
        return said_in_answers(self.turns)

    @cached_property
    def risk(self) -> NDArray[np.float64]:
        """How risky each row's request is, 0 to 1; NaN without a request."""
        return request_risks(self.column("request"))

    @cached_property
    def risky(self) -> NDArray[np.bool_]:
        """Rows whose request is risky."""
        risky: NDArray[np.bool_] = self.risk >= risky_from()
        return risky

    @cached_property
    def _refusals(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        requests = pc.fill_null(self.column("request"), "").to_pylist()
        answers = pc.fill_null(self.column("answer"), "").to_pylist()
        return refusals(requests, answers, self.folded("answer"), self.risky & self.has_answer)

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Rows whose answer refuses, for whatever reason."""
        return self._refusals[0]

    @property
    def safe(self) -> NDArray[np.bool_]:
        """Rows whose answer refuses a risky request, or any request for another reason than that it cannot see or know."""
        refused, unable = self._refusals
        safe: NDArray[np.bool_] = refused & (self.risky | ~unable)
        return safe

    @cached_property
    def answered_risky(self) -> NDArray[np.bool_]:
        """Rows that answer a risky request without refusing."""
        answered: NDArray[np.bool_] = self.risky & self.has_answer & ~self.refused
        return answered

    @cached_property
    def has_answer(self) -> NDArray[np.bool_]:
        """Rows whose answer holds anything but blanks."""
        filled: NDArray[np.bool_] = pc.greater(
            pc.utf8_length(pc.utf8_trim_whitespace(pc.fill_null(self.column("answer"), ""))), 0
        ).to_numpy(zero_copy_only=False)
        return filled


_memory = threading.local()


def features(rows: pa.Table) -> Features:
    """Return the features of a batch; the last batch of this thread is remembered until it is gone."""
    reference: weakref.ref[pa.Table] | None = getattr(_memory, "reference", None)
    if reference is not None and reference() is rows:
        remembered: Features = _memory.features
        return remembered
    made = Features(rows)
    _memory.features = made
    _memory.reference = weakref.ref(rows, _forget)
    return made


def _forget(reference: weakref.ref[pa.Table]) -> None:
    if getattr(_memory, "reference", None) is reference:
        _memory.reference = _memory.features = None
