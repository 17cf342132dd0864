"""A review queue of training rows: those that pull the base away from refusing first, rows that repeat each other together."""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scipy.stats import spearmanr

from holdfast import __version__
from holdfast.compare.drift import DriftSpec, weigh_rows
from holdfast.core import InputError, Message, Value, pretty_json
from holdfast.pipeline.repeats import REPEATS, repeat_clusters
from holdfast.plugins import Engine, Redactor, RowPull, ScanOptions, load, names, open_models
from holdfast.runs import write_atomically
from holdfast.scan import ScanJob, ScanSpec, prepare

__all__ = ["RankedRow", "Ranking", "RowsToRank", "rank", "rank_rows", "read_rows", "write_queue"]

_SHOWN = 160
_REDACTORS = ("personal-data", "secret")


class RankedRow(Value, frozen=True, kw_only=True):
    """One row of the queue."""

    id: str
    """'FILE:LINE'."""
    row: int
    """Its number in the data, from 0."""
    cluster: int
    """Rows of one number repeat each other; clusters are numbered in the queue's order, from 1."""
    pull: float | None
    """Nats per token: how much less likely the answer becomes when the base is moved a small step towards refusing; None with a reason."""
    learned: float | None
    """Nats per token: how much likelier the tuned model gives it than the base; None without a tuned model."""
    tokens: int
    request: str
    """The first words of the request, redacted."""
    answer: str
    """The first words of the answer, redacted."""
    refuses: bool = False
    """The answer is a refusal, as judge `refusal` reads it: such rows stand behind all that answer."""
    reason: str = ""


class Ranking(Value, frozen=True, kw_only=True):
    """Training rows in the order in which to review them. It is triage and no verdict: verify by training without them."""

    schema: int = 1
    base: str
    tuned: str | None
    data: str
    rows: tuple[RankedRow, ...]
    """All rows: clusters by their strongest pull, rows of a cluster by their own; then rows that refuse, and those not weighed last."""
    step: float
    """Length of the step towards refusing over the norm of the base's weights."""
    cost: float
    """Nats per token that it costs the base's own harmless answers."""
    refuse: int
    benign: int
    length_correlation: float | None
    """Spearman's rho of pull and answer length: far from 0, the order is partly one of length. None where it cannot be computed."""
    suites: tuple[str, ...]
    judge: str
    version: str

    def ids(self, top: int | None = None) -> list[str]:
        """Return the ids of the first `top` rows that were weighed and do not refuse, strongest pull first."""
        known = sorted((row for row in self.rows if row.pull is not None and not row.refuses), key=_key)
        return [row.id for row in known[:top]]


class RowsToRank(NamedTuple):
    """Training rows, read and looked over before any model is asked."""

    place: str
    job: ScanJob
    table: list[dict[str, Any]]


def read_rows(data: str | Path | object, *, reading: ScanSpec | None = None) -> RowsToRank:
    """Read the rows to rank; raises InputError for what cannot be read, and where no row has an answer that could be weighed."""
    place = str(data) if isinstance(data, str | Path) else "rows"
    asked = reading or ScanSpec(data=place)
    job = prepare(
        ScanSpec(**{name: getattr(asked, name) for name in _READING}, only=REPEATS), None if isinstance(data, str | Path) else data
    )
    table = [row for batch in job.dataset.batches() for row in batch.select(["row", "source", "line", "turns"]).to_pylist()]
    if table and not any(turns[-1].content.strip() for row in table if (turns := _conversation(row["turns"]))):
        raise InputError(
            f"{place}: expected rows with an answer, which is what is weighed, and none of the {len(table)} rows has one. "
            "Give rows with an assistant's turn."
        )
    return RowsToRank(place, job, table)


def rank(
    base: str | Engine,
    tuned: str | Engine | None,
    data: str | Path | object,
    *,
    spec: DriftSpec | None = None,
    reading: ScanSpec | None = None,
    progress: Any = None,
) -> Ranking:
    """Order training rows by how much they pull `base` away from refusing.

    `base` and `tuned` are references or open engines; without a tuned model no row says what was learned of it. `data` is whatever
    `open_dataset` takes; `reading` says how to read it, `spec` what the base is asked. Nothing is trained and no weight is changed.
    Raises a HoldfastError for what the user can mend.
    """
    given = [one for one in (base, tuned) if one is not None]
    chosen = spec or DriftSpec(base=_name(base), tuned=_name(tuned) if tuned is not None else "")
    opened: dict[int, Engine] = {}
    references = [(place, one) for place, one in enumerate(given) if isinstance(one, str)]
    fresh = open_models([one for _, one in references], chosen.models) if references else []
    opened |= {place: engine for (place, _), engine in zip(references, fresh, strict=True)}
    try:
        engines = [opened.get(place, one) for place, one in enumerate(given)]
        return rank_rows(engines, data, chosen, reading=reading, progress=progress)  # type: ignore[arg-type]
    finally:
        for engine in fresh:
            engine.close()


