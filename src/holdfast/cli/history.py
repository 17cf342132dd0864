"""`holdfast history`: which runs there were, what they said, who waived what, and what was shipped."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.core import Decision, HoldfastError, InputError, did_you_mean

if TYPE_CHECKING:
    from holdfast.history import History, RunEntry

__all__ = ["app"]

app = typer.Typer(help="Runs, verdicts, waivers and releases, kept in a database.")

_Url = Annotated[
    str | None,
    typer.Option("--history", help="A database URL, or a SQLite file.", show_default="$HOLDFAST_HISTORY, else in your data folder"),
]
_Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
_filter = partial(typer.Option, rich_help_panel="Which runs")


def _open(url: str | None) -> History:
    from holdfast.pipeline.recording import open_history

    return open_history(url)


def _reading(url: str | None) -> History:
    from holdfast.pipeline.recording import read_history

    return read_history(url)


@app.callback(invoke_without_command=True)
def show_all(
    context: typer.Context,
    stage: Annotated[str | None, _filter(help="compare, scan, memorization, backdoor, ...")] = None,
    model: Annotated[str | None, _filter(help="A model's name, or the first characters of its id.")] = None,
    decision: Annotated[str | None, _filter(help="By newest verdict: pass, fail or undecided.")] = None,
    search: Annotated[str | None, _filter(help="A text in folder, command or model name.")] = None,
    limit: Annotated[int, _filter(min=1, help="At most so many, the newest first.")] = 20,
    url: _Url = None,
    json: _Json = False,
) -> None:
    """List recorded runs, the newest first. Every verdict is recorded by itself; $HOLDFAST_HISTORY=off records nothing."""
    if context.invoked_subcommand is not None:
        return
    from holdfast.report.history_terminal import print_runs

    if decision is not None and decision not in list(Decision):
        raise InputError(f"--decision {decision!r} is not known. {did_you_mean(decision, list(Decision))}")
    with _reading(url) as history:
        chosen = history.model(model).id if model else None
        filters = {"model": chosen, "stage": stage, "decision": Decision(decision) if decision else None, "search": search}
        runs = history.runs(limit=limit, **filters)  # type: ignore[arg-type]  # one dictionary for two calls
        total = history.count(**filters)
        place, stages = history.place, history.stages()
    if json:
        print_json(runs)
    else:
        print_runs(runs, total=total, place=place, stages=stages)


@app.command("add")
def add(runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, or folders of them.")], url: _Url = None) -> None:
    """Record runs that another machine made. What is recorded already stays as it is."""
    from holdfast.pipeline.recording import record_runs
    from holdfast.report.hostile import line

    with _open(url) as history:
        for folder, new in record_runs(history, runs):
            typer.echo(f"{'recorded' if new else 'known   '} {line(str(folder), limit=1000)}")


@app.command("show")
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="First characters of a run's id, or its folder.")],
    url: _Url = None,
    json: _Json = False,
) -> None:
    """Show one run: its models, every verdict that it was given, and the waivers of its tuned model."""
    from msgspec.structs import replace

    from holdfast.history import differing
    from holdfast.report.history_terminal import print_run

    with _reading(url) as history:
        found = _found(history, run)
        tuned = found.model("tuned")
        waivers = history.waivers(model=tuned.id) if tuned else ()
    said = differing(found)
    found = replace(found, doubts=(*found.doubts, said)) if said else found
    if json:
        print_json({"run": found, "waivers": waivers})
    else:
        print_run(found, waivers)


@app.command("waive")
def waive(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run whose tuned model may ship all the same.")],
    gate: Annotated[str, typer.Argument(metavar="GATE", help="A gate of its newest verdict that did not pass.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever reads the report.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    expires: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it holds.")],
    url: _Url = None,
) -> None:
    """Write down that a model may ship although a gate did not pass. `holdfast gate RUN --waivers` takes it into account."""
    from holdfast.report.hostile import line

    with _reading(url) as history:
        found = _found(history, run)
        tuned = found.model("tuned")
        if tuned is None:
            raise InputError(
                f"run {found.id[:12]} ({found.stage}) has no tuned model, and waivers belong to a model. Give a comparison of that model."
            )
        gates = {one.gate: one for entry in found.verdicts[:1] for one in entry.verdict.gates if one.decision is not Decision.PASS}
        if gate not in gates:
            known = ", ".join(sorted(gates)) or "none: every gate passed, or it was never judged"
            raise InputError(f"{gate!r} is no gate of this run's newest verdict that did not pass. Those are: {known}.")
        base = found.model("base")
        waiver = history.waive(tuned.id, gates[gate], base=base.id if base else None, reason=reason, owner=owner, expires=expires.date())
    typer.echo(
        f"{waiver.id[:12]}: {line(gate)} ({line(waiver.bar)}) of {line(tuned.reference)} waived by {line(owner)} until {waiver.expires}, "
        f"as this run measured it{f' against {line(base.reference)}' if base else ''} and no worse."
    )


@app.command("revoke")
def revoke(waiver: Annotated[str, typer.Argument(metavar="WAIVER", help="First characters of its id.")], url: _Url = None) -> None:
    """End a waiver before its time. It stays on record."""
    from holdfast.report.hostile import line

    with _reading(url) as history:
        ended = history.revoke(waiver)
    typer.echo(f"{ended.id[:12]}: {line(ended.gate)} is no longer waived.")


@app.command("waivers")
def waivers(url: _Url = None, json: _Json = False) -> None:
    """List waivers with owner, reason and expiry, those that ended too."""
    from holdfast.report.history_terminal import print_waivers

    with _reading(url) as history:
        found = history.waivers()
        names = {model.id: model.reference for model in history.models()}
    if json:
        print_json(found)
    else:
        print_waivers(found, names)


@app.command("release")
def release(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run on which its tuned model was shipped.")],
    name: Annotated[str, typer.Option(help="The product's name; `release:NAME` then means this model wherever a model is named.")],
    url: _Url = None,
) -> None:
    """Record that a run's tuned model was shipped, so that the next one can be compared with it: `holdfast compare release:NAME NEW`."""
    from holdfast.report.hostile import line

    with _reading(url) as history:
        shipped = history.release(name, _found(history, run))
    said = shipped.decision.value if shipped.decision else "never judged"
    typer.echo(f"release:{line(name)} is now {line(shipped.reference, limit=300)} ({shipped.model[:12]}), whose verdict was: {said}.")


def _found(history: History, run: str) -> RunEntry:
    """Return a run by its id, or by its folder: there by what the folder holds, wherever it was when it was recorded.

    Raises InputError where the history has no such run.
    """
    from holdfast.history import read_run

    folder = Path(run)
    if not (folder / "run.json").is_file():
        return history.run(str(folder.absolute()) if folder.is_dir() else run)
    try:
        key = read_run(folder).id
    except HoldfastError:
        return history.run(str(folder.absolute()))  # what was recorded of it, with a word on what was changed
    try:
        return history.run(key)
    except InputError as error:
        raise InputError(f"{run}: the history does not know the run in this folder. Record it: holdfast history add {run}") from error
