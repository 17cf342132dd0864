"""What can be sampled: a configuration, a corpus that was written, or a single source, as frames with sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from holdfast.core import InputError, digest
from holdfast.corpus.run import read_spec
from holdfast.corpus.sampling.drawing import Frame
from holdfast.corpus.sampling.places import Places
from holdfast.corpus.sources.cutting import cut
from holdfast.corpus.sources.listing import Listing, list_source
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.sources.reading import read_shard
from holdfast.corpus.sources.shards import Piece, Shard
from holdfast.corpus.spec import CorpusSpec, SourceSpec
from holdfast.provenance.versions import CORPUS_FILE, read_version

__all__ = ["Sampled", "spec_of"]

_SLICE = 1 << 20
"""Bytes of a slice: small, since a drawn slice is read for one row."""
_MOST_SLICES = 200_000


class Sampled:
    """The sources of a configuration, listed and cut into slices.

    Args:
        spec: the sources; its other settings are not looked at. Raises InputError for a source that cannot be read.
        slice_bytes: of uncompressed files; raised where there would be too many slices.
    """

    def __init__(self, spec: CorpusSpec, *, slice_bytes: int = _SLICE) -> None:
        self.spec = spec
        self.listings: tuple[Listing, ...] = tuple(list_source(source) for source in spec.sources)
        total = sum(file.size for listing in self.listings for file in listing.files)
        self.slice = max(slice_bytes, -(-total // _MOST_SLICES))
        self._shards = cut(self.listings, self.slice)
        if not self._shards:
            raise InputError("sources: expected documents, found only empty files.")

    @property
    def identity(self) -> str:
        """Return a digest of what is sampled: names and sizes of the files, and how they are read."""
        files = [[file.name, file.size] for listing in self.listings for file in listing.files]
        return digest([self.spec.sources, files, self.slice])

    def frames(self) -> list[Frame]:
        """Return a frame per source that has documents."""
        found = []
        for place, source in enumerate(self.spec.sources):
            shards = [shard for shard in self._shards if shard.source == place]
            if shards:
                found.append(_frame(source, shards))
        return found


def spec_of(given: str, *, format: str | None = None, text: str = "text") -> CorpusSpec:
    """Return what `given` names: a configuration (YAML), a corpus folder, or a source (file, folder, glob, address, hub id).

    Args:
        given: as typed.
        format: of a source; None tells it by the names of the files.
        text: a source's column with the text.
    """
    path = Path(given)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return read_spec(path)
    if (path / CORPUS_FILE).is_file():
        version = read_version(path)
        kind = "parquet" if version.shards and version.shards[0].name.endswith(".parquet") else "jsonl"
        return CorpusSpec(name=version.name, sources=(SourceSpec(name=version.name, path=str(path / "shards"), format=kind),))
    name = path.name.split(".", 1)[0] or "source"
    return CorpusSpec(name=name, sources=(SourceSpec(name=name, path=given, format=format, text=text),))


def _frame(source: SourceSpec, shards: Sequence[Shard]) -> Frame:
    unreadable, places = [0], Places(shards)
    parts = Counter(piece.file for shard in shards for piece in shard.pieces)

    def read(place: int) -> Iterator[pa.RecordBatch]:
        tally = Tally()
        yield from read_shard(shards[place], source, tally)
        unreadable[0] += len(tally.broken)
        places.read(place, tally)

    sizes = [max(1, sum(_size(piece, shard.format, parts[piece.file]) for piece in shard.pieces)) for shard in shards]
    return Frame(source.name, sizes, read, places.where, lambda: unreadable[0])


def _size(piece: Piece, format: str, parts: int) -> int:
    """Return the bytes of a stretch, about: what is cut by row groups or rows is cut evenly."""
    if format in ("parquet", "hub"):
        return piece.size // parts
    return (piece.size if piece.stop is None else piece.stop) - piece.start
