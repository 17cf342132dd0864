"""The index of a corpus: how many rows each shard holds of each source, host and author, so that a trace reads no shard.

It lies in the corpus folder as `trace.parquet`, with `trace.json` that says of which version it is and its SHA-256. It is made from
the provenance files, once, and can always be made again. Hosts are kept with their labels reversed ('org.example.www'), so that a
host and everything below it lie together, and a look-up reads one part of the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from holdfast.core import InputError, Value, digest_file, pretty_json
from holdfast.dataflow import run
from holdfast.provenance.places import inside
from holdfast.provenance.versions import CorpusVersion, version_id
from holdfast.runs import write_atomically

__all__ = ["INDEX_FILE", "INDEX_NOTE", "TRACE", "declared_licences", "host_key", "open_index", "read_origins", "with_licences"]

INDEX_FILE, INDEX_NOTE = "trace.parquet", "trace.json"
TRACE = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("rejected", pa.bool_(), nullable=False),
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("licence", pa.string()),
        pa.field("rows", pa.int64(), nullable=False),
        pa.field("first", pa.timestamp("s", tz="UTC")),
        pa.field("last", pa.timestamp("s", tz="UTC")),
    ]
)
"""`kind` is 'source', 'host' or 'author'; `shard` is the place in the version's `shards`, or in `rejected` where that is true;
`licence` is the row's, else its source's; `first` and `last` are the earliest and the latest date of those rows."""

_SMALL = 500_000
"""Rows up to which starting processes takes longer than the work."""
_ROW_GROUP = 1 << 16
_SCHEMA = 2
Progress = Callable[[str, int, int], None]


class _Note(Value, frozen=True, kw_only=True):
    corpus: str
    """Id of the version."""
    sha256: str
    """Of `trace.parquet`."""
    rows: int
    schema: int = 1
    """Changes whenever the index of the same version may be another."""


class _Part(NamedTuple):
    folder: str
    name: str
    sha256: str
    shard: int
    rejected: bool
    licences: dict[str, str]
    """Of the sources that declare one; a row's own counts before it."""


def host_key(host: str) -> str:
    """Return a host name with its labels in reverse order, in lower case, without a dot at the end.

    >>> host_key("www.Example.org.")
    'org.example.www'
    """
    return ".".join(reversed(host.lower().rstrip(".").split(".")))


def read_origins(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a provenance file (ORIGINS), all or some columns; raises InputError for a file that is none."""
    try:
        return parquet.read_table(path, columns=columns, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read as a provenance file ({str(error).strip().splitlines()[0]}).") from error


def open_index(
    folder: Path, version: CorpusVersion, *, workers: int | None = None, progress: Progress = lambda what, done, total: None
) -> Path | pa.Table:
    """Return the index of a corpus: its file, made first where it is missing, damaged or of another version.

    Where the folder cannot be written the index itself comes back, made for this once. Raises InputError for a provenance file that
    is not what `corpus.json` says.
    """
    path, wanted = folder / INDEX_FILE, version_id(version)
    try:
        note = msgspec.json.decode((folder / INDEX_NOTE).read_bytes(), type=_Note)
        if (note.corpus, note.schema) == (wanted, _SCHEMA) and digest_file(path) == note.sha256:
            return path
    except (OSError, msgspec.DecodeError):
        pass
    table = _build(folder, version, workers, progress)
    # The process number keeps two first traces apart; the last one wins with the same bytes.
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        parquet.write_table(table, draft, compression="zstd", row_group_size=_ROW_GROUP)
        sha256 = digest_file(draft)
        draft.replace(path)
        write_atomically(folder / INDEX_NOTE, pretty_json(_Note(corpus=wanted, sha256=sha256, rows=table.num_rows, schema=_SCHEMA)))
    except OSError:
        draft.unlink(missing_ok=True)
        return table
    return path


def _build(folder: Path, version: CorpusVersion, workers: int | None, progress: Progress) -> pa.Table:
    listed = [
        (shard, place, rejected)
        for rejected, shards in ((False, version.shards), (True, version.rejected))
        for place, shard in enumerate(shards)
    ]
    licences = declared_licences(version)
    parts = [_Part(str(folder), shard.provenance, shard.provenance_sha256, place, rejected, licences) for shard, place, rejected in listed]
    engine = "plain" if sum(shard.rows for shard, _, _ in listed) < _SMALL else "processes"
    done = run(parts, _count, engine=engine, workers=workers, name=lambda part: part.name, progress=lambda n, of: progress("index", n, of))
    table = pa.concat_tables([TRACE.empty_table(), *done])
    order = [(name, "ascending") for name in ("kind", "key", "rejected", "shard", "licence")]
    return table.sort_by(order)


def _count(part: _Part) -> pa.Table:
    """Return the index of one shard."""
    path = inside(Path(part.folder), part.name)
    try:
        found = digest_file(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). Run `holdfast provenance verify`.") from error
    if found != part.sha256:
        raise InputError(f"{path}: is not the file that the corpus names (SHA-256 differs). Run `holdfast provenance verify`.")
    kinds = ("source", "host", "author")
    table = with_licences(read_origins(path, [*kinds, "date", "licence"]), part.licences)
    return pa.concat_tables([_grouped(table, kind, part) for kind in kinds])


def declared_licences(version: CorpusVersion) -> dict[str, str]:
    """Return the licences of the sources that declare one for all their documents."""
    return {source.name: source.stated_licence for source in version.sources if source.stated_licence}


def with_licences(table: pa.Table, licences: dict[str, str]) -> pa.Table:
    """Give rows without a licence that of their source."""
    if not licences or not table["licence"].null_count:
        return table
    sources = table["source"].unify_dictionaries().combine_chunks()
    whole = sources.chunk(0) if isinstance(sources, pa.ChunkedArray) else sources
    declared = pa.array([licences.get(name) for name in whole.dictionary.to_pylist()], pa.string()).take(whole.indices)
    filled = pc.coalesce(_texts(table["licence"]), declared).combine_chunks().dictionary_encode()
    return table.set_column(table.schema.get_field_index("licence"), "licence", filled)


def _grouped(table: pa.Table, kind: str, part: _Part) -> pa.Table:
    plain = table.select([kind, "licence", "date"]).filter(pc.is_valid(table[kind])).unify_dictionaries()
    grouped = plain.group_by([kind, "licence"]).aggregate([([], "count_all"), ("date", "min"), ("date", "max")])
    keys = _texts(grouped[kind])
    if kind == "host":
        keys = pa.array([host_key(host) for host in keys.to_pylist()], pa.string())
    size = grouped.num_rows
    columns = [
        pa.array([kind] * size, pa.string()),
        keys,
        pa.array([part.rejected] * size, pa.bool_()),
        pa.array([part.shard] * size, pa.int32()),
        _texts(grouped["licence"]),
        grouped["count_all"],
        grouped["date_min"],
        grouped["date_max"],
    ]
    return pa.table(columns, schema=TRACE)


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())
