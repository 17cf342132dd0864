"""The rows that a trace found, as a file: to look for them in a model, or to show them to somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from holdfast.core import InputError, digest_file
from holdfast.provenance.holdings import Holding
from holdfast.provenance.index import read_origins
from holdfast.provenance.places import inside
from holdfast.provenance.texts import read_texts, write_lines
from holdfast.provenance.versions import CorpusShard, read_version, version_id
from holdfast.provenance.wanted import Wanted, matching

__all__ = ["take_rows"]

Progress = Callable[[str, int, int], None]


def take_rows(folder: Path, holding: Holding, out: Path, *, progress: Progress = lambda what, done, total: None) -> int:
    """Write the texts of the rows that `trace` found in a corpus, one JSON line each, and return how many; those left out are not written.

    Only shards that hold such rows are read. Raises InputError for an ending other than .jsonl, .jsonl.gz and .jsonl.zst, for a corpus that
    is another version than the one that was traced, and for a shard that is not what the corpus says.
    """
    version = read_version(folder)
    if holding.corpus != version_id(version):
        raise InputError(f"{folder}: is another version than the one that was traced. Trace it again.")
    if not out.name.endswith((".jsonl", ".jsonl.gz", ".jsonl.zst")):
        raise InputError(f"{out}: expected a name that ends in .jsonl, .jsonl.gz or .jsonl.zst.")
    written = 0

    def lines() -> Iterator[bytes]:
        nonlocal written
        for done, held in enumerate(holding.shards, 1):
            for text in _texts(folder, version.shards[held.place], holding.wanted):
                written += 1
                yield msgspec.json.encode({"text": text}) + b"\n"
            progress("rows", done, len(holding.shards))

    try:
        write_lines(out, lines())
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}). Give a file in a folder that exists.") from error
    return written


def _texts(folder: Path, shard: CorpusShard, wanted: Wanted) -> Iterator[str]:
    for name, sha256 in ((shard.name, shard.sha256), (shard.provenance, shard.provenance_sha256)):
        if digest_file(inside(folder, name)) != sha256:
            raise InputError(f"{folder / name}: is not the file that the corpus names. Run `holdfast provenance verify`.")
    hits = matching(read_origins(inside(folder, shard.provenance), [wanted.kind]), wanted).tolist()
    texts = chain.from_iterable(read_texts(inside(folder, shard.name)))
    return (text for text, hit in zip(texts, hits, strict=True) if hit)