def rank_rows(
    engines: Sequence[Engine], data: str | Path | object, spec: DriftSpec, *, reading: ScanSpec | None = None, progress: Any = None
) -> Ranking:
    """Rank with engines that are open: the base, and the tuned model where there is one; `data` may be `RowsToRank`. See `rank`."""
    watcher = progress or (lambda what, done, total: None)
    place, job, table = data if isinstance(data, RowsToRank) else read_rows(data, reading=reading)
    with tempfile.TemporaryDirectory(prefix="holdfast-rank-") as folder:
        clusters = repeat_clusters(job, Path(folder))
    weights = weigh_rows(spec, engines, [_conversation(row["turns"]) for row in table], watcher)
    redactors = [one for name in _REDACTORS if name in names("detector") for one in [load("detector", name)(ScanOptions())]]
    clean = _Excerpts([one for one in redactors if isinstance(one, Redactor)])
    rows = {
        row["row"]: _row(row, weight, refuses, clean) for row, weight, refuses in zip(table, weights.rows, weights.refuses, strict=True)
    }
    return Ranking(
        base=engines[0].reference,
        tuned=engines[1].reference if len(engines) > 1 else None,
        data=place,
        rows=_ordered(rows, clusters),
        step=weights.step,
        cost=weights.cost,
        refuse=weights.refuse,
        benign=weights.benign,
        length_correlation=_length_correlation(weights.rows),
        suites=weights.suites,
        judge=weights.judge,
        version=__version__,
    )


def write_queue(ranking: Ranking, path: Path) -> None:
    """Write the queue: `.parquet`, `.jsonl` (one row per line), or `.json` (all of the ranking). Raises InputError for another ending."""
    if path.suffix == ".parquet":
        import msgspec
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist([msgspec.to_builtins(row) for row in ranking.rows]), path)
    elif path.suffix == ".jsonl":
        import msgspec

        write_atomically(path, msgspec.json.Encoder().encode_lines(ranking.rows))
    elif path.suffix == ".json":
        write_atomically(path, pretty_json(ranking))
    else:
        raise InputError(f"{path}: expected a name that ends in .jsonl, .parquet or .json.")


_READING = ("data", "format", "columns", "roles", "split", "max_bad_rows")


def _name(model: str | Engine) -> str:
    return model if isinstance(model, str) else model.reference


def _conversation(turns: Sequence[dict[str, Any]]) -> tuple[Message, ...]:
    """Return the turns up to the last answer."""
    last = next((index for index in reversed(range(len(turns))) if turns[index]["role"] == "assistant"), -1)
    return tuple(Message(role=turn["role"], content=turn["content"] or "") for turn in turns[: last + 1])


class _Excerpts:
    """The first words of a text: personal data and secrets replaced by their kind, one line, no control characters."""

    def __init__(self, redactors: Sequence[Redactor]) -> None:
        self._redactors = redactors

    def __call__(self, text: str) -> str:
        cut = text[: 2 * _SHOWN]  # a value that the excerpt would cut in two is still seen whole
        for redactor in self._redactors:
            cut = redactor.redact(cut)
        kept = (" " if sign.isspace() else sign for sign in cut)
        line = " ".join("".join(sign for sign in kept if unicodedata.category(sign)[0] != "C").split())
        return line if len(line) <= _SHOWN and len(text) <= 2 * _SHOWN else f"{line[:_SHOWN]}…"


def _row(row: dict[str, Any], weight: RowPull, refuses: bool, clean: _Excerpts) -> RankedRow:
    turns = _conversation(row["turns"])
    request = next((turn.content for turn in reversed(turns) if turn.role == "user"), "")
    return RankedRow(
        id=f"{row['source']}:{row['line']}",
        row=row["row"],
        cluster=0,
        pull=weight.pull,
        learned=weight.learned,
        tokens=weight.tokens,
        request=clean(request),
        answer=clean(turns[-1].content if turns else ""),
        reason=weight.reason,
        refuses=refuses,
    )


def _ordered(rows: dict[int, RankedRow], clusters: Sequence[Sequence[int]]) -> tuple[RankedRow, ...]:
    from msgspec.structs import replace

    groups = [sorted((rows[number] for number in cluster if number in rows), key=_key) for cluster in clusters]
    order = sorted((group for group in groups if group), key=lambda group: _key(group[0]))
    return tuple(replace(row, cluster=number) for number, group in enumerate(order, 1) for row in group)


def _key(row: RankedRow) -> tuple[bool, bool, float, int]:
    return (row.pull is None, row.refuses, -(row.pull or 0.0), row.row)


def _length_correlation(rows: Sequence[RowPull]) -> float | None:
    known = [(row.pull, row.tokens) for row in rows if row.pull is not None]
    if len({pull for pull, _ in known}) < 2 or len({tokens for _, tokens in known}) < 2:
        return None
    return float(spearmanr([pull for pull, _ in known], [tokens for _, tokens in known])[0])
