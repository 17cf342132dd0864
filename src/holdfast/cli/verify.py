"""`holdfast verify RUN [MODEL]`: is this report about these weights? `--served MODEL`: and about what ships?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.model_options import Concurrency, Device, Dtype, Threads
from holdfast.cli.output import OutputOptions, print_json
from holdfast.core import Decision, ExitCode, InputError

if TYPE_CHECKING:
    from holdfast.pipeline.artefacts import ServedCheck

__all__ = ["run"]

_served = partial(typer.Option, rich_help_panel="What ships (with --served)")


def run(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder of a judged comparison.")],
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="The model that is to be shipped.", show_default="where the run found it")
    ] = None,
    served: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="What ships in its place (merged, quantised, converted, behind a server): ask it and compare."),
    ] = None,
    identity_only: Annotated[
        bool, typer.Option("--identity-only", help="Leave out what the run's verdict was: exit for the match alone.")
    ] = False,
    run_folder: Annotated[Path | None, _served("--run", help="Run folder of the check.", show_default="RUN-vs-MODEL beside RUN")] = None,
    policy: Annotated[str, _served(help="A shipped policy or a YAML file.")] = "artefact",
    judge: Annotated[str | None, _served(help="Grades both: NAME or NAME=MODEL.", show_default="the run's own")] = None,
    ledger: Annotated[Path | None, _served(help="Measured errors of the judge.")] = None,
    device: Device = "auto",
    dtype: Dtype = "auto",
    threads: Threads = None,
    concurrency: Concurrency = 8,
    markdown: Annotated[Path | None, _served(help="Also write a Markdown table.")] = None,
    junit: Annotated[Path | None, _served(help="Also write JUnit XML.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Check that a verdict belongs to these weights: one changed byte of weights, tokenizer or template, and it does not.

    Exits with 3 where it does not belong, otherwise as the verdict does (0, 3 or 4). Where `holdfast attest` wrote a statement, every file
    that it names is checked too, those of the run included.

    With --served the weights may be others: what ships is asked the prompts of the run with the same decoding, and its answers are held
    against the tested model's stored ones. Exits as the worse of both verdicts: the run's, and that of the policy on the match.
    """
    if served is not None:
        if model is not None:
            raise InputError("give either MODEL, whose weights are held against the tested ones, or --served MODEL, which is asked.")
        from holdfast.cli.command import command_line
        from holdfast.cli.progress import progress_bar
        from holdfast.pipeline.artefacts import verify_served
        from holdfast.plugins import ModelOptions

        options = OutputOptions(markdown=markdown, junit=junit)
        options.check()
        with progress_bar(shown=not json) as progress:
            found = verify_served(
                folder,
                served,
                run=run_folder,
                policy=policy,
                judge=judge,
                ledger=ledger,
                models=ModelOptions(device=device, dtype=dtype, threads=threads, concurrency=concurrency),
                command=command_line(),
                progress=progress,
            )
        _say_served(found, options, folder=folder, json=json)
        raise typer.Exit((found.result.verdict.decision if identity_only else found.decision).exit_code)
    _weights(folder, model, identity_only=identity_only, json=json)


def _say_served(found: ServedCheck, options: OutputOptions, *, folder: Path, json: bool) -> None:
    from holdfast.cli.output import write_reports
    from holdfast.report import print_terminal

    write_reports(found.result.report, options)
    if json:
        print_json({"tested": found.tested.decision, "match": found.result.verdict, "run": found.result.run})
        return
    print_terminal(found.result.report)
    typer.echo(f"Report: {found.result.page}")
    if found.tested.decision is not Decision.PASS:
        typer.echo(f"The tested model itself did not pass: {folder} says {found.tested.decision.value}.")


def _weights(folder: Path, model: str | None, *, identity_only: bool, json: bool) -> None:
    from holdfast.pipeline.attesting import verify

    found = verify(folder, model=model)
    if json:
        print_json({"belongs": found.belongs, **{name: getattr(found, name) for name in found.__struct_fields__}})
    elif found.belongs:
        typer.echo(f"{found.reference} ({found.fingerprint[:12]}) is what {folder} tested. Verdict: {found.verdict.decision.value}.")
    else:
        typer.echo(_apart(folder, found.reference, found.fingerprint, found.tested, found.changed))
    if not found.belongs:
        raise typer.Exit(ExitCode.FAIL)
    raise typer.Exit(ExitCode.PASS if identity_only else found.verdict.decision.exit_code)


def _apart(folder: Path, reference: str, fingerprint: str, tested: str, changed: tuple[str, ...]) -> str:
    same = f"{reference} ({fingerprint[:12]}) is not what {folder} tested ({tested[:12]})."
    if fingerprint == tested:
        same = f"{reference} is what {folder} tested, but files changed since."
    return f"{same} Changed: {', '.join(changed)}." if changed else same
