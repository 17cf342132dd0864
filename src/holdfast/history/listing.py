"""Every run of the history in one line each, in a handful of queries: what an overview of hundreds of runs needs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from holdfast.core import Decision, Value
from holdfast.history import tables
from holdfast.history.rows import is_believed
from holdfast.history.store import History

__all__ = ["RunLine", "run_lines"]

_HEADLINE = "refusal_rate"


class RunLine(Value, frozen=True, kw_only=True):
    """One run in short: no measurement or fingerprint is read for it."""

    id: str
    stage: str
    folder: str
    command: str
    recorded: datetime
    models: dict[str, tuple[str, str]]
    """By side: the reference as it was given, and the model's id."""
    policy: str | None
    """Of the newest verdict; None where the run was never judged."""
    decision: Decision | None
    drop: float | None
    """Drop of the refusal rate under the default system prompt, over all categories; None where it was not measured."""


def run_lines(history: History) -> tuple[RunLine, ...]:
    """Return every run, newest first. The number of queries does not grow with the number of runs."""
    runs, sides, verdicts, measured = tables.runs.c, tables.run_models.c, tables.verdicts.c, tables.measurements.c
    models: dict[str, dict[str, tuple[str, str]]] = {}
    judged: dict[str, tuple[str, Decision]] = {}
    with history.reading() as connection:
        for run, side, reference, model in connection.execute(select(sides.run, sides.side, sides.reference, sides.model)):
            models.setdefault(run, {})[side] = (reference, model)
        for row in connection.execute(select(tables.verdicts).order_by(verdicts.recorded.desc(), verdicts.id)):
            if row.run not in judged and is_believed(row):
                judged[row.run] = (row.policy, Decision(row.decision))
        headline = (measured.metric == _HEADLINE, measured.side == "drop", measured.condition == "default", measured.category == "all")
        drops = {run: value for run, value in connection.execute(select(measured.run, measured.value).where(*headline))}
        query = select(runs.id, runs.stage, runs.folder, runs.command, runs.recorded).order_by(runs.recorded.desc(), runs.id)
        found = connection.execute(query).all()
    return tuple(
        RunLine(
            id=row.id,
            stage=row.stage,
            folder=row.folder,
            command=row.command,
            recorded=datetime.fromisoformat(row.recorded),
            models=models.get(row.id, {}),
            policy=judged[row.id][0] if row.id in judged else None,
            decision=judged[row.id][1] if row.id in judged else None,
            drop=drops.get(row.id),
        )
        for row in found
    )
