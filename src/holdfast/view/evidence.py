"""Evidence read without touching it: a run that is still being written is neither mended nor locked."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from holdfast.core import Value

__all__ = ["read_rows"]

Row = TypeVar("Row", bound=Value)
_KEPT = 6


class _Commit(msgspec.Struct):
    size: int


def read_rows(folder: Path, name: str, kind: type[Row], notes: list[str]) -> tuple[Row, ...]:
    """Return the complete rows of `evidence/NAME.jsonl`; a sentence in `notes` says what could not be read.

    Rows beyond the last commit belong to a batch that is being written, or whose writer was killed: they are left out.
    """
    path = folder / "evidence" / f"{name}.jsonl"
    try:
        size = _committed(path.with_suffix(".commits"))
        written = path.stat()
        rows, bad = _decoded(path, size, kind, written.st_mtime_ns, written.st_size)
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        notes.append(f"{path.name} in the run folder cannot be read, so what it says is not shown ({error}).")
        return ()
    if size is not None and written.st_size < size:
        notes.append(f"{path.name} in the run folder is shorter than it was when it was written: some of it is missing.")
    if bad:
        notes.append(f"{path.name} in the run folder: {bad} line{' is' if bad == 1 else 's are'} not what Holdfast writes there; left out.")
    return cast("tuple[Row, ...]", rows)


def _committed(path: Path) -> int | None:
    """Return the size of the evidence at its last complete batch; None where no commits lie beside it."""
    if not path.is_file():
        return None
    whole = path.read_bytes().rpartition(b"\n")[0]
    return msgspec.json.decode(whole.splitlines()[-1], type=_Commit).size if whole else 0


@lru_cache(maxsize=_KEPT)
def _decoded(path: Path, size: int | None, kind: Any, changed: int, length: int) -> tuple[tuple[Any, ...], int]:
    """Return the rows up to a size, and how many lines were none. `changed` and `length` tell when a kept answer is stale."""
    with path.open("rb") as stream:
        data = stream.read(-1 if size is None else size)
    decoder = msgspec.json.Decoder(kind)
    rows, bad = [], 0
    for written in data.splitlines():
        try:
            rows.append(decoder.decode(written))
        except (msgspec.DecodeError, UnicodeDecodeError):
            bad += 1
    return tuple(rows), bad
