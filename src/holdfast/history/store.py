"""The history: one object over one database, for everything that writes to it or reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, Table, and_, func, insert, inspect, or_, select, text, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from holdfast.core import Decision, GateResult, InputError, Measurement, canonical_json, digest
from holdfast.history import tables
from holdfast.history.place import open_database, shown, whole
from holdfast.history.reading import holds
from holdfast.history.rows import (
    fingerprint_of,
    measurement_row,
    model_entry,
    model_row,
    release_of,
    run_row,
    side_row,
    stamp,
    verdict_entry,
    verdict_row,
    waiver_of,
)
from holdfast.history.values import RELEASE_PREFIX, Edge, FinishedRun, ModelEntry, Release, RunEntry, RunModel, VerdictEntry, Waiver
from holdfast.history.waived import Waived, refuse_controls

__all__ = ["History", "insert_new"]

_LEAST_PREFIX = 4
_CHANGED = "A verdict of this run is not what was recorded: the database was changed. `holdfast history add RUN` records it anew."
_MAKING = 4_653_210_000
"""The key of the lock under which tables are made, any number that nobody else uses."""


class History:
    """The history in one database. Use it in a `with` block.

    Several processes may write at once: a run, a model or a verdict that is there already stays as it is, so nothing is
    doubled. Every method raises InputError where the database cannot be reached or holds another version's tables.
    """

    def __init__(self, url: str) -> None:
        self.place = shown(url)
        self._engine = open_database(url)
        with self._said():
            # A database from before one of the tables gets it now.
            made = set(tables.METADATA.tables) <= set(inspect(self._engine).get_table_names())
        with self._write() as connection:
            if not made:
                _make_tables(connection)
            found = connection.scalar(select(tables.about.c.value).where(tables.about.c.name == "schema"))
        if found != str(tables.SCHEMA):
            raise InputError(
                f"history: {self.place} holds tables of version {found}, this Holdfast writes version {tables.SCHEMA}. Update Holdfast."
            )

    def __enter__(self) -> History:
        """Return the history itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close every connection."""
        self._engine.dispose()

    def record(self, run: FinishedRun, *, now: datetime | None = None) -> bool:
        """Write a run with its models, measurements and verdict; return whether any of it was new."""
        when = stamp(now)
        with self._write() as connection:
            models = {model.id: model for model in (*run.also, *run.models)}
            new = insert_new(connection, tables.models, [model_row(model, when) for _, model in sorted(models.items())])
            for model in (model for model in models.values() if not model.reference.startswith(RELEASE_PREFIX)):
                renamed = and_(tables.models.c.id == model.id, tables.models.c.reference != model.place)
                connection.execute(update(tables.models).where(renamed).values(reference=model.place))
            # What a model was trained from may never have been part of a run.
            known = tables.models.c.id.in_({edge.parent for edge in run.edges})
            parents = set(connection.execute(select(tables.models.c.id).where(known)).scalars())
            edges = {(edge.parent, edge.child, edge.how): edge for edge in run.edges if edge.parent in parents}
            insert_new(connection, tables.parents, [{**msgspec.to_builtins(edge), "recorded": when} for edge in edges.values()])
            if insert_new(connection, tables.runs, [run_row(run, when)]):
                new += 1
                insert_new(connection, tables.run_models, [side_row(run.id, model) for model in run.models])
                insert_new(connection, tables.measurements, [measurement_row(run.id, one) for one in run.measurements])
            else:
                same = tables.runs.c.id == run.id
                before = connection.scalar(select(tables.runs.c.folder).where(same))
                if before != run.folder and not holds(Path(str(before)), run.id):
                    # It was moved; a copy beside it is no reason to look elsewhere from now on.
                    connection.execute(update(tables.runs).where(same).values(folder=run.folder))
            if run.verdict is not None:
                new += _record_verdict(connection, verdict_row(run.id, run.verdict, when))
        return new > 0

    def runs(
        self,
        *,
        model: str | None = None,
        stage: str | None = None,
        decision: Decision | None = None,
        search: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> tuple[RunEntry, ...]:
        """Return runs, newest first: of a model by id, of a stage, by newest verdict, or with a text in folder, command or model name."""
        with self._read() as connection:
            query = _run_query(model=model, stage=stage, decision=decision, search=search)
            rows = connection.execute(query.limit(limit).offset(offset)).all()
            return _run_entries(connection, rows)

    def count(self, **filters: Any) -> int:
        """Return how many runs `runs` would give with the same filters."""
        with self._read() as connection:
            return connection.scalar(select(func.count()).select_from(_run_query(**filters).subquery())) or 0

    def stages(self) -> dict[str, int]:
        """Return how many runs there are of each stage."""
        stage = tables.runs.c.stage
        with self._read() as connection:
            return {name: count for name, count in connection.execute(select(stage, func.count()).group_by(stage).order_by(stage))}

    def run(self, key: str) -> RunEntry:
        """Return one run by the first characters of its id, or by its folder; raises InputError where that is none, or several."""
        with self._read() as connection:
            query = select(tables.runs).where(or_(tables.runs.c.folder.in_((key, whole(Path(key)))), _starts(tables.runs.c.id, key)))
            found = connection.execute(query.limit(2)).all()
            return _run_entries(connection, [_only(found, key, "run")])[0]

    def measurements(self, run: str) -> tuple[Measurement, ...]:
        """Return what a run measured, by the run's id."""
        with self._read() as connection:
            found = connection.scalars(select(tables.measurements.c.body).where(tables.measurements.c.run == run))
            measured = [msgspec.json.decode(body, type=Measurement) for body in found]
        return tuple(sorted(measured, key=lambda one: one.key))

    def values(
        self, runs: Sequence[str], metric: str, *, condition: str = "default", group: str = "all"
    ) -> dict[tuple[str, str], Measurement]:
        """Return one metric of many runs by (run id, side), where it was measured."""
        table = tables.measurements.c
        where = (table.run.in_(runs), table.metric == metric, table.condition == condition, table.category == group)
        query = select(table.run, table.side, table.body).where(*where).where(table.value.is_not(None))
        with self._read() as connection:
            found = connection.execute(query).all()
        return {(run, side): msgspec.json.decode(body, type=Measurement) for run, side, body in found}

    def models(self) -> tuple[ModelEntry, ...]:
        """Return every model, the first seen first."""
        with self._read() as connection:
            query = select(tables.models).order_by(tables.models.c.first_seen, tables.models.c.id)
            return tuple(map(model_entry, connection.execute(query)))

    def model(self, key: str) -> ModelEntry:
        """Return a model by the first characters of its id, or by a name that it was run under; raises InputError otherwise."""
        with self._read() as connection:
            sides = tables.run_models.c
            named = select(sides.model).where(sides.reference == key)
            query = select(tables.models).where(or_(tables.models.c.id.in_(named), _starts(tables.models.c.id, key)))
            return model_entry(_only(connection.execute(query.limit(2)).all(), key, "model"))

    def edges(self) -> tuple[Edge, ...]:
        """Return every step from a parent to a child, the first recorded first."""
        table = tables.parents
        with self._read() as connection:
            found = connection.execute(select(table).order_by(table.c.recorded, *table.primary_key)).all()
        return tuple(Edge(parent=row.parent, child=row.child, how=row.how) for row in found)

    def waive(
        self, model: str, gate: GateResult, *, base: str | None = None, reason: str, owner: str, expires: date, now: datetime | None = None
    ) -> Waiver:
        """Write that a model may ship although a gate did not pass, as it stands and against a base (by id), and no worse.

        Raises InputError for one without reason, owner or time to run, and for words that would steer a terminal.
        """
        for name, words in (("reason", reason), ("owner", owner)):
            refuse_controls(words, f"--{name}")
        created = now or datetime.now(UTC)
        facts = {"model": model, "gate": gate.gate, "reason": reason, "owner": owner, "expires": str(expires), "created": stamp(created)}
        what = {"metric": gate.metric, "bar": gate.threshold}
        key = digest({**facts, **what})
        seen = Waived.of(gate, base)
        waiver = msgspec.convert({"id": key, **facts, **what, "created": created.astimezone(UTC), "expires": expires, "seen": seen}, Waiver)
        with self._write() as connection:
            insert_new(connection, tables.waivers, [{"id": key, **facts}])
            insert_new(connection, tables.waived_gates, [{"waiver": key, **what}])
            insert_new(connection, tables.waived_results, [{"waiver": key, "base": base, "body": canonical_json(seen).decode()}])
        return waiver

    def revoke(self, key: str, *, now: datetime | None = None) -> Waiver:
        """End a waiver before its time; it stays on record."""
        with self._write() as connection:
            # Nothing else than an id names a waiver, so that any first characters will do.
            begins = tables.waivers.c.id.startswith(key, autoescape=True)
            found = _only(connection.execute(select(tables.waivers).where(begins).limit(2)).all(), key, "waiver")
            connection.execute(update(tables.waivers).where(tables.waivers.c.id == found.id).values(revoked=stamp(now)))
        return next(waiver for waiver in self.waivers() if waiver.id == found.id)

    def waivers(self, *, model: str | None = None) -> tuple[Waiver, ...]:
        """Return waivers, those ended or revoked too, newest first."""
        gates, results = tables.waived_gates.c, tables.waived_results.c
        what = (func.coalesce(gates.metric, "").label("metric"), func.coalesce(gates.bar, "").label("bar"), results.body.label("seen"))
        query = select(tables.waivers, *what).order_by(tables.waivers.c.created.desc(), tables.waivers.c.id)
        for part in (gates, results):
            query = query.outerjoin(part.waiver.table, part.waiver == tables.waivers.c.id)
        if model is not None:
            query = query.where(tables.waivers.c.model == model)
        with self._read() as connection:
            return tuple(map(waiver_of, connection.execute(query)))

    def release(self, name: str, run: RunEntry, *, now: datetime | None = None) -> Release:
        """Write that the tuned model of a run was shipped under a product's name; raises InputError where there is no model or no name."""
        refuse_controls(name, "--name")
        if not name.strip():
            raise InputError("a release needs a name, by which it is found again: add --name TEXT.")
        tuned = run.model("tuned")
        if tuned is None:
            raise InputError(
                f"run {run.id[:12]} ({run.stage}) has no tuned model, so nothing of it can be released. "
                "Give the run of a comparison of that model: `holdfast compare BASE TUNED` makes one."
            )
        facts = {"name": name, "model": tuned.id, "reference": tuned.place, "run": run.id, "decision": run.decision}
        row = {**facts, "recorded": stamp(now)}
        with self._write() as connection:
            insert_new(connection, tables.releases, [{"id": digest(row), **row}])
        return msgspec.convert(row, Release)

    def releases(self, name: str | None = None) -> tuple[Release, ...]:
        """Return releases, newest first."""
        query = select(tables.releases).order_by(tables.releases.c.recorded.desc(), tables.releases.c.id)
        if name is not None:
            query = query.where(tables.releases.c.name == name)
        with self._read() as connection:
            return tuple(release_of(row) for row in connection.execute(query))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection to read with, for questions that this class does not answer; raises InputError as its methods do."""
        with self._read() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection to write with, in one transaction; raises InputError as the methods do."""
        with self._write() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._said(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._said(), self._engine.connect() as connection:
            yield connection.execution_options(holdfast_reads=True)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turn a database's error into one sentence."""
        try:
            yield
        except (SQLAlchemyError, OverflowError) as error:  # a driver says OverflowError itself of a number that no column holds
            first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise InputError(
                f"history: {self.place} cannot be used ({first}). Mend it, or set $HOLDFAST_HISTORY to another place."
            ) from error


def _record_verdict(connection: Connection, row: dict[str, Any]) -> int:
    """Write a verdict, or write it anew where somebody changed it; return how many were new."""
    table = tables.verdicts.c
    says = {name: row[name] for name in ("run", "policy", "decision", "body")}
    changed = or_(*(table[name] != value for name, value in says.items()))
    mended = connection.execute(update(tables.verdicts).where(table.id == row["id"], changed).values(says)).rowcount
    return mended + insert_new(connection, tables.verdicts, [row])


def _make_tables(connection: Connection) -> None:
    """Make what is not there, one process at a time: 'create if it does not exist' alone fails where two do it at once."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MAKING})
    tables.METADATA.create_all(connection)
    insert_new(connection, tables.about, [{"name": "schema", "value": str(tables.SCHEMA)}])


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that are not there yet; return how many were new. Of two writers at once one wins and neither fails."""
    name = connection.dialect.name
    if name in ("sqlite", "postgresql"):
        from sqlalchemy.dialects import postgresql, sqlite

        kind = sqlite if name == "sqlite" else postgresql
        return sum(connection.execute(kind.insert(table).values(row).on_conflict_do_nothing()).rowcount for row in rows)
    new = 0
    for row in rows:
        try:
            with connection.begin_nested():
                connection.execute(insert(table).values(row))
            new += 1
        except IntegrityError:
            continue
    return new


def _run_query(
    *, model: str | None = None, stage: str | None = None, decision: Decision | None = None, search: str | None = None
) -> Select[Any]:
    runs, sides, verdicts = tables.runs, tables.run_models, tables.verdicts
    query = select(runs).order_by(runs.c.recorded.desc(), runs.c.id)
    if model is not None:
        query = query.where(runs.c.id.in_(select(sides.c.run).where(sides.c.model == model)))
    if stage is not None:
        query = query.where(runs.c.stage == stage)
    if search:
        named = select(sides.c.run).where(sides.c.reference.icontains(search, autoescape=True))
        texts = (runs.c.folder.icontains(search, autoescape=True), runs.c.command.icontains(search, autoescape=True))
        query = query.where(or_(*texts, runs.c.id.in_(named)))
    if decision is not None:
        newest = select(verdicts.c.decision).where(verdicts.c.run == runs.c.id)
        newest = newest.order_by(verdicts.c.recorded.desc(), verdicts.c.id).limit(1).correlate(runs)
        query = query.where(newest.scalar_subquery() == decision.value)
    return query


def _run_entries(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[RunEntry, ...]:
    ids = [row.id for row in rows]
    sides = select(tables.run_models, tables.models).join(tables.models, tables.models.c.id == tables.run_models.c.model)
    models: dict[str, list[RunModel]] = {}
    for row in connection.execute(sides.where(tables.run_models.c.run.in_(ids))):
        side = RunModel(side=row.side, reference=row.reference, place=row.place, fingerprint=fingerprint_of(row))
        models.setdefault(row.run, []).append(side)
    verdicts: dict[str, list[VerdictEntry]] = {}
    doubts: dict[str, list[str]] = {}
    newest = tables.verdicts.c.recorded.desc(), tables.verdicts.c.id
    for row in connection.execute(select(tables.verdicts).where(tables.verdicts.c.run.in_(ids)).order_by(*newest)):
        entry = verdict_entry(row)
        if entry is None:
            doubts.setdefault(row.run, []).append(_CHANGED)
        else:
            verdicts.setdefault(row.run, []).append(entry)
    return tuple(
        RunEntry(
            id=row.id,
            stage=row.stage,
            folder=row.folder,
            command=row.command,
            holdfast=row.holdfast,
            recorded=datetime.fromisoformat(row.recorded),
            models=tuple(sorted(models.get(row.id, ()), key=lambda model: _ORDER.get(model.side, model.side))),
            verdicts=tuple(verdicts.get(row.id, ())),
            doubts=tuple(doubts.get(row.id, ())),
        )
        for row in rows
    )


_ORDER = {"base": "", "tuned": "~"}
"""Sides sort from the first parent to the last child: 'step ...' lies between these."""


def _only(found: Sequence[Row[Any]], key: str, what: str) -> Row[Any]:
    if not found:
        short = f" An id is told from its first {_LEAST_PREFIX} characters on." if len(key) < _LEAST_PREFIX and what != "waiver" else ""
        lists = {"waiver": "`holdfast history waivers` lists them."}.get(what, "`holdfast history` lists runs, `holdfast lineage` models.")
        raise InputError(f"the history knows no {what} {key!r}.{short} {lists}")
    if len({row.id for row in found}) > 1:
        raise InputError(f"{key!r} means several {what}s of the history: give more of its id.")
    return found[0]


def _starts(column: Any, key: str) -> Any:
    return column.startswith(key, autoescape=True) if len(key) >= _LEAST_PREFIX else column == key
