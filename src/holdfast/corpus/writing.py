"""The last pass: each shard is read once more, and its documents go to the corpus or aside, each with its origin beside it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import InputError, Value
from holdfast.corpus.documents import REMOVED
from holdfast.corpus.edits import Redact, cut_out
from holdfast.corpus.fates import fates_of
from holdfast.corpus.files import Written, open_rows, write_table, written
from holdfast.corpus.origin_rows import canary_origins, joined_origins, origins_of
from holdfast.corpus.redacting_urls import redacted_urls
from holdfast.corpus.running import CorpusRun
from holdfast.corpus.sources.reader import Tally
from holdfast.corpus.spec import OutputSettings
from holdfast.corpus.steps import PLACES, Duplicates, Planting
from holdfast.provenance.origins import ORIGINS

__all__ = ["ROWS", "FileWritten", "ShardWritten", "WriteShard"]

ROWS = pa.schema(
    [
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("date", pa.timestamp("s", tz="UTC")),
    ]
)
"""The columns of a row of the corpus. Everything else that is known of it stands in its origin."""
_REPEATS = pa.schema([("repeats", pa.uint64()), ("similarity", pa.float32())])
"""Of a duplicate: the number of the document that stays (`document` of its origin), and the Jaccard similarity of the two."""
_ASIDE = pa.schema([*ROWS, pa.field("reason", pa.string()), *_REPEATS])


class FileWritten(Value, frozen=True, kw_only=True):
    """A file of rows and the file of their origins, with their paths in the corpus folder."""

    name: str
    file: Written
    provenance: str
    origins: Written


class ShardWritten(Value, frozen=True, kw_only=True):
    """What became of a shard."""

    kept: FileWritten | None
    """None where no document stayed."""
    aside: FileWritten | None
    changed: tuple[int, ...]
    """Documents that stayed and were written anew, per step that changes texts."""
    kept_documents: int
    kept_bytes: int
    """Of their UTF-8 text as written; planted rows do not count."""


class WriteShard:
    """The function over (number of a shard, lines before its first piece). It can be pickled.

    Args:
        work: the measured and decided shards.
        out: the corpus folder, reachable by every worker.
        duplicates: what repeats what, None where nothing was looked for.
        planting: where canaries go.
        redactions: per step of the version that changes texts by itself, its number and the function.
        cuts: the number of the step that takes out repeated lines.
    """

    def __init__(
        self,
        work: CorpusRun,
        out: Path,
        *,
        duplicates: Duplicates | None,
        planting: Planting | None,
        redactions: Mapping[int, Redact],
        cuts: int,
    ) -> None:
        self.work = work
        self.out = out
        self.duplicates = duplicates
        self.planting = planting
        self.redactions = dict(redactions)
        self.cuts = cuts

    def __call__(self, item: tuple[int, int]) -> Mapping[str, pa.Table]:
        """Write a shard's files; return 'written', one row of JSON."""
        shard, first_line = item
        tally = Tally()
        with ExitStack() as stack:
            output = self.work.spec.output
            kept = stack.enter_context(_Sink(self.out, "", shard, ROWS, output))
            aside = stack.enter_context(_Sink(self.out, "rejected", shard, _ASIDE, output))
            passed = _Pass(self, shard, first_line, kept, aside)
            for batch in self.work.read_places(shard, tally):
                passed.take(batch)
            passed.finish()
        self._check(shard, tally)
        done = ShardWritten(
            kept=kept.done,
            aside=aside.done,
            changed=tuple(passed.changed[step] for step in sorted(passed.changed)),
            kept_documents=passed.kept_documents,
            kept_bytes=passed.kept_bytes,
        )
        return {"written": pa.table({"json": [msgspec.json.encode(done).decode()]})}

    def _check(self, shard: int, tally: Tally) -> None:
        """Raise InputError where the shard is not what was measured."""
        measured = self.work.part(shard, "pieces")["sha256"].to_pylist()
        for piece, before, now in zip(self.work.plan.shards[shard].pieces, measured, tally.pieces, strict=True):
            if before != now.sha256:
                raise InputError(f"{piece.file}: the file changed while the run read it. Run again when nothing writes to it.")


