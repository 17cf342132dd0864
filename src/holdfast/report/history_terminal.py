"""The history on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from holdfast.core import Decision

if TYPE_CHECKING:
    from holdfast.history import Lineage, LineageStep, RunEntry, Waiver

__all__ = ["print_lineage", "print_run", "print_runs", "print_waivers"]

_STYLE = {Decision.PASS: "green", Decision.FAIL: "bold red", Decision.UNDECIDED: "yellow"}
_SHORT = 12
_LONGEST_NAME = 32


def print_runs(runs: Sequence[RunEntry], *, total: int, place: str, console: Console | None = None) -> None:
    """Print runs as a table."""
    out = console or Console(emoji=False)
    if not runs:
        out.print(f"No runs in {escape(place)}. Every verdict is recorded by itself; `holdfast history add RUN` adds older ones.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("run", "recorded", "stage", "verdict", "models"):
        table.add_column(name, no_wrap=name != "models", overflow="fold")
    for run in runs:
        table.add_row(run.id[:_SHORT], _when(run.recorded), run.stage, _said(run.decision), escape(_models(run)))
    out.print(table)
    if total > len(runs):
        out.print(f"{len(runs)} of {total} runs; --limit shows more.")


def print_run(run: RunEntry, waivers: Sequence[Waiver], *, console: Console | None = None) -> None:
    """Print one run with its verdicts, newest first, and the waivers of its tuned model."""
    out = console or Console(emoji=False)
    out.print(f"[bold]{run.id[:_SHORT]}[/] {run.stage}, {_when(run.recorded)}, holdfast {run.holdfast}")
    out.print(f"folder   {escape(run.folder)}\ncommand  {escape(run.command)}", soft_wrap=True)
    for model in run.models:
        out.print(f"{model.side:<8} {escape(model.reference)}  {model.id[:_SHORT]}", soft_wrap=True)
    for entry in run.verdicts:
        out.print(f"verdict  {_said(entry.decision)} by {escape(entry.policy)}, {_when(entry.recorded)}")
        for gate in entry.verdict.gates:
            if gate.decision is not Decision.PASS:
                out.print(f"  {_said(gate.decision)} {escape(gate.gate)}: {escape(gate.why)}", soft_wrap=True)
    for waiver in waivers:
        out.print(f"waiver   {_waiver(waiver)}", soft_wrap=True)


def print_waivers(waivers: Sequence[Waiver], names: Mapping[str, str], *, console: Console | None = None) -> None:
    """Print waivers, newest first."""
    out = console or Console(emoji=False)
    if not waivers:
        out.print("No waivers.")
    for waiver in waivers:
        out.print(f"{waiver.id[:_SHORT]}  {escape(names.get(waiver.model, waiver.model[:_SHORT]))}: {_waiver(waiver)}", soft_wrap=True)


def print_lineage(found: Lineage, *, console: Console | None = None) -> None:
    """Print models as a tree, each with its refusal rate and what the step from its parent cost."""
    out = console or Console(emoji=False)
    if not found.steps:
        out.print("No models yet. Every comparison records its two.")
    for step in found.children(None):
        tree = Tree(_step(step, found.model))
        _grow(tree, step, found)
        out.print(tree, no_wrap=True, overflow="ignore", crop=False)


def _grow(tree: Tree, step: LineageStep, found: Lineage) -> None:
    waiting = [(tree, step)]
    while waiting:
        branch, above = waiting.pop()
        waiting += [(branch.add(_step(child, found.model)), child) for child in found.children(above.model.id)]


def _step(step: LineageStep, chosen: str) -> str:
    name = escape(_name(step.model.reference))
    parts = [f"[bold]{name}[/]" if step.model.id == chosen else name, f"[dim]{step.model.id[:_SHORT]}[/]"]
    if step.refusal is not None:
        parts.append(f"refuses {step.refusal:.1%}")
    if step.drop is not None:
        parts.append(f"({-100 * step.drop + 0.0:+.1f} points)")
    if step.decision is not None:
        parts.append(_said(step.decision))
    return "  ".join(parts)


def _waiver(waiver: Waiver) -> str:
    if waiver.revoked is not None:
        state = f"revoked {waiver.revoked.date()}"
    else:
        state = f"until {waiver.expires}" if waiver.holds(_today()) else f"ended {waiver.expires}"
    bar = f" ({escape(waiver.bar)})" if waiver.bar else ""
    return f"{escape(waiver.gate)}{bar}, {escape(waiver.owner)}, {state}: {escape(waiver.reason)}"


def _today() -> date:
    return datetime.now(UTC).date()


def _models(run: RunEntry) -> str:
    return " -> ".join(_name(model.reference) for model in run.models) or run.folder.rsplit("/", 1)[-1]


def _name(reference: str) -> str:
    """Return a model's name, long paths by their end."""
    parts = (part if len(part) <= _LONGEST_NAME else "…" + part[-_LONGEST_NAME:] for part in reference.split("+"))
    return "+".join(parts)


def _said(decision: Decision | None) -> str:
    return f"[{_STYLE[decision]}]{decision.value}[/]" if decision else "[dim]not judged[/]"


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
