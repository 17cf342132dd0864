"""`holdfast watch served MODEL`: a served model asked again and again."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.model_options import Concurrency, MaxNewTokens, Retries, Timeout
from holdfast.core.seeds import MOST_SEED

if TYPE_CHECKING:
    from holdfast.watch.served import ServedWatch

__all__ = ["served"]

_asked = partial(typer.Option, rich_help_panel="What is asked")
_against = partial(typer.Option, rich_help_panel="Against what")
_alarm = partial(typer.Option, rich_help_panel="When it fires")
_output = partial(typer.Option, rich_help_panel="Output")


def served(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="openai:MODEL@URL, or any other reference.")],
    run_folder: Annotated[
        Path | None, typer.Option("--run", help="Run folder; the same command goes on with it.", show_default="runs/served-MODEL")
    ] = None,
    every: Annotated[str, typer.Option(help="Time between rounds: 30m, 6h, 1d.")] = "6h",
    once: Annotated[bool, typer.Option("--once", help="One round, for a scheduler of your own.")] = False,
    rounds: Annotated[int | None, typer.Option(min=1, help="Stop after so many rounds.", show_default="go on for ever")] = None,
    suite: Annotated[list[str] | None, _asked(help="A suite or a file of prompts; repeatable.", show_default="policy11")] = None,
    language: Annotated[str, _asked(help="Languages of the suites to ask, comma-separated.")] = "en",
    judge: Annotated[str | None, _asked(help="Who grades.", show_default="the suite's, else refusal")] = None,
    fixed: Annotated[int, _asked(min=1, help="Requests asked in every round.")] = 24,
    rotating: Annotated[int, _asked(min=1, help="Requests drawn anew for every round.")] = 24,
    seed: Annotated[int, _asked(min=0, max=MOST_SEED, help="Of the draws.")] = 0,
    baseline: Annotated[str | None, _against(help="Run folder of a comparison.", show_default="the model's own first answers")] = None,
    side: Annotated[str, _against(help="Side of that comparison: base or tuned.")] = "base",
    rate: Annotated[float | None, _against(help="A refusal rate recorded elsewhere, 0 to 1.")] = None,
    margin: Annotated[float, _against(help="A fall of the refusal rate up to this is no change.")] = 0.05,
    policy: Annotated[str, _alarm(help="Holds the bar of the evidence.")] = "served",
    webhook: Annotated[str | None, _alarm(help="Address that gets the alarm as JSON.", envvar="HOLDFAST_WEBHOOK")] = None,
    command: Annotated[str | None, _alarm(help="Command that gets the alarm as JSON on its standard input.")] = None,
    keep_watching: Annotated[bool, _alarm("--keep-watching", help="Go on after an alarm.")] = False,
    max_new_tokens: MaxNewTokens = 128,
    concurrency: Concurrency = 8,
    timeout: Timeout = 120.0,
    retries: Retries = 5,
    json: Annotated[bool, _output("--json", help="Print the verdict as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print the verdict line only.")] = False,
) -> None:
    """Ask a served model a fixed and a rotating set of requests, round after round, and raise an alarm where refusals fall.

    The alarm is valid however long one watches: without a change it rises in at most one of a hundred watches. A server that does not
    answer is a record, no alarm and no pass. Exits with 0 (no alarm), 3 (alarm) or 4 (the last round was not answered, or the baseline
    refuses nothing, so that nothing could be seen to go).
    """
    from holdfast.cli.command import duration, languages
    from holdfast.cli.output import OutputOptions, finish
    from holdfast.pipeline.comparing import run_name
    from holdfast.plugins import ModelOptions, Sampling, SuiteOptions
    from holdfast.report import ReportInput
    from holdfast.watch.served import ServedSpec, watch_served

    spec = ServedSpec(
        model=model,
        suites=tuple(suite or ("policy11",)),
        suite_options=SuiteOptions(languages=languages(language)),
        judge=judge,
        fixed=fixed,
        rotating=rotating,
        margin=margin,
        baseline=baseline,
        side=side,
        rate=rate,
        sampling=Sampling(max_new_tokens=max_new_tokens),
        models=ModelOptions(concurrency=concurrency, timeout=timeout, retries=retries),
        seed=seed,
    )
    name = run_name("served", model.partition("@")[0].removeprefix("openai:")).name
    found = watch_served(
        spec,
        run_folder or Path("runs") / name.replace("-vs-", "-", 1),
        every=duration(every),
        rounds=1 if once else rounds,
        policy=policy,
        webhook=webhook,
        command=command,
        keep_watching=keep_watching,
        asked_as=f"holdfast watch served {model}",
        progress=None if json or quiet else _say,
    )
    report = ReportInput(title=f"{model} after {found.rounds} rounds", verdict=found.verdict, measurements=found.measurements)
    finish(report, OutputOptions(json=json, quiet=quiet))


def _say(found: ServedWatch) -> None:
    last = found.last
    if last.failed:
        typer.echo(f"{last.at} round {last.round}: not counted: {last.failed}")
        return
    known = [one.refused for one in last.asked if one.refused is not None]
    what = "baseline" if last.round == 0 else f"round {last.round}"
    alarm = f"; ALARM ({last.alarm})" if last.alarm else ""
    typer.echo(f"{last.at} {what}: {sum(known)} of {len(known)} refused{alarm}")
