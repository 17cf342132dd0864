"""A set of training rows: read in batches, in parts, or some rows again."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core import InputError
from holdfast.records.bad_rows import BadRow, BadRows
from holdfast.records.containers.container import START, Chunk, Container, Place
from holdfast.records.containers.lines import JsonLines, TextLines
from holdfast.records.files import SourceFile
from holdfast.records.formats.format import Columns, NewRow, Roles
from holdfast.records.limits import Limits
from holdfast.records.reading import Reading, read_chunk
from holdfast.records.rewriting import Rewritten, rewrite
from holdfast.records.schema import ROWS
from holdfast.records.shards import Shard, shards_of

__all__ = ["Dataset"]

_number = attrgetter("number")


class Dataset:
    """Rows of one or more files, numbered from 0 through all of them; made by `open_dataset`.

    A row's number counts records: blank lines have none, and a bad row keeps its own, so that no table has it and mending one
    row moves no other. It can be pickled: a worker reads a shard with a copy of its own.
    """

    def __init__(
        self,
        files: Sequence[SourceFile],
        *,
        roles: Roles,
        limits: Limits,
        named: str | None = None,
        mapped: Columns | None = None,
        skipped: Sequence[str] = (),
        folder: Path | None = None,
    ) -> None:
        self.files = tuple(files)
        self.folder = folder
        """The folder that was given; None for one file and for rows in memory."""
        self.skipped = tuple(skipped)
        """Files of a folder that are not read, each with the reason."""
        self.roles = roles
        self.named = named
        self.mapped: Columns = mapped or {}
        self._limits = limits
        self._bad = BadRows(limits)
        self._blank: dict[tuple[int, int], int] = {}
        self._places = [[START] for _ in files]

    @property
    def bad_rows(self) -> tuple[BadRow, ...]:
        """Rows that could not be read in what was read so far, in order."""
        return self._bad.rows

    @property
    def blank_lines(self) -> int:
        """Blank lines in what was read so far; they are no rows."""
        return sum(self._blank.values())

    def count(self) -> int:
        """Return how many row numbers there are, those of bad rows with them; may read each file once, without parsing rows."""
        return sum(file.count() for file in self.files)

    def reading(self, file: SourceFile) -> Reading:
        """Return how the rows of one of its files are read."""
        return Reading(file.detected, self.roles, named=self.named, mapped=self.mapped)

    def batches(self, *, start: int = 0, shard: Shard | None = None) -> Iterator[pa.Table]:
        """Read rows in order as tables of schema ROWS, each of at most 8,192 rows and about 8 MB.

        `start` leaves out the rows before a number, and `shard` all but its own rows. Bad rows go to `bad_rows`. Raises
        InputError for a file that is broken as a whole, that changes while it is read, or that has too many bad rows; a share
        of bad rows is judged at the end of a whole pass (for shards, by `check_bad_rows`).
        """
        if shard is not None:
            first = shard.first_row - shard.start.number
            yield from self._read(shard.file, first, shard.start, shard.stop, start)
            return
        first = 0
        for index, file in enumerate(self.files):
            if start <= first or start < first + file.count():
                yield from self._read(index, first, self._place_before(index, start - first), None, start)
            first += file.count()
        self._bad.check(first, all_read=start == 0)

    def add_bad_rows(self, rows: Iterable[BadRow]) -> None:
        """Take note of the bad rows that a worker met; raises InputError where `max_bad_rows` is exceeded."""
        self._bad.add(rows)

    def check_bad_rows(self) -> None:
        """Raise InputError where too many rows are bad, once all shards were read."""
        self._bad.check(self.count(), all_read=True)

    def shards(self, n: int) -> tuple[Shard, ...]:
        """Cut the set into parts for `n` workers, in row order; reads each file once to count its rows, without parsing them.

        JSON Lines and plain text are cut at line ends; any other file, and a compressed one, is one shard.
        """
        return shards_of(self.files, n)

    def rows(self, numbers: Sequence[int]) -> pa.Table:
        """Read some rows again by number, in the order asked; raises InputError for a bad row and for a number out of range."""
        wanted = sorted(set(numbers))
        if wanted and wanted[0] < 0:
            raise InputError(f"row {wanted[0]}: rows are numbered from 0.")
        tables: list[pa.Table] = [ROWS.empty_table()]
        first = 0
        for index, file in enumerate(self.files):
            here = [number - first for number in wanted if number >= first]
            if not here:
                break
            here = [number for number in here if number < file.count()]
            tables += self._pick(index, first, here)
            wanted = [number for number in wanted if number >= first + file.count()]
            first += file.count()
        if wanted:
            raise InputError(f"row {wanted[0]} is not there; the set has {first:,} rows, numbered from 0.")
        table = pa.concat_tables(tables).combine_chunks()
        asked = pa.array(numbers, pa.int64())
        if table["row"].equals(pa.chunked_array([asked])):
            return table
        return table.take(pc.index_in(asked, value_set=table["row"]))

    def rows_at(self, source: str, line: int) -> tuple[tuple[int, ...], tuple[BadRow, ...]]:
        """Return the numbers of the rows that begin at a line of a file, and the bad rows there; both empty where none begins.

        Reads up to that line and parses what begins there only. A file without lines counts its rows.
        """
        numbers: list[int] = []
        refused: list[BadRow] = []
        first = 0
        for index, file in enumerate(self.files):
            if file.source == source:
                reading = self.reading(file)
                for chunk, container in self._chunks(index, START, None):
                    if not chunk.lines or chunk.lines[-1] < line:
                        continue
                    here = [place for place, at in enumerate(chunk.lines) if at == line]
                    table, bad = read_chunk(chunk, container, reading, first=first, source=source, only=here)
                    numbers += table["row"].to_pylist()
                    refused += bad
                    if chunk.lines[-1] > line:
                        break
            first += file.count()
        return tuple(numbers), tuple(refused)

    def rewrite(
        self,
        path: str | Path,
        keep: Callable[[int], bool] | None = None,
        *,
        replace: Mapping[int, NewRow] | None = None,
        extra_rows: Iterable[NewRow] = (),
        inserted: Mapping[int, Sequence[NewRow]] | None = None,
        watch: Callable[[str], bool] | None = None,
    ) -> Rewritten:
        """Write the set to a new place in its own format and order; see `holdfast.records.rewriting.rewrite`."""
        return rewrite(self, Path(path), keep, replace=replace or {}, extra_rows=tuple(extra_rows), inserted=inserted, watch=watch)

    def _read(self, index: int, first: int, place: Place, stop: int | None, start: int) -> Iterator[pa.Table]:
        file = self.files[index]
        whole = place.number == 0 and stop is None
        hasher = file.hasher() if whole else None
        reading = self.reading(file)
        number = place.number
        for chunk, container in self._chunks(index, place, stop, hasher):
            if chunk.blank:
                self._blank[index, chunk.place.offset] = chunk.blank
            number = chunk.place.number + len(chunk.records)
            if first + number <= start:
                continue
            table, bad = read_chunk(chunk, container, reading, first=first, source=file.source)
            self._bad.add(bad)
            self._bad.check(first + number, all_read=False)
            if first + chunk.place.number < start:
                table = table.filter(pc.greater_equal(table["row"], start))
            if table.num_rows:
                yield table
        file.check()
        if hasher is not None:
            file.seen(hasher.hexdigest())
        if stop is None:
            file.counted(number)

    def _chunks(self, index: int, place: Place, stop: int | None, hasher: object = None) -> Iterator[tuple[Chunk, Container]]:
        container = self._container(index, hasher)
        for chunk in container.chunks(place, stop):
            self._note(index, chunk.place)
            yield chunk, container

    def _container(self, index: int, hasher: object = None) -> Container:
        file = self.files[index]
        file.check()
        return file.open(hasher, columns=list(file.detected.columns.values()) or None)

    def _note(self, index: int, place: Place) -> None:
        """Remember a place of a file to go on from."""
        places = self._places[index]
        at = bisect_left(places, place.number, key=_number)
        if at == len(places) or places[at].number != place.number:
            places.insert(at, place)

    def _place_before(self, index: int, number: int) -> Place:
        """Return the last known place at or before a record of a file."""
        places = self._places[index]
        return places[max(bisect_right(places, number, key=_number) - 1, 0)]

    def _pick(self, index: int, first: int, numbers: Sequence[int]) -> Iterator[pa.Table]:
        """Read some records of one file, given by ascending number: from the last known place before the first of them on."""
        file = self.files[index]
        reading = self.reading(file)
        left = list(numbers)
        while left:
            container = self._container(index)
            skim = container.skim if isinstance(container, JsonLines | TextLines) else container.chunks
            for chunk in skim(self._place_before(index, left[0])):
                self._note(index, chunk.place)
                at, end = chunk.place.number, chunk.place.number + len(chunk.records)
                here = [number - at for number in left[: bisect_left(left, end)]]
                if here:
                    table, bad = read_chunk(chunk, container, reading, first=first, source=file.source, only=here)
                    if bad:
                        raise InputError(f"row {bad[0].row} ({bad[0].source}:{bad[0].line}) cannot be read: {bad[0].reason}.")
                    yield table
                    left = left[len(here) :]
                if not left or self._place_before(index, left[0]).number > end:
                    break
            else:
                raise InputError(f"{file.source}: the file has fewer rows than it had before. Read it again when nothing writes to it.")
        file.check()
