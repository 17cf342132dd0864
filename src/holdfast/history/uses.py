"""Which models were trained on which version of a corpus, as somebody wrote down. Nothing is ever taken back or changed here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from holdfast.core import digest
from holdfast.history import tables
from holdfast.history.rows import model_row, stamp
from holdfast.history.store import History, insert_new
from holdfast.history.values import CorpusEntry, CorpusUse, RunModel

__all__ = ["ancestors", "descendants", "record_corpus", "record_use", "uses"]

_LONGEST = 1000


def record_corpus(history: History, corpus: CorpusEntry, *, now: datetime | None = None) -> bool:
    """Write that there is a version of a corpus, and where it lies; return whether it was new."""
    with history.writing() as connection:
        row = {"id": corpus.id, "name": corpus.name, "parent": corpus.parent, "folder": corpus.folder, "recorded": stamp(now)}
        new = insert_new(connection, tables.corpora, [row])
        connection.execute(update(tables.corpora).where(tables.corpora.c.id == corpus.id).values(folder=corpus.folder))
    return new > 0


def record_use(
    history: History, corpus: CorpusEntry, model: RunModel | str, *, shards: Sequence[str] = (), now: datetime | None = None
) -> CorpusUse:
    """Write that a model was trained on a version of a corpus, or on some of its shards. Saying it again changes nothing.

    Args:
        history: where.
        corpus: the version.
        model: the model, or its name alone where its weights are out of reach.
        shards: their names; none means the whole version.
        now: the time.
    """
    record_corpus(history, corpus, now=now)
    known = isinstance(model, RunModel)
    identity, reference = (model.id, model.place) if isinstance(model, RunModel) else (None, model)
    facts = {"corpus": corpus.id, "model": identity, "reference": reference, "shards": json.dumps(sorted(set(shards)))}
    row = {"id": digest(facts), **facts, "recorded": stamp(now)}
    with history.writing() as connection:
        if known and isinstance(model, RunModel):
            insert_new(connection, tables.models, [model_row(model, stamp(now))])
        insert_new(connection, tables.uses, [row])
    return next(
        use
        for use in uses(history, [corpus.id])
        if (use.model, use.reference, use.shards) == (identity, reference, tuple(sorted(set(shards))))
    )


def uses(history: History, corpora: Sequence[str]) -> tuple[CorpusUse, ...]:
    """Return who was trained on some versions, by id, the first recorded first."""
    table = tables.uses
    query = select(table).where(table.c.corpus.in_(corpora)).order_by(table.c.recorded, table.c.id)
    with history.reading() as connection:
        found = connection.execute(query).all()
    return tuple(
        CorpusUse(
            corpus=row.corpus,
            model=row.model,
            reference=row.reference,
            shards=tuple(json.loads(row.shards)),
            recorded=datetime.fromisoformat(row.recorded),
        )
        for row in found
    )


def ancestors(history: History, parent: str | None) -> tuple[CorpusEntry, ...]:
    """Return the versions that a version was made from, the nearest first, as far as the history knows them."""
    known = _corpora(history)
    out: list[CorpusEntry] = []
    while parent is not None and parent in known and len(out) < _LONGEST:
        out.append(known[parent])
        parent = out[-1].parent
    return tuple(out)


def descendants(history: History, corpus: str) -> tuple[CorpusEntry, ...]:
    """Return the versions that were made from a version, parents before children, as far as the history knows them."""
    known = _corpora(history)
    out: dict[str, CorpusEntry] = {}
    above = {corpus}
    while below := [entry for entry in known.values() if entry.parent in above and entry.id not in out]:
        out |= {entry.id: entry for entry in below}
        above = {entry.id for entry in below}
    return tuple(out.values())


def _corpora(history: History) -> dict[str, CorpusEntry]:
    query = select(tables.corpora).order_by(tables.corpora.c.recorded, tables.corpora.c.id)
    with history.reading() as connection:
        rows = connection.execute(query).all()
    return {row.id: CorpusEntry(id=row.id, name=row.name, parent=row.parent, folder=row.folder) for row in rows}
