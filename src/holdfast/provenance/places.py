"""Where the files of a corpus lie, and how a person names a shard or a row."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from holdfast.core import InputError, did_you_mean
from holdfast.provenance.versions import CorpusShard, CorpusVersion

__all__ = ["find_shard", "inside", "parse_row", "stem"]


def inside(folder: Path, name: str) -> Path:
    """Return the path of a file that `corpus.json` names; raises InputError for a name that leads out of the folder.

    `corpus.json` may come from anybody: a name such as '../key' must not make a check read, or a rewriting write, another file.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise InputError(f"{folder}: the corpus names a file {name!r}, which does not lie in its folder. Do not use this corpus.")
    return folder / name


def stem(name: str) -> str:
    """Return a file's name without folder and endings.

    >>> stem("shards/00012.jsonl.zst")
    '00012'
    """
    return PurePosixPath(name).name.partition(".")[0]


def find_shard(version: CorpusVersion, named: str) -> CorpusShard:
    """Return the shard that a person means: by its path, its file name, its number, or 'rejected/' and its number.

    Raises InputError for a name that means none.
    """
    aside = named.startswith("rejected/") and bool(version.rejected)
    shards = version.rejected if aside else version.shards
    wanted = named.removeprefix("rejected/") if aside else named
    for shard in (*shards, *version.rejected):
        if named == shard.name:
            return shard
    for shard in shards:
        own = stem(shard.name)
        if wanted in (PurePosixPath(shard.name).name, own) or (wanted.isdecimal() and own.isdecimal() and int(wanted) == int(own)):
            return shard
    known = [stem(shard.name) for shard in version.shards[:1000]]
    raise InputError(f"{named!r} is no shard of {version.name!r} ({len(version.shards)} shards). {did_you_mean(named, known[:5] or known)}")


def parse_row(given: str) -> tuple[str, int]:
    """Return the shard's name and the row of 'SHARD:ROW'; raises InputError for another form.

    >>> parse_row("00012:5")
    ('00012', 5)
    """
    shard, colon, row = given.rpartition(":")
    if not (colon and shard and row.isdecimal() and row.isascii()):
        raise InputError(f"{given!r} is not of the form SHARD:ROW, for example 00012:5. Rows are counted from 0.")
    return shard, int(row)
