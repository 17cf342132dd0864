"""How safety changed from parent to child, along everything the history knows of a model."""

from __future__ import annotations

from collections.abc import Container, Iterable

from holdfast.core import Decision, Value
from holdfast.history.store import History
from holdfast.history.values import ModelEntry, RunEntry

__all__ = ["Lineage", "LineageStep", "lineage"]

_SAFETY = "refusal_rate"
_LONGEST = 10_000
_COMPARES = ("compare", "memorization", "backdoor", "drift")
"""Stages that only say which model was compared with which."""


class LineageStep(Value, frozen=True, kw_only=True):
    """One model of a lineage, and the step that led to it."""

    model: ModelEntry
    parent: str | None
    """None for one that nothing known was made into."""
    how: str | None
    refusal: float | None
    """Share of requests refused that should be, by the newest run that measured it; None where none did."""
    judge: str | None = None
    """Who graded that run; rates of two judges are no change of the model."""
    drop: float | None
    """What the step from the parent cost, by the newest comparison of the two."""
    decision: Decision | None
    """The newest verdict over this model as the tuned one."""
    run: str | None
    """The run that says so."""


class Lineage(Value, frozen=True, kw_only=True):
    """A model's ancestors and descendants, parents before children."""

    model: str
    steps: tuple[LineageStep, ...]

    @property
    def judges(self) -> tuple[str, ...]:
        """Everybody who graded one of the rates: of more than one each rate must say whose it is."""
        return tuple(sorted({step.judge for step in self.steps if step.judge is not None}))

    def children(self, parent: str | None) -> tuple[LineageStep, ...]:
        """Return the steps from one model; from None those that begin a line."""
        return tuple(step for step in self.steps if step.parent == parent)


def lineage(history: History, key: str | None = None) -> Lineage:
    """Return what a model (by id or name) was made from and what was made of it; without one, every model's.

    A model that several parents claim stands under the one that was recorded by training or repair, else under the first.
    Raises InputError for a model that the history does not know.
    """
    models = {model.id: model for model in history.models()}
    chosen = history.model(key).id if key is not None else ""
    parents = _parents(history, models)
    kept = _family(chosen, parents) if chosen else set(models)
    steps = [_step(history, models[model], parents.get(model), kept) for model in models if model in kept]
    return Lineage(model=chosen, steps=tuple(_ordered(steps)))


def _parents(history: History, models: Container[str]) -> dict[str, tuple[str, str]]:
    """Return one parent per child, of those that the history knows. What made a model knows better than what compared it."""
    found: dict[str, tuple[str, str]] = {}
    for edge in sorted(history.edges(), key=lambda edge: edge.how in _COMPARES):
        if edge.parent in models and not _leads_to(edge.parent, edge.child, found):
            found.setdefault(edge.child, (edge.parent, edge.how))
    return found


def _leads_to(model: str, ancestor: str, parents: dict[str, tuple[str, str]]) -> bool:
    """Tell whether `ancestor` stands above `model`, so that an edge back to it would close a ring."""
    for _ in range(_LONGEST):
        if model == ancestor:
            return True
        if model not in parents:
            return False
        model = parents[model][0]
    return True


def _family(model: str, parents: dict[str, tuple[str, str]]) -> set[str]:
    kept = {model}
    above = model
    while above in parents:
        above = parents[above][0]
        kept.add(above)
    below = {model}
    while below:
        below = {child for child, (parent, _) in parents.items() if parent in below} - kept
        kept |= below
    return kept


def _step(history: History, model: ModelEntry, made: tuple[str, str] | None, kept: Iterable[str]) -> LineageStep:
    parent, how = made if made is not None and made[0] in kept else (None, None)
    runs = history.runs(model=model.id, stage="compare")
    values = history.values([run.id for run in runs], _SAFETY)
    rate = next((found for run in runs for side in _sides(run, model.id) if (found := values.get((run.id, side))) is not None), None)
    tested = next((run for run in runs if "tuned" in _sides(run, model.id) and _is(run, "base", parent)), None)
    tested = tested or next((run for run in runs if "tuned" in _sides(run, model.id)), None)
    drop = values.get((tested.id, "drop")) if tested is not None and _is(tested, "base", parent) else None
    decision = tested.decision if tested is not None else None
    return LineageStep(
        model=model,
        parent=parent,
        how=how,
        refusal=rate.value if rate is not None else None,
        judge=rate.judge if rate is not None else None,
        drop=drop.value if drop is not None else None,
        decision=decision,
        run=tested.id if tested is not None else None,
    )


def _sides(run: RunEntry, model: str) -> tuple[str, ...]:
    return tuple(one.side for one in run.models if one.id == model)


def _is(run: RunEntry, side: str, model: str | None) -> bool:
    found = run.model(side)
    return found is not None and found.id == model


def _ordered(steps: list[LineageStep]) -> list[LineageStep]:
    """Return steps with every parent before its children, depth first."""
    by_parent: dict[str | None, list[LineageStep]] = {}
    for step in steps:
        by_parent.setdefault(step.parent, []).append(step)
    waiting, out = list(reversed(by_parent.get(None, []))), []
    while waiting:
        step = waiting.pop()
        out.append(step)
        waiting += reversed(by_parent.get(step.model.id, []))
    return out
