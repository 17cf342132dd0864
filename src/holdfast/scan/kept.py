"""What the detectors kept of all rows, read from the shelf column by column."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import repeat
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as parquet

from holdfast.core import PluginError, did_you_mean
from holdfast.dataflow import Shelf
from holdfast.records import Dataset

__all__ = ["KeptColumns", "Places"]


class KeptColumns:
    """Implements `holdfast.plugins.Kept`: one column at a time is in memory."""

    def __init__(self, shelf: Shelf, pieces: Sequence[str], dataset: Dataset) -> None:
        self._paths = [shelf.path(piece, "kept") for piece in pieces]
        self._dataset = dataset

    @cached_property
    def _footers(self) -> list[parquet.FileMetaData]:
        # Read once: there are some sixty columns, and each would read them again.
        return [parquet.read_metadata(path) for path in self._paths]

    @cached_property
    def n(self) -> int:
        """Rows that were read."""
        return sum(int(footer.num_rows) for footer in self._footers)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All kept columns, in the order of the detectors."""
        return tuple(dict.fromkeys(name for footer in self._footers for name in footer.schema.to_arrow_schema().names))

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes that each detector kept, by its name; columns begin with it."""
        found: dict[str, int] = {}
        for footer in self._footers:
            for group in range(footer.num_row_groups):
                for place in range(footer.num_columns):
                    column = footer.row_group(group).column(place)
                    owner = str(column.path_in_schema).split(".", 1)[0]
                    found[owner] = found.get(owner, 0) + int(column.total_uncompressed_size)
        return found

    def column(self, name: str) -> pa.ChunkedArray:
        """Return one kept column, one value per row; raises PluginError for one that nobody kept."""
        if name not in self.names:
            raise PluginError(f"column {name!r} was not kept. {did_you_mean(name, self.names)}")
        return pa.concat_tables(map(self._read, self._paths, self._footers, repeat(name)), promote_options="default")[name]

    def _read(self, path: Path, footer: parquet.FileMetaData, name: str) -> pa.Table:
        with parquet.ParquetFile(path, metadata=footer) as file:
            return file.read(columns=[name], use_threads=False)

    def rows(self, numbers: Sequence[int]) -> pa.Table:
        """Return some rows whole, read again from their files, in the order asked."""
        return self._dataset.rows(numbers)


class Places:
    """From row numbers to places in files, and back."""

    def __init__(self, kept: KeptColumns) -> None:
        self._rows: npt.NDArray[np.int64] = _numbers(kept, "row")
        self._lines: npt.NDArray[np.int64] = _numbers(kept, "line")
        sources = kept.column("source").combine_chunks().dictionary_encode()
        if isinstance(sources, pa.ChunkedArray):
            sources = sources.combine_chunks()
        self._names: list[str] = sources.dictionary.to_pylist()
        self._codes: npt.NDArray[np.int64] = sources.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        self._starts: dict[str, tuple[int, int]] = {}
        for code, name in enumerate(self._names):
            where = np.flatnonzero(self._codes == code)
            self._starts[name] = (int(where[0]), int(where[-1]) + 1)

    def record(self, row: int) -> str:
        """Return 'FILE:LINE' of a row number; '' for one that was not read."""
        at = int(np.searchsorted(self._rows, row))
        if at >= len(self._rows) or self._rows[at] != row:
            return ""
        return f"{self._names[self._codes[at]]}:{self._lines[at]}"

    def rows(self, sources: Sequence[str], lines: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the number of the row at each place, file and line; -1 for line 0, and where there is none.

        It is -1 where there are several too: a mended copy must not lose the wrong one.
        """
        found = np.full(len(lines), -1, dtype=np.int64)
        names = np.array(sources, dtype=object)
        for name in dict.fromkeys(sources):
            if name not in self._starts:
                continue
            first, last = self._starts[name]
            here = self._lines[first:last]
            chosen = np.flatnonzero((names == name) & (lines != 0))
            at = np.searchsorted(here, lines[chosen])
            count = np.searchsorted(here, lines[chosen], side="right") - at
            found[chosen[count == 1]] = self._rows[first:last][at[count == 1]]
        return found


def _numbers(kept: KeptColumns, name: str) -> npt.NDArray[np.int64]:
    values: npt.NDArray[np.int64] = kept.column(name).to_numpy()
    return values
