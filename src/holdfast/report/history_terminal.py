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
from holdfast.report.hostile import line

if TYPE_CHECKING:
    from holdfast.history import Lineage, LineageStep, RunEntry, Waiver

__all__ = ["print_lineage", "print_run", "print_runs", "print_waivers"]

_STYLE = {Decision.PASS: "green", Decision.FAIL: "bold red", Decision.UNDECIDED: "yellow"}
_SHORT = 12
_LONGEST_NAME = 32


def print_runs(
    runs: Sequence[RunEntry], *, total: int, place: str, stages: Mapping[str, int] | None = None, console: Console | None = None
) -> None:
    """Print runs as a table; `stages` says how many there are of each stage, whatever was asked for."""
    out = console or Console(emoji=False)
    if not runs and stages:
        there = ", ".join(f"{_safe(stage)} ({count})" for stage, count in stages.items())
        out.print(
            f"No runs that were asked for are among the {sum(stages.values())} in {_safe(place, 400)}. By stage: {there}.", soft_wrap=True
        )
        return
    if not runs:
        out.print(f"No runs in {_safe(place, 400)}. Every verdict is recorded by itself; `holdfast history add RUN` adds older ones.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("run", "recorded", "stage", "verdict", "models"):
        table.add_column(name, no_wrap=name != "models", overflow="fold")
    for run in runs:
        table.add_row(run.id[:_SHORT], _when(run.recorded), _safe(run.stage), _newest(run), _safe(_models(run), 600))
    out.print(table)
    if total > len(runs):
        out.print(f"{len(runs)} of {total} runs; --limit shows more.")


def print_run(run: RunEntry, waivers: Sequence[Waiver], *, console: Console | None = None) -> None:
    """Print one run with its verdicts, newest first, and the waivers of its tuned model."""
    out = console or Console(emoji=False)
    out.print(f"[bold]{run.id[:_SHORT]}[/] {_safe(run.stage)}, {_when(run.recorded)}, holdfast {_safe(run.holdfast)}")
    out.print(f"folder   {_safe(run.folder, 1000)}\ncommand  {_safe(run.command, 4000)}", soft_wrap=True)
    for model in run.models:
        out.print(f"{_safe(model.side):<8} {_safe(model.reference, 1000)}  {model.id[:_SHORT]}", soft_wrap=True)
    for entry in run.verdicts:
        out.print(f"verdict  {_said(entry.decision)} by {_safe(entry.policy)}, {_when(entry.recorded)}")
        for gate in entry.verdict.gates:
            if gate.decision is not Decision.PASS:
                out.print(f"  {_said(gate.decision)} {_safe(gate.gate)}: {_safe(gate.why, 4000)}", soft_wrap=True)
    for waiver in waivers:
        out.print(f"waiver   {_waiver(waiver)}", soft_wrap=True)
    for doubt in run.doubts:
        out.print(f"[bold red]note[/]     {_safe(doubt, 4000)}", soft_wrap=True)


def print_waivers(waivers: Sequence[Waiver], names: Mapping[str, str], *, console: Console | None = None) -> None:
    """Print waivers, newest first."""
    out = console or Console(emoji=False)
    if not waivers:
        out.print("No waivers.")
    for waiver in waivers:
        out.print(f"{waiver.id[:_SHORT]}  {_safe(names.get(waiver.model, waiver.model[:_SHORT]), 1000)}: {_waiver(waiver)}", soft_wrap=True)


def print_lineage(found: Lineage, *, console: Console | None = None) -> None:
    """Print models as a tree, each with its refusal rate and what the step from its parent cost."""
    out = console or Console(emoji=False)
    if not found.steps:
        out.print("No models yet. Every comparison records its two.")
    for step in found.children(None):
        tree = Tree(_step(step, found))
        _grow(tree, step, found)
        out.print(tree, no_wrap=True, overflow="ignore", crop=False)


def _grow(tree: Tree, step: LineageStep, found: Lineage) -> None:
    waiting = [(tree, step)]
    while waiting:
        branch, above = waiting.pop()
        waiting += [(branch.add(_step(child, found)), child) for child in found.children(above.model.id)]


def _step(step: LineageStep, found: Lineage) -> str:
    name = _safe(_name(step.model.reference), 600)
    by = f" by {_safe(step.judge)}" if step.judge and len(found.judges) > 1 else ""
    parts = [f"[bold]{name}[/]" if step.model.id == found.model else name, f"[dim]{step.model.id[:_SHORT]}[/]"]
    if step.refusal is not None:
        parts.append(f"refuses {step.refusal:.1%}{by}")
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
    bar = f" ({_safe(waiver.bar)})" if waiver.bar else ""
    unknown = waiver.seen is None and waiver.holds(_today())
    old = " (covers nothing: what it was given for was not kept yet; waive it again)" if unknown else ""
    return f"{_safe(waiver.gate)}{bar}, {_safe(waiver.owner)}, {state}: {_safe(waiver.reason, 1000)}{old}"


def _safe(text: str, limit: int = 160) -> str:
    """Return what somebody wrote as one line that steers neither the terminal nor the markup."""
    return escape(line(text, limit=limit))


def _today() -> date:
    return datetime.now(UTC).date()


def _models(run: RunEntry) -> str:
    return " -> ".join(_name(model.reference) for model in run.models) or run.folder.rsplit("/", 1)[-1]


def _name(reference: str) -> str:
    """Return a model's name, long paths by their end."""
    parts = (part if len(part) <= _LONGEST_NAME else "…" + part[-_LONGEST_NAME:] for part in reference.split("+"))
    return "+".join(parts)


def _newest(run: RunEntry) -> str:
    return f"{_said(run.decision)} [bold red]changed[/]" if run.doubts else _said(run.decision)


def _said(decision: Decision | None) -> str:
    return f"[{_STYLE[decision]}]{decision.value}[/]" if decision else "[dim]not judged[/]"


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
