"""Keep rows back before training: a held-out file of the same source, repeats kept together.

A row that stands in both files, or nearly so, would make every membership measurement wrong: clusters of duplicates and near
duplicates go to one side whole.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from holdfast import __version__
from holdfast.core import InputError, Value, canonical_json, digest_file
from holdfast.pipeline.repeats import REPEATS, repeat_clusters
from holdfast.records import Dataset, Rewritten
from holdfast.scan import ScanSpec, prepare

__all__ = ["Split", "split_rows"]

_LEAST = 300
_LARGEST_SHARE = 0.5


class Split(Value, frozen=True, kw_only=True):
    """What was written."""

    train: str
    held_out: str
    record: str
    """The record of the split, beside the held-out file."""
    train_rows: int
    held_out_rows: int
    clusters: int
    """Sets of rows that repeat each other, none of them cut."""
    notes: tuple[str, ...] = ()


def split_rows(spec: ScanSpec, train: Path, held_out: Path, *, share: float = 0.05, seed: int = 0) -> Split:
    """Write two files in the data's own format: rows to train on, and about `share` of the rows, drawn at random by cluster, kept back.

    Where anything fails, neither file is left. Raises InputError for a share that is not between 0 and 0.5, for files that exist, that
    cannot be written or that are one and the same, for a folder of files, and for fewer than two rows.
    """
    if not 0 < share <= _LARGEST_SHARE:
        raise InputError(f"--share must lie above 0 and up to {_LARGEST_SHARE}, got {share}.")
    record = held_out.with_name(f"{held_out.name}.split.json")
    for taken in (train, held_out, record):
        if taken.exists():
            raise InputError(f"{taken}: exists already. Name a new file, or move this one away.")
    if len({path.resolve() for path in (train, held_out, record)}) < 3:
        raise InputError(f"{held_out}: the rows to train on and the rows kept back cannot be one file. Name another with --held-out.")
    job = prepare(structs.replace(spec, only=REPEATS))
    if job.dataset.folder is not None:
        raise InputError(f"{spec.data}: a folder of files; split each file on its own.")
    rows = job.dataset.count()
    if rows < 2:
        came = "one row" if rows else "no rows"
        raise InputError(f"{spec.data}: expected rows to train on and rows to keep back, and there {'is' if rows else 'are'} {came} in it.")
    try:
        held_out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".split-", dir=held_out.parent) as folder:
            clusters = repeat_clusters(job, Path(folder))
    except OSError as error:
        raise InputError(f"{held_out}: cannot be written ({error.strerror or error}).") from error
    kept = _drawn(clusters, share, seed)
    facts = {"source": job.digests[0], "seed": seed, "share": share}
    written = _write(job.dataset, kept, (train, held_out, record), facts)
    notes = []
    if len(kept) < _LEAST:
        notes.append(f"{len(kept)} held-out rows: a membership measurement needs at least {_LEAST}; raise --share or split more data.")
    return Split(
        train=str(train),
        held_out=str(held_out),
        record=str(record),
        train_rows=written.kept,
        held_out_rows=len(kept),
        clusters=sum(len(cluster) > 1 for cluster in clusters),
        notes=tuple(notes),
    )


def _write(dataset: Dataset, kept: frozenset[int], paths: tuple[Path, Path, Path], facts: dict[str, object]) -> Rewritten:
    """Write the rows to train on, the rows kept back and the record; where one fails, none stays."""
    train, held_out, record = paths
    made: list[Path] = []
    try:
        written = dataset.rewrite(train, lambda row: row not in kept)
        made.append(train)
        dataset.rewrite(held_out, lambda row: row in kept)
        made += [held_out, record]
        os.chmod(held_out, train.stat().st_mode)
        facts |= {"kind": "holdfast split", "holdfast": __version__, "train": digest_file(train), "held_out": digest_file(held_out)}
        record.write_bytes(canonical_json(facts) + b"\n")
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"{error.filename or held_out}: cannot be written ({error.strerror or error}).") from error
        raise
    return written


def _drawn(clusters: Sequence[list[int]], share: float, seed: int) -> frozenset[int]:
    """Draw whole clusters at random until the share is reached; one that would overshoot it by more than it lacks is passed over."""
    total = sum(map(len, clusters))
    wanted = max(1, round(share * total))
    order = list(range(len(clusters)))
    random.Random(f"{seed}/split").shuffle(order)
    kept: set[int] = set()
    for place in order:
        size = len(clusters[place])
        if len(kept) + size - wanted <= max(wanted - len(kept), 0) and len(kept) < wanted:
            kept |= set(clusters[place])
    if not kept or len(kept) == total:
        raise InputError("the rows are all repeats of each other, so none can be held out. Remove duplicates first (holdfast scan --fix).")
    return frozenset(kept)
