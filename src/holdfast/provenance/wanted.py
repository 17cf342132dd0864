"""What a person asks to trace: a source, a host with everything below it, an author, or a URL; and which rows that means."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from holdfast.core import InputError, Value, did_you_mean
from holdfast.provenance.index import TRACE, host_key
from holdfast.provenance.versions import CorpusVersion

__all__ = ["CANARY", "KINDS", "Wanted", "entries", "matching", "resolve"]

Kind = Literal["source", "host", "author", "url"]
KINDS: tuple[str, ...] = get_args(Kind)
CANARY = "canary"
"""The source of planted rows."""
_SUGGESTED = 2000


class Wanted(Value, frozen=True, kw_only=True):
    """What is traced."""

    kind: Kind
    value: str
    """A source's or author's name as it is; a host in lower case; a URL, with '*' at the end for everything that begins so."""
    below: bool = True
    """For a host: whether the hosts below it count too."""

    @property
    def said(self) -> str:
        """Return it in words."""
        wide = self.kind == "host" and self.below
        return f"{self.kind} {self.value}" + (" and every host below it" if wide else "")


def resolve(version: CorpusVersion, index: Path | pa.Table, value: str, kind: str | None = None, *, below: bool = True) -> Wanted:
    """Return what a person means by a name.

    Without `kind` a text with '://' is a URL; a name that is a source is that; then a host, then an author. Raises InputError for a
    name of which the corpus holds nothing, and for one that could be two things.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"--kind {kind!r} is not known. {did_you_mean(kind, KINDS)}")
    if not value.strip("*").strip():
        raise InputError("expected the name of a source, a host, an author or a URL, got an empty one.")
    if kind == "url" or (kind is None and "://" in value):
        return _url(value)
    tried: tuple[Kind, ...] = ("source", "host", "author") if kind is None else (kind,)  # type: ignore[assignment]  # a member of KINDS
    meant = [_wanted(one, value, below) for one in tried]
    found = [one for one in meant if entries(index, one).num_rows or (one.kind == "source" and _declared(version, one.value))]
    if not found:
        raise InputError(f"{value!r} is no {' or '.join(tried)} of {version.name!r}. {_near(version, index, value)}")
    if len(found) > 1:
        names = " and ".join(one.kind for one in found)
        raise InputError(f"{value!r} is the name of {names} in {version.name!r}. Say which one: --kind {found[0].kind}.")
    return found[0]


def entries(index: Path | pa.Table, wanted: Wanted) -> pa.Table:
    """Return the rows of the index that may hold what is wanted; for a URL those of its host."""
    if wanted.kind == "url":
        host = _host(wanted.value)
        return _between(index, "host", host_key(host), below=False)
    if wanted.kind == "host":
        return _between(index, "host", host_key(wanted.value), below=wanted.below)
    return _between(index, wanted.kind, wanted.value, below=False)


def matching(origins: pa.Table, wanted: Wanted) -> NDArray[np.bool_]:
    """Return which rows of a provenance file are wanted. `origins` has the column of that kind."""
    column = origins[wanted.kind].unify_dictionaries()
    if not len(column):
        return np.zeros(0, dtype=bool)
    if not pa.types.is_dictionary(column.type):
        return _matches(column, wanted)
    whole = column.combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    hit = _matches(pa.chunked_array([whole.dictionary]), wanted) if len(whole.dictionary) else np.zeros(0, dtype=bool)
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(hit, False)[codes], dtype=bool)


def _matches(column: pa.ChunkedArray, wanted: Wanted) -> NDArray[np.bool_]:
    if wanted.kind == "host":
        key = host_key(wanted.value)
        keys = [None if host is None else host_key(host) for host in column.to_pylist()]
        return np.array([host is not None and (host == key or (wanted.below and host.startswith(f"{key}."))) for host in keys], dtype=bool)
    if wanted.kind == "url" and wanted.value.endswith("*"):
        found = pc.starts_with(column, wanted.value[:-1])
    else:
        found = pc.equal(column, wanted.value)
    return np.asarray(found.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def _between(index: Path | pa.Table, kind: str, key: str, *, below: bool) -> pa.Table:
    field = pc.field
    match = field("key") == key
    if below:
        # '/' is the character after '.', so this is the range of everything that begins with the key and a dot.
        match = match | ((field("key") > f"{key}.") & (field("key") < f"{key}/"))
    chosen = (field("kind") == kind) & match
    if isinstance(index, pa.Table):
        return index.filter(chosen)
    try:
        return parquet.read_table(index, filters=chosen, partitioning=None).select(TRACE.names)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{index}: the index cannot be read ({error}). Remove it; it is made again.") from error


def _wanted(kind: Kind, value: str, below: bool) -> Wanted:
    if kind != "host":
        return Wanted(kind=kind, value=value, below=False)
    return Wanted(kind="host", value=value.lower().rstrip("."), below=below)


def _url(value: str) -> Wanted:
    _host(value)
    return Wanted(kind="url", value=value, below=False)


def _host(url: str) -> str:
    try:
        host = urlsplit(url.removesuffix("*")).hostname
    except ValueError:
        host = None
    if not host:
        raise InputError(f"{url!r} is no URL with a host. Give one such as https://example.org/page, or --kind source, host or author.")
    return host


def _declared(version: CorpusVersion, name: str) -> bool:
    return any(source.name == name for source in version.sources)


def _near(version: CorpusVersion, index: Path | pa.Table, value: str) -> str:
    names = {source.name for source in version.sources}
    known = index if isinstance(index, pa.Table) else parquet.read_table(index, columns=["kind", "key"], partitioning=None)
    hosts = pc.unique(known.filter(pc.equal(known["kind"], "host"))["key"])
    # Close names share their first or last labels; comparing with millions of hosts one by one would take minutes.
    last = host_key(value).split(".")[-2:]
    close = [host_key(host) for host in hosts.to_pylist() if host.split(".")[1:2] == last[1:2]] if len(hosts) > _SUGGESTED else []
    few = [host_key(host) for host in hosts.to_pylist()] if len(hosts) <= _SUGGESTED else close[:_SUGGESTED]
    said = did_you_mean(value, [*names, *few])
    return said if said.startswith("Did you mean") else f"Its sources: {', '.join(sorted(names))}."
