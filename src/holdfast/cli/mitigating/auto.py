"""`holdfast mitigate auto BASE TUNED`: try repairs until one passes, and say which, how to make it, and what it costs."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.model_options import MODELS_PANEL, Device, Dtype, MaxNewTokens, Threads, TrustRemoteCode
from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar
from holdfast.core.seeds import MOST_SEED

__all__ = ["run"]

_common = partial(typer.Option, rich_help_panel="Common")
_asked = partial(typer.Option, rich_help_panel="What is asked")
_tried = partial(typer.Option, rich_help_panel="What is tried")
_how = partial(typer.Option, rich_help_panel=MODELS_PANEL)
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The model before fine-tuning; one that runs here.")],
    tuned: Annotated[str, typer.Argument(metavar="TUNED", help="The fine-tune that lost safety: a folder, BASE+ADAPTER or lab:NAME.")],
    data: Annotated[
        Path | None, _common(help="The rows that TUNED was trained on; without them only repairs that need no training are tried.")
    ] = None,
    budget: Annotated[str, _common(help="Time by the clock: 90s, 30m, 2h. No trial is begun that would not fit.")] = "30m",
    safety: Annotated[
        str | None, _common(help="Safety rows: builtin, lab, or a file of rows that refuse.", show_default="builtin; lab for organisms")
    ] = None,
    look_alikes: Annotated[
        str | None, _common(help="Benign requests, answered: a file, builtin, lab, or none.", show_default="those of the same source")
    ] = None,
    task: Annotated[list[Path] | None, _common("--task", help="What the fine-tune was for: questions with answers; repeatable.")] = None,
    held_out: Annotated[
        list[Path] | None,
        _common("--held-out", help="Rows like DATA that TUNED was not trained on; without --task, their likelihood stands for the task."),
    ] = None,
    unaligned: Annotated[
        str | None, _tried(metavar="MODEL", help="The base before it was aligned, for the repair `vector`.", show_default="none")
    ] = None,
    config: Annotated[
        Path | None, _common(help="How TUNED was trained, as `holdfast train` reads it.", show_default="read from TUNED's folder")
    ] = None,
    policy: Annotated[str, _common(help="What a repair must show: repair, or a YAML file.")] = "repair",
    run_folder: Annotated[
        Path | None, _common("--run", help="Run folder; a search that was stopped goes on.", show_default="runs/repair-BASE-vs-TUNED")
    ] = None,
    only: Annotated[list[str] | None, _tried("--only", metavar="REPAIR", help="Try this repair; repeatable.", show_default="all")] = None,
    everything: Annotated[bool, _tried("--all", help="Go on when a repair has passed.")] = False,
    suite: Annotated[
        list[str] | None,
        _asked(help="A suite or a file of prompts; repeatable.", show_default="lab for organisms, else policy11, contrast"),
    ] = None,
    language: Annotated[str, _asked(help="Languages of the suites to ask, comma-separated.")] = "en",
    judge: Annotated[str | None, _asked(help="NAME or NAME=MODEL.", show_default="the suite's, else refusal")] = None,
    limit: Annotated[int | None, _asked(help="Ask at most so many prompts per category.")] = None,
    max_new_tokens: MaxNewTokens = 256,
    seed: Annotated[int, _how(min=0, max=MOST_SEED, help="Of the halves, the rows chosen and the trainings.")] = 0,
    device: Device = "auto",
    dtype: Dtype = "auto",
    threads: Threads = None,
    trust_remote_code: TrustRemoteCode = False,
    json: Annotated[bool, _output("--json", help="Print what was found as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print one line only.")] = False,
) -> None:
    """Try repairs on a fine-tune that lost safety, those that need no training first, until one passes the policy or the time is spent.

    Each repair chooses its strength on one half of the prompts and is reported on the other, for refusal, over-refusal and the task, under
    every system prompt in play. Every trial stays in the run folder; a second run goes on behind the last. Exits by the recommended
    model's verdict: 0 (pass), 3 (a gate failed), 4 (undecided).
    """
    from holdfast.cli.command import command_line, languages
    from holdfast.pipeline.comparing import run_name
    from holdfast.pipeline.repairing.asked import SearchSpec
    from holdfast.pipeline.repairing.budget import parse_budget
    from holdfast.pipeline.repairing.search import search_repair
    from holdfast.plugins import ModelOptions, Sampling, SuiteOptions
    from holdfast.report.repair_terminal import print_repair, repair_line

    spec = SearchSpec(
        base=base,
        tuned=tuned,
        unaligned=unaligned,
        data=data,
        safety=safety,
        look_alikes=look_alikes,
        tasks=tuple(task or ()),
        held_out=tuple(held_out or ()),
        suites=tuple(suite or ()),
        suite_options=SuiteOptions(languages=languages(language)),
        judge=judge,
        limit=limit,
        config=config,
        policy=policy,
        only=tuple(only or ()),
        everything=everything,
        budget_seconds=parse_budget(budget),
        sampling=Sampling(max_new_tokens=max_new_tokens, seed=seed),
        models=ModelOptions(device=device, dtype=dtype, threads=threads, trust_remote_code=trust_remote_code),
    )
    name = run_name(base, tuned)
    folder = run_folder or name.with_name(f"repair-{name.name}")
    bar = sys.stderr.isatty() and not json
    with progress_bar(shown=bar and not quiet) as progress:
        tell = _nothing if bar or quiet else _say
        found = search_repair(spec, folder, command=command_line(), progress=progress, tell=tell)
    if json:
        print_json(found)
    elif quiet:
        typer.echo(repair_line(found))
    else:
        print_repair(found)
        typer.echo(f"Report: {folder / 'report.html'}")
    raise typer.Exit(found.verdict.decision.exit_code)


def _say(said: str) -> None:
    """Print one line where no bar can be drawn, as in the log of a job."""
    typer.echo(said, err=True)


def _nothing(said: str) -> None:
    pass
