"""A set written back in its own format and order: what is not touched stays as it is, byte by byte."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.core import InputError, Value
from holdfast.records.containers.sniffing import ending_of
from holdfast.records.formats.detecting import format_of, match_text
from holdfast.records.formats.format import NewRow, Row, RowError
from holdfast.records.unread import columns_besides, texts_in

if TYPE_CHECKING:
    from holdfast.records.dataset import Dataset
    from holdfast.records.files import SourceFile

__all__ = ["Edits", "Rewritten", "rewrite"]


class Rewritten(Value, frozen=True, kw_only=True):
    """What was written."""

    path: str
    kept: int
    """Rows as they were."""
    dropped: int
    replaced: int
    added: int
    left: tuple[tuple[str, int], ...] = ()
    """Columns that no format reads and that hold a watched text in replaced rows, with the number of those rows."""


@dataclass(slots=True)
class Edits:
    """What is to change, and what has changed so far; asked row by row as the files are copied."""

    dataset: Dataset
    keep: Callable[[int], bool] | None
    replace: Mapping[int, NewRow]
    extra: Sequence[NewRow]
    kept: int = 0
    dropped: int = 0
    added: int = 0
    met: set[int] = field(default_factory=set)
    after: Mapping[int, Sequence[NewRow]] = field(default_factory=dict)
    watch: Callable[[str], bool] | None = None
    left: Counter[str] = field(default_factory=Counter)

    def keeps(self, number: int) -> bool:
        """Tell whether a row stays, and count it."""
        if number in self.replace:
            self.met.add(number)
        if self.keep is not None and not self.keep(number):
            self.dropped += 1
            return False
        self.kept += number not in self.replace
        return True

    def changed(self, number: int, row: Row, file: SourceFile) -> Row:
        """Return a row with its new text; raises InputError where its format cannot hold it."""
        dataset = self.dataset
        try:
            matched = match_text(row, file.detected, dataset.roles, named=dataset.named, mapped=dataset.mapped)
            if matched is None:
                raise RowError("its columns are of no known format")
            if self.watch is not None:
                besides = columns_besides(row, matched[1].values())
                self.left.update(name for column, name in besides if any(map(self.watch, texts_in(row[column]))))
            return matched[0].write(row, self.replace[number], matched[1], dataset.roles)
        except RowError as error:
            raise InputError(f"row {number} of {file.source} cannot be replaced: {error}.") from error

    def new_rows(self, file: SourceFile, like: Row | None) -> list[Row]:
        """Return the added rows in a file's own format; raises InputError where it cannot hold them."""
        if not self.extra:
            return []
        if not file.format:
            raise InputError(f"{file.source}: rows cannot be added to a file without rows, whose format is not known.")
        return self._written(self.extra, file, like)

    def rows_after(self, number: int, file: SourceFile, like: Row | None) -> list[Row]:
        """Return the rows that come right after a row, in a file's own format; raises InputError where it cannot hold them."""
        return self._written(self.after[number], file, like) if number in self.after else []

    def _written(self, rows: Sequence[NewRow], file: SourceFile, like: Row | None) -> list[Row]:
        form = format_of(file.detected)
        self.added += len(rows)
        try:
            return [form.write(None, new, file.detected.columns, self.dataset.roles, like) for new in rows]
        except RowError as error:
            raise InputError(f"{file.source}: a row cannot be added: {error}.") from error


def rewrite(
    dataset: Dataset,
    path: Path,
    keep: Callable[[int], bool] | None,
    *,
    replace: Mapping[int, NewRow],
    extra_rows: Sequence[NewRow],
    inserted: Mapping[int, Sequence[NewRow]] | None = None,
    watch: Callable[[str], bool] | None = None,
) -> Rewritten:
    """Write a set to `path`, a new file (a new folder for a set of a folder), and return what was done.

    `keep` tells by number which rows stay (bad rows and blank lines stay unless it says otherwise), `replace` gives rows a new
    text, `inserted` puts rows right after the row of a number, `extra_rows` come last. Every other byte is copied as it stands; a
    parquet file keeps its schema. `watch` tells for which texts a column that is not read is named, where a replaced row has them
    there. `path` is never one of the files that are read and never an existing one; it appears whole or not at all. Raises
    InputError where that cannot be.
    """
    _check_target(dataset, path)
    edits = Edits(dataset, keep, replace, extra_rows, after=inserted or {}, watch=watch)
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        first = 0
        for index, file in enumerate(dataset.files):
            edits.extra = extra_rows if index == len(dataset.files) - 1 else ()
            target = part / file.source if dataset.folder is not None else part
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(file, target, first, edits, ending_of(path if dataset.folder is None else target)[1])
            first += file.count()
        missing = sorted(set(replace) - edits.met)
        if missing:
            raise InputError(f"row {missing[0]} cannot be replaced: the set has {first:,} rows, numbered from 0.")
        part.rename(path)
    except BaseException as error:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        elif part.exists():
            part.unlink()
        if isinstance(error, OSError):
            raise InputError(f"{path}: cannot be written ({error.strerror or error}).") from error
        raise
    replaced = sum(1 for number in edits.met if keep is None or keep(number))
    left = tuple(sorted(edits.left.items(), key=lambda item: (-item[1], item[0])))
    return Rewritten(path=str(path), kept=edits.kept, dropped=edits.dropped, replaced=replaced, added=edits.added, left=left)


def _write(file: SourceFile, target: Path, first: int, edits: Edits, compression: str) -> None:
    if file.text:
        from holdfast.records.rewriting_text import write_text

        write_text(file, target, first, edits, compression)
    else:
        from holdfast.records.rewriting_tables import write_table

        write_table(file, target, first, edits)


def _check_target(dataset: Dataset, path: Path) -> None:
    target = path.resolve()
    if dataset.folder is not None:
        folder = dataset.folder.resolve()
        if target == folder or folder in target.parents or target in folder.parents:
            raise InputError(f"{path}: the target overlaps the folder that is read, {dataset.folder}. Name a folder outside of it.")
    for file in dataset.files:
        if file.path is None:
            continue
        if target == file.path.resolve() or (path.exists() and path.samefile(file.path)):
            raise InputError(f"{path}: this is the file that is read. Rows are never written back in place; name another file.")
        if dataset.folder is None and ending_of(path)[0] != ending_of(file.path)[0]:
            endings = "".join(file.path.suffixes[-2:]) or "no ending"
            raise InputError(f"{path}: the file keeps its kind when it is written back; name the target like the source ({endings}).")
    for taken in (path, path.with_name(f"{path.name}.part")):
        if taken.exists() or taken.is_symlink():
            raise InputError(f"{taken}: exists already. Name a new file, or move this one away.")
