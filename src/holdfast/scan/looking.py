"""What runs per shard, in whatever process: every detector looks at every batch, and results go to the shelf piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core import PluginError
from holdfast.dataflow import Shelf
from holdfast.plugins import Detector, ScanOptions
from holdfast.records import FINDINGS, ROWS, BadRow, Dataset, Shard
from holdfast.scan.detecting import open_detectors, reason

__all__ = ["FOUND", "PIECE_ROWS", "Look", "ShardDone", "shard_name"]

PIECE_ROWS = 32_768
"""Rows of a piece: what is held in memory, and what a kill can cost."""
FOUND = FINDINGS.append(pa.field("source", pa.string())).append(pa.field("line", pa.int64()))
_BAD = pa.schema([("row", pa.int64()), ("source", pa.string()), ("line", pa.int64()), ("reason", pa.string())])
_FAILED = pa.schema([("detector", pa.string()), ("reason", pa.string())])
_DONE = pa.schema([("pieces", pa.int64()), ("blank", pa.int64())])


def shard_name(shard: Shard) -> str:
    """Return a shard's name on the shelf: where it starts and ends, so that another cut has other names."""
    return f"f{shard.file}-r{shard.first_row}-n{shard.rows}-b{shard.start.offset}"


class ShardDone:
    """What a shard left on the shelf."""

    def __init__(self, shelf: Shelf, name: str) -> None:
        table = shelf.take(name)["done"]
        self.pieces = [piece_name(name, index) for index in range(table["pieces"][0].as_py())]
        self.blank: int = table["blank"][0].as_py()


def piece_name(shard: str, index: int) -> str:
    """Return the name of a piece of a shard on the shelf."""
    return f"{shard}-p{index}"


