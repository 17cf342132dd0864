"""`holdfast drift BASE TUNED`: where inside the network does the tuned model differ?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.model_options import MODELS_PANEL, BatchRows, BatchTokens, Device, Dtype, Threads, TrustRemoteCode
from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar
from holdfast.core.seeds import MOST_SEED

__all__ = ["run"]

_common = partial(typer.Option, rich_help_panel="Common")
_asked = partial(typer.Option, rich_help_panel="What is asked")
_how = partial(typer.Option, rich_help_panel=MODELS_PANEL)
_ranked = partial(typer.Option, rich_help_panel="A review queue")
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The model before fine-tuning; one that runs here.")],
    tuned: Annotated[str, typer.Argument(metavar="TUNED", help="The model after it.")],
    run_folder: Annotated[
        Path | None, _common("--run", help="Run folder; the same command may write it again.", show_default="runs/drift-BASE-vs-TUNED")
    ] = None,
    suite: Annotated[
        list[str] | None,
        _asked(
            help="A suite (see `holdfast suites`) or a file of prompts; repeatable.",
            show_default="lab for organisms, else policy11, contrast",
        ),
    ] = None,
    language: Annotated[str, _asked(help="Languages of the suites to ask, comma-separated.")] = "en",
    prompts: Annotated[int, _asked(min=8, help="Requests that should be refused, and as many benign ones.")] = 48,
    judge: Annotated[str | None, _asked(help="Who says what the base refuses.", show_default="the suite's, else refusal")] = None,
    randoms: Annotated[int, _asked(min=20, help="Random directions to compare with.")] = 200,
    splits: Annotated[int, _asked(min=20, help="Divisions into halves for the noise floor.")] = 200,
    max_new_tokens: Annotated[int, _how(min=1, help="Token budget of the base's answers.")] = 32,
    seed: Annotated[int, _how(min=0, max=MOST_SEED, help="Of prompt choice, halves and random directions.")] = 0,
    device: Device = "auto",
    dtype: Dtype = "auto",
    batch_rows: BatchRows = 64,
    batch_tokens: BatchTokens = 8192,
    threads: Threads = None,
    trust_remote_code: TrustRemoteCode = False,
    rank: Annotated[
        str | None, _ranked(metavar="DATA", help="Training rows, put in the order in which to review them.", show_default=False)
    ] = None,
    top: Annotated[int, _ranked(min=1, help="Rows to print; the queue has all.")] = 20,
    json: Annotated[bool, _output("--json", help="Print what was found as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print one line only.")] = False,
) -> None:
    """Look inside two models: the refusal direction per layer, the first answer tokens, where the weights changed.

    Triage, never a verdict: drift also comes with harmless fine-tunes, so no policy decides on it and the exit code is 0 whatever is
    found. Every number stands beside random directions and a noise floor. Writes a run folder with drift.json, measurements and
    report.html. With --rank also review-queue.jsonl: DATA's rows, those first that pull the base away from refusing.
    """
    from holdfast.cli.command import command_line, languages
    from holdfast.cli.ranking import print_ranking
    from holdfast.compare.drift import DriftSpec
    from holdfast.pipeline.drift import QUEUE, drift, drift_and_rank, drift_name
    from holdfast.plugins import ModelOptions, Sampling, SuiteOptions
    from holdfast.report.drift_terminal import drift_line, print_drift

    spec = DriftSpec(
        base=base,
        tuned=tuned,
        suites=tuple(suite or ()),
        suite_options=SuiteOptions(languages=languages(language)),
        judge=judge,
        prompts=prompts,
        randoms=randoms,
        splits=splits,
        sampling=Sampling(max_new_tokens=max_new_tokens),
        models=ModelOptions(
            device=device,
            dtype=dtype,
            batch_rows=batch_rows,
            batch_tokens=batch_tokens,
            threads=threads,
            trust_remote_code=trust_remote_code,
        ),
        seed=seed,
    )
    folder = run_folder or drift_name(base, tuned)
    with progress_bar(shown=not (json or quiet)) as progress:
        if rank is None:
            found, ranking = drift(spec, folder, command=command_line(), progress=progress), None
        else:
            found, ranking = drift_and_rank(spec, folder, rank, command=command_line(), progress=progress)
    if json:
        print_json(found if ranking is None else {"drift": found, "ranking": ranking})
    elif quiet:
        typer.echo(drift_line(found))
    else:
        print_drift(found)
        if ranking is not None:
            print_ranking(ranking, top)
            typer.echo(f"Queue: {folder / QUEUE}")
        typer.echo(f"Report: {folder / 'report.html'}")
