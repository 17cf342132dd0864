"""Corpus folders made on the spot, in the form that `holdfast corpus run` writes, for tests and measurements of what reads them.

The texts are numbers in words of no meaning; hosts, authors and dates follow from the row's number and the seed alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from holdfast import __version__
from holdfast.core import digest, digest_file
from holdfast.provenance import CorpusShard, CorpusSource, CorpusStep, CorpusVersion, write_version
from holdfast.provenance.origins import ORIGINS
from holdfast.provenance.texts import write_lines

__all__ = ["REASONS", "make_corpus"]

REASONS = ("too-short", "near-duplicate")
_LICENCES = ("CC-BY-4.0", "CC0-1.0", None)
_BEGINNING = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
_WORDS = ("mivo", "tarl", "quend", "osk", "belu", "frint", "wap", "jorl", "niske", "dwo")


def make_corpus(
    folder: Path,
    *,
    rows: int = 600,
    shards: int = 4,
    hosts: int = 50,
    sources: Sequence[str] = ("crawl", "books"),
    rejected: int = 40,
    canaries: int = 3,
    ending: str = ".jsonl.zst",
    seed: int = 0,
    name: str = "sample",
) -> CorpusVersion:
    """Write a corpus folder and return its version.

    Args:
        folder: where; made if it is not there.
        rows: in all shards together, without canaries.
        shards: files; shard i is of source i modulo the number of sources.
        hosts: different host names, 'h0.site0.example' and on; the first is that of two rows in a hundred, the others share the rest.
        sources: names.
        rejected: documents left out, in one file.
        canaries: planted rows in every shard.
        ending: of the shards: '.jsonl', '.jsonl.gz', '.jsonl.zst' or '.parquet'.
        seed: of everything drawn.
        name: of the version.
    """
    for part in ("shards", "provenance/rejected", "rejected"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    made, kept = [], dict.fromkeys(sources, 0)
    for shard, count in enumerate(_cut(rows, shards)):
        source = sources[shard % len(sources)]
        kept[source] += count
        made.append(_shard(folder, shard, count, source, hosts, canaries, ending, seed))
    aside = (_rejected(folder, rejected, sources[0], hosts, ending, seed),) if rejected else ()
    version = CorpusVersion(
        name=name,
        holdfast=__version__,
        sources=tuple(_source(one, kept[one], rejected if one == sources[0] else 0) for one in sources),
        steps=_steps(rejected, rows, canaries * shards),
        shards=tuple(made),
        rejected=aside,
        canaries=digest(["manifest", seed]) if canaries else None,
    )
    write_version(folder, version)
    return version


def _cut(rows: int, shards: int) -> list[int]:
    return [rows // shards + (place < rows % shards) for place in range(shards)]


def _source(name: str, kept: int, rejected: int) -> CorpusSource:
    licence = "CC-BY-4.0" if name == "books" else None
    read = kept + rejected
    return CorpusSource(
        name=name, path=f"data/{name}/*.jsonl", licence=licence, crawled="2026-01-01/2026-03-31", files=2, bytes=read * 40, documents=read,
        kept=kept, digest=digest(["source", name]),
    )  # fmt: skip


def _steps(rejected: int, rows: int, canaries: int) -> tuple[CorpusStep, ...]:
    half = rejected // 2
    return (
        CorpusStep(name="length", version="1", settings={"at_least": 3}, removed={REASONS[0]: rejected - half}),
        CorpusStep(name="redact", version="2", settings={"detectors": ["personal-data"]}, changed=rows // 10),
        CorpusStep(name="near-duplicates", version="1", settings={"similarity": 0.8}, removed={REASONS[1]: half}),
        CorpusStep(name="canaries", version="1", settings={"planted": canaries}),
    )


def _columns(numbers: np.ndarray[Any, Any], source: str, hosts: int, generator: np.random.Generator) -> dict[str, Any]:
    count = len(numbers)
    picked = np.where(generator.random(count) < 0.02, 0, generator.integers(0, max(hosts, 1), count))
    return {
        "source": _coded(np.zeros(count, np.int16), [source]),
        "file": _coded((numbers % 2).astype(np.int32), [f"data/{source}/part-{part}.jsonl" for part in range(2)]),
        "line": pa.array(numbers // 2 + 1),
        "url": pa.array([f"https://h{host}.site{host % 7}.example/{number}" for host, number in zip(picked, numbers, strict=True)]),
        "host": _coded(picked.astype(np.int32), [f"h{host}.site{host % 7}.example" for host in range(max(hosts, 1))]),
        "author": _coded((numbers % 13).astype(np.int32), [f"writer {author}" for author in range(13)]),
        "date": pa.array(_BEGINNING + 60 * (numbers % 120_000)).cast(pa.timestamp("s", tz="UTC")),
        "licence": pa.DictionaryArray.from_arrays(
            pa.array((numbers % 3).astype(np.int16), mask=numbers % 3 == 2), pa.array([one for one in _LICENCES if one])
        ),
    }


def _coded(codes: np.ndarray[Any, Any], names: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names))


def _texts(numbers: np.ndarray[Any, Any], seed: int) -> list[str]:
    return [f"{_WORDS[int(n) % 10]} {_WORDS[int(n) // 10 % 10]} number {n} of set {seed}" for n in numbers]


def _digests(texts: list[str]) -> pa.Array:
    return pa.array([blake2b(text.encode(), digest_size=16).digest() for text in texts], pa.binary(16))


def _shard(folder: Path, place: int, count: int, source: str, hosts: int, canaries: int, ending: str, seed: int) -> CorpusShard:
    generator = np.random.default_rng([seed, place])
    numbers = np.arange(count, dtype=np.int64) + (place << 32)
    texts = _texts(numbers, seed)
    columns = _columns(numbers, source, hosts, generator)
    table = pa.table(
        {
            "row": pa.array(np.arange(count), pa.int32()),
            "document": pa.array(numbers, pa.uint64()),
            **columns,
            "digest": _digests(texts),
            "steps": pa.array(np.where(np.arange(count) % 10 == 0, 2, 0), pa.uint32()),
            "reason": pa.nulls(count, ORIGINS.field("reason").type),
        }
    ).cast(ORIGINS)
    if canaries:
        table, texts = _planted(table, texts, canaries, place, seed)
    path = folder / "shards" / f"{place:05d}{ending}"
    _write_texts(path, texts)
    return _written(folder, path, folder / "provenance" / f"{place:05d}.parquet", table)


def _planted(table: pa.Table, texts: list[str], canaries: int, place: int, seed: int) -> tuple[pa.Table, list[str]]:
    draw = random.Random(f"{seed}/{place}")
    secrets = [f"the code of {_WORDS[number % 10]} is {draw.randrange(10**9):09d}" for number in range(canaries)]
    nothing = dict.fromkeys(ORIGINS.names)
    rows = [{**nothing, "row": 0, "source": "canary", "digest": digest.as_py(), "steps": 0} for digest in _digests(secrets)]
    whole = pa.concat_tables([table, pa.Table.from_pylist(rows, ORIGINS)]).unify_dictionaries().combine_chunks()
    order = np.random.default_rng([seed, place, 1]).permutation(len(whole))
    mixed = whole.take(pa.array(order)).set_column(0, ORIGINS.field("row"), pa.array(np.arange(len(order)), pa.int32()))
    texts = [*texts, *secrets]
    return mixed, [texts[at] for at in order]


def _rejected(folder: Path, count: int, source: str, hosts: int, ending: str, seed: int) -> CorpusShard:
    numbers = np.arange(count, dtype=np.int64) + (1 << 48)
    texts = _texts(numbers, seed)
    reasons = pa.DictionaryArray.from_arrays(pa.array((np.arange(count) < count // 2).astype(np.int16)), pa.array(REASONS))
    table = pa.table(
        {
            "row": pa.array(np.arange(count), pa.int32()),
            "document": pa.array(numbers, pa.uint64()),
            **_columns(numbers, source, hosts, np.random.default_rng([seed, 1 << 30])),
            "digest": _digests(texts),
            "steps": pa.array(np.zeros(count), pa.uint32()),
            "reason": reasons,
        }
    ).cast(ORIGINS)
    path = folder / "rejected" / f"00000{ending}"
    _write_texts(path, texts)
    return _written(folder, path, folder / "provenance" / "rejected" / "00000.parquet", table)


def _write_texts(path: Path, texts: list[str]) -> None:
    if path.name.endswith(".parquet"):
        parquet.write_table(pa.table({"text": pa.array(texts, pa.large_string())}), path, compression="zstd")
    else:
        write_lines(path, [msgspec.json.encode({"text": text}) + b"\n" for text in texts])


def _written(folder: Path, path: Path, provenance: Path, table: pa.Table) -> CorpusShard:
    parquet.write_table(table, provenance, compression="zstd")
    return CorpusShard(
        name=path.relative_to(folder).as_posix(),
        rows=len(table),
        bytes=path.stat().st_size,
        sha256=digest_file(path),
        provenance=provenance.relative_to(folder).as_posix(),
        provenance_sha256=digest_file(provenance),
    )