class Look:
    """The function over shards. It can be pickled; each process makes its own detectors."""

    def __init__(
        self,
        dataset: Dataset,
        detectors: Sequence[str],
        options: ScanOptions,
        shelf: Shelf,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.dataset = dataset
        self.names = tuple(detectors)
        self.options = options
        self.shelf = shelf
        self.progress = progress
        """Called with the number of rows after each batch; only where nothing is pickled."""
        self._opened: dict[str, Detector] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the detectors behind: they are cheap, and may hold what cannot be sent."""
        return {**self.__dict__, "_opened": None, "progress": None}

    def __call__(self, shard: Shard) -> str:
        """Look at a shard, going on after the pieces that are already there; return its name on the shelf."""
        name = shard_name(shard)
        if self.shelf.has(name) and all(map(self.shelf.has, ShardDone(self.shelf, name).pieces)):
            return name
        index, start = self._resume(name, shard)
        blank = self.dataset.blank_lines
        known = {bad.row for bad in self.dataset.bad_rows}
        piece = _Piece(self._detectors())
        for rows in self.dataset.batches(shard=shard, start=start):
            piece.add(rows)
            if self.progress is not None:
                self.progress(rows.num_rows)
            if piece.rows >= PIECE_ROWS:
                self._put(name, index, piece, known)
                index, piece = index + 1, _Piece(self._detectors())
        if piece.rows or not index or any(row.row not in known for row in self.dataset.bad_rows):
            if not piece.rows:
                piece.add(ROWS.empty_table())
            self._put(name, index, piece, known)
            index += 1
        done = pa.table([[index], [self.dataset.blank_lines - blank]], schema=_DONE)
        self.shelf.put(name, {"done": done})
        return name

    def _detectors(self) -> dict[str, Detector]:
        if self._opened is None:
            self._opened = open_detectors(self.names, self.options)[0]
        return self._opened

    def _resume(self, name: str, shard: Shard) -> tuple[int, int]:
        """Return the number of whole pieces, and the row to go on from."""
        index, start = 0, shard.first_row
        while self.shelf.has(piece_name(name, index)):
            rows = self.shelf.take(piece_name(name, index), "kept")["kept"]["row"]
            if not len(rows):
                break
            start, index = rows[-1].as_py() + 1, index + 1
        return index, start

    def _put(self, name: str, index: int, piece: _Piece, known: set[int]) -> None:
        bad = [row for row in self.dataset.bad_rows if row.row not in known]
        known.update(row.row for row in bad)
        self.shelf.put(piece_name(name, index), piece.tables(bad))


class _Piece:
    """The results of some batches."""

    def __init__(self, detectors: dict[str, Detector]) -> None:
        self.rows = 0
        self._detectors = detectors
        self._found: list[pa.Table] = []
        self._kept: list[pa.Table] = []
        self._failed: dict[str, str] = {}

    def add(self, rows: pa.Table) -> None:
        """Let every detector look at a batch."""
        self.rows += rows.num_rows
        kept = rows.select(["row", "source", "line", "format", "unread"])
        found = []
        for name, detector in self._detectors.items():
            try:
                found.append(_checked(detector.look(rows), rows, name, detector.card.label))
                columns = detector.keep(rows)
                if columns is not None:
                    kept = _joined(kept, columns, name)
            except Exception as error:
                self._failed.setdefault(name, reason(error))
        table = pa.concat_tables(found) if found else FINDINGS.empty_table()
        self._found.append(_placed(table, rows))
        self._kept.append(kept)

    def tables(self, bad: Sequence[BadRow]) -> dict[str, pa.Table]:
        """Return what goes to the shelf, by part."""
        return {
            "found": pa.concat_tables(self._found),
            "kept": pa.concat_tables(self._kept, promote_options="default"),
            "bad": pa.Table.from_pylist([{"row": b.row, "source": b.source, "line": b.line, "reason": b.reason} for b in bad], _BAD),
            "failed": pa.Table.from_pylist([{"detector": name, "reason": why} for name, why in self._failed.items()], _FAILED),
        }


def _checked(found: pa.Table, rows: pa.Table, name: str, label: str) -> pa.Table:
    """Return findings in the schema; raises PluginError where a detector does not keep its contract."""
    try:
        found = found.select(FINDINGS.names).cast(FINDINGS)
    except (KeyError, pa.ArrowInvalid) as error:
        raise PluginError(f"detector {name!r}: its findings are not of schema holdfast.records.FINDINGS.") from error
    if not found.num_rows:
        return found
    if pc.any(pc.not_equal(found["detector"], label)).as_py():
        raise PluginError(f"detector {name!r}: its findings are not signed with its card's label {label!r}.")
    if pc.any(pc.invert(pc.is_in(found["row"], value_set=_numbers(rows)))).as_py():
        raise PluginError(f"detector {name!r}: a finding names a row that is not in the batch.")
    return found


def _numbers(rows: pa.Table) -> pa.Array:
    """Return the row numbers of a batch, and -1 for the whole set."""
    return pa.concat_arrays([pa.array([-1], pa.int64()), *rows["row"].chunks])


def _joined(kept: pa.Table, columns: pa.Table, name: str) -> pa.Table:
    if columns.num_rows != kept.num_rows:
        raise PluginError(f"detector {name!r}: kept {columns.num_rows} values for {kept.num_rows} rows.")
    for column in columns.column_names:
        if column in kept.column_names:
            raise PluginError(f"detector {name!r}: column {column!r} is kept already. Prefix it with the detector's name.")
        kept = kept.append_column(column, columns[column])
    return kept


def _placed(found: pa.Table, rows: pa.Table) -> pa.Table:
    """Sort findings by row, keeping the order of the detectors within one, and add file and line."""
    order = pc.sort_indices(found["row"])
    found = found.take(order)
    at = pc.index_in(found["row"], value_set=rows["row"].combine_chunks())
    return found.append_column("source", rows["source"].take(at)).append_column("line", rows["line"].take(at)).cast(FOUND)
