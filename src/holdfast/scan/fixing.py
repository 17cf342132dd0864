"""Plans that mend a training file: a new file is written and the old one is left as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow.compute as pc

from holdfast.core import InputError, Message, PluginError, Severity, Value, did_you_mean
from holdfast.plugins import Redactor
from holdfast.records import Dataset, NewRow
from holdfast.scan.adding import check_safety_file, safety_rows
from holdfast.scan.facts import ScanResult
from holdfast.scan.run import ScanJob
from holdfast.scan.stored import rows_where

__all__ = ["PLANS", "FixPlan", "Fixed", "check_plan", "fix"]

Plan = Literal["drop", "redact", "deduplicate", "add-safety"]
PLANS: tuple[str, ...] = get_args(Plan)
_BATCH = 4096
_PLACES = 20
_COLUMNS = 5


class FixPlan(Value, frozen=True, kw_only=True):
    """What to do to a file, and where the new one goes."""

    plans: tuple[str, ...]
    out: str
    safety: str | None = None
    """A file of safety rows in any format."""
    safety_share: float = 0.05
    """Share of safety rows that the new file is to have, above 0 and below 1."""


class Fixed(Value, frozen=True, kw_only=True):
    """What was written: the summary of the difference."""

    path: str
    kept: int
    """Rows as they were, byte by byte."""
    dropped: int
    replaced: int
    added: int
    dropped_at: tuple[str, ...] = ()
    """The first places, 'FILE:LINE'."""
    replaced_at: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def check_plan(plan: FixPlan) -> None:
    """Refuse a plan that cannot be carried out, before the scan and not after it; raises InputError."""
    _check_fields(plan)
    if "add-safety" in plan.plans and plan.safety is not None:
        check_safety_file(plan.safety)


def _check_fields(plan: FixPlan) -> None:
    for name in plan.plans:
        if name not in PLANS:
            raise InputError(f"--fix {name!r} is not known. {did_you_mean(name, PLANS)}")
    if not plan.out:
        raise InputError("--fix writes a new file and never changes the old one. Name it with --fix-out FILE.")
    if Path(plan.out).exists():
        raise InputError(f"{plan.out}: exists already. Name a new file with --fix-out, or move this one away.")
    if "add-safety" in plan.plans and plan.safety is None:
        raise InputError("--fix add-safety needs rows to add. Give a file of safety rows with --safety FILE.")
    if not 0 < plan.safety_share < 1:
        raise InputError(f"--safety-share must lie between 0 and 1, got {plan.safety_share!r}. Give for example 0.05.")


def fix(job: ScanJob, result: ScanResult, run: Path, plan: FixPlan) -> Fixed:
    """Carry a plan out on the data of a finished scan. Raises InputError where the new file cannot be written.

    'drop' leaves out rows with a finding of severity high (with 'redact', those of redacted detectors stay, redacted);
    'deduplicate' leaves out rows that repeat another; 'redact' replaces personal data and secrets by their kind in brackets;
    'add-safety' adds rows at the end until their share is reached. Rows that cannot be read are copied as they are, and so are columns
    that no format reads, which a note names.
    """
    _check_fields(plan)
    redactors = {one.card.label: one for one in job.detectors.values() if isinstance(one, Redactor)} if "redact" in plan.plans else {}
    if "redact" in plan.plans and not redactors:
        raise PluginError("No detector that can redact was run. Leave out --only, or name personal-data and secret.")
    drop = _to_drop(run, plan, frozenset(redactors))
    replace = _redacted(job.dataset, run, redactors, drop)
    extra, notes = _safety(job, result, plan, drop)
    written = job.dataset.rewrite(
        plan.out,
        (lambda row: row not in drop) if drop else None,
        replace=replace,
        extra_rows=extra,
        watch=(lambda text: _clean(text, redactors) != text) if redactors else None,
    )
    notes = [*(_left(written.left, result) if redactors else ()), *notes]
    return Fixed(
        path=written.path,
        kept=written.kept,
        dropped=written.dropped,
        replaced=written.replaced,
        added=written.added,
        dropped_at=_places(job.dataset, drop),
        replaced_at=_places(job.dataset, replace),
        notes=tuple(notes),
    )


def _to_drop(run: Path, plan: FixPlan, redacting: frozenset[str]) -> frozenset[int]:
    drop: frozenset[int] = frozenset()
    if "drop" in plan.plans:
        grave = pc.equal(pc.field("severity"), Severity.HIGH.value)
        for label in sorted(redacting):
            grave &= pc.not_equal(pc.field("detector"), label)
        drop |= rows_where(run, grave & pc.equal(pc.field("related"), ""))
    if "deduplicate" in plan.plans:
        drop |= rows_where(run, pc.not_equal(pc.field("related"), ""))
    return drop


def _redacted(dataset: Dataset, run: Path, redactors: dict[str, Any], drop: frozenset[int]) -> dict[int, NewRow]:
    if not redactors:
        return {}
    wanted: set[int] = set()
    for label in redactors:
        wanted |= rows_where(run, pc.equal(pc.field("detector"), label)) - drop
    replaced: dict[int, NewRow] = {}
    for row in _rows(dataset, sorted(wanted)):
        new = NewRow(
            messages=tuple(Message(role=turn["role"], content=_clean(turn["content"], redactors)) for turn in row["turns"]),
            rejected=None if row["rejected"] is None else _clean(row["rejected"], redactors),
        )
        if new != _as_it_is(row):
            replaced[row["row"]] = new
    return replaced


def _as_it_is(row: dict[str, Any]) -> NewRow:
    return NewRow(messages=tuple(Message(role=turn["role"], content=turn["content"]) for turn in row["turns"]), rejected=row["rejected"])


def _clean(text: str, redactors: dict[str, Any]) -> str:
    for redactor in redactors.values():
        text = redactor.redact(text)
    return text


def _safety(job: ScanJob, result: ScanResult, plan: FixPlan, drop: frozenset[int]) -> tuple[list[NewRow], list[str]]:
    if "add-safety" not in plan.plans or plan.safety is None:
        return [], []
    source, numbers, notes = safety_rows(
        job.dataset,
        job.detectors,
        result,
        name=plan.safety,
        share=plan.safety_share,
        dropped=drop,
        seed=job.spec.options.seed,
    )
    return [_as_it_is(row) for row in _rows(source, numbers)], notes


def _left(columns: Sequence[tuple[str, int]], result: ScanResult) -> list[str]:
    """Say which columns a redaction left as they were."""
    notes = [
        f"Left as it is: column {name!r}, which is not read: in {rows:,} changed row{'' if rows == 1 else 's'} it has what was redacted."
        for name, rows in columns[:_COLUMNS]
    ]
    if len(columns) > _COLUMNS:
        notes.append(f"Left as they are: {len(columns) - _COLUMNS:,} more columns that hold what is redacted.")
    unread = [column.name for column in result.unread]
    if unread:
        named = ", ".join(map(repr, unread[:_COLUMNS])) + (" and others" if len(unread) > _COLUMNS else "")
        notes.append(f"Nothing was looked for, and nothing redacted, in text that was not read: column{'s' if unread[1:] else ''} {named}.")
    return notes


def _rows(dataset: Dataset, numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
    for at in range(0, len(numbers), _BATCH):
        yield from dataset.rows(numbers[at : at + _BATCH]).to_pylist()


def _places(dataset: Dataset, numbers: Any) -> tuple[str, ...]:
    first = sorted(numbers)[:_PLACES]
    return tuple(f"{row['source']}:{row['line']}" for row in dataset.rows(first).select(["source", "line"]).to_pylist())