class _Pass:
    """One shard on its way out."""

    def __init__(self, write: WriteShard, number: int, first_line: int, kept: _Sink, aside: _Sink) -> None:
        self.write = write
        self.shard = write.work.plan.shards[number]
        self.source = write.work.spec.sources[self.shard.source]
        self.first_line = first_line
        self.kept, self.aside = kept, aside
        self.fates = fates_of(write.work, number, write.duplicates)
        self.removed = write.duplicates.removed(number) if write.duplicates is not None else REMOVED.empty_table()
        self.cuts = write.duplicates.cuts(number) if write.duplicates is not None else None
        self.places = write.planting.places(number) if write.planting is not None else PLACES.empty_table()
        self.changed = dict.fromkeys((write.cuts, *write.redactions), 0)
        self.at = self.kept_documents = self.kept_bytes = self.planted = 0

    def take(self, batch: pa.RecordBatch) -> None:
        """Send a batch's documents where they go."""
        fate = self.fates.slice(self.at, batch.num_rows)
        self.at += batch.num_rows
        stays = pc.is_null(fate)
        gone = pc.invert(stays)
        if pc.any(gone).as_py():
            left, reasons = batch.filter(gone), fate.filter(gone).cast(pa.string())
            rows = pa.table([*(left[name] for name in ROWS.names), reasons, *self._repeated(left["row"].to_numpy())], schema=_ASIDE)
            steps = np.zeros(left.num_rows, dtype=np.uint32)
            self.aside.write(rows, origins_of(left, left["text"], steps, reasons, self.shard, self.source, self.first_line))
        if pc.any(stays).as_py():
            self._keep(batch.filter(stays))

    def _repeated(self, rows: NDArray[np.int64]) -> tuple[pa.Array, pa.Array]:
        """Return _REPEATS of some rows, null for those that went for another reason."""
        gone = self.removed["row"].to_numpy()
        place = np.searchsorted(gone, rows)
        other = np.append(gone, -1)[place] != rows
        places = pa.array(place, mask=other)
        return self.removed["kept"].combine_chunks().take(places), self.removed["similarity"].combine_chunks().take(places)

    def _keep(self, batch: pa.RecordBatch) -> None:
        if self.write.redactions:
            # In the origins too: they go with the corpus, and what is left in them is not redacted.
            place = batch.schema.get_field_index("url")
            batch = batch.set_column(place, batch.schema.field(place), redacted_urls(batch["url"], self.write.redactions.values()))
        texts, steps = self._edited(batch)
        rows = pa.table([texts, batch["url"], batch["date"]], schema=ROWS)
        reasons = pa.nulls(batch.num_rows, pa.string())
        origins = origins_of(batch, texts, steps, reasons, self.shard, self.source, self.first_line)
        until = self.kept_documents + batch.num_rows
        self._write(rows, origins, until)
        self.kept_documents = until
        self.kept_bytes += pc.sum(pc.binary_length(texts)).as_py()

    def _edited(self, batch: pa.RecordBatch) -> tuple[pa.Array, NDArray[np.uint32]]:
        texts = batch["text"]
        steps = np.zeros(batch.num_rows, dtype=np.uint32)
        if self.cuts is not None and self.cuts.num_rows:
            texts, cut = cut_out(texts, batch["row"].to_numpy(), self.cuts)
            self._note(self.write.cuts, steps, cut)
        for step, redact in self.write.redactions.items():
            made = redact(texts)
            self._note(step, steps, pc.not_equal(made, texts).to_numpy(zero_copy_only=False))
            texts = made
        return texts, steps

    def _note(self, step: int, steps: NDArray[np.uint32], which: NDArray[np.bool_]) -> None:
        steps[which] |= np.uint32(1 << step)
        self.changed[step] += int(which.sum())

    def _write(self, rows: pa.Table, origins: pa.Table, until: int, *, last: bool = False) -> None:
        """Write rows, the first of which is kept document number `self.kept_documents`, with the canaries that belong among them."""
        before = self.places["before"].to_numpy()
        stop = len(before) if last else int(np.searchsorted(before, until))
        due = self.places.slice(self.planted, stop - self.planted)
        if due.num_rows:
            texts = due["text"].combine_chunks()
            nothing = [pa.nulls(len(texts), field.type) for field in ROWS][1:]
            rows = pa.concat_tables([rows, pa.table([texts, *nothing], schema=ROWS)])
            origins = pa.concat_tables([origins, canary_origins(texts)])
            # A canary sorts before the document that it goes before.
            keys = np.concatenate([2 * np.arange(self.kept_documents, until) + 1, 2 * before[self.planted : stop]])
            order = pa.array(np.argsort(keys, kind="stable"))
            rows, origins = rows.take(order), origins.unify_dictionaries().take(order)
            self.planted = stop
        if rows.num_rows:
            self.kept.write(rows, origins)

    def finish(self) -> None:
        """Write the canaries that go to the end."""
        self._write(ROWS.empty_table(), ORIGINS.empty_table(), self.kept_documents, last=True)


class _Sink:
    """A file of rows and the file of their origins; `done` says what they are once the block has ended without an error."""

    def __init__(self, out: Path, folder: str, shard: int, schema: pa.Schema, output: OutputSettings) -> None:
        self._out = out
        self.name = f"{folder or 'shards'}/{shard:05d}.{output.format}"
        self.provenance = "/".join(part for part in ("provenance", folder, f"{shard:05d}.parquet") if part)
        self.done: FileWritten | None = None
        self._origins: list[pa.Table] = []
        self._open = open_rows(out / self.name, schema, output)
        self._rows = 0

    def __enter__(self) -> _Sink:
        self._stream = self._open.__enter__()
        return self

    def write(self, rows: pa.Table, origins: pa.Table) -> None:
        """Write rows with their origins."""
        self._stream.write(rows)
        self._origins.append(origins)
        self._rows += rows.num_rows

    def __exit__(self, *error: object) -> None:
        self._open.__exit__(*error)  # type: ignore[arg-type]  # as the language hands them over
        path = self._out / self.name
        if error[0] is not None:
            return
        if not self._rows:
            path.unlink()
            return
        origins = self._out / self.provenance
        write_table(origins, joined_origins(self._origins))
        self.done = FileWritten(
            name=self.name, file=written(path, self._rows), provenance=self.provenance, origins=written(origins, self._rows)
        )
