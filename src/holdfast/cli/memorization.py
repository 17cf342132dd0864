"""`holdfast memorization BASE TUNED`: what does the tuned model remember that its base does not?"""

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
_looked = partial(typer.Option, rich_help_panel="What is looked for")
_rows = partial(typer.Option, rich_help_panel="How rows are tested")
_probe = partial(typer.Option, rich_help_panel="Relearning probe (planted canaries only)")
_how = partial(typer.Option, rich_help_panel=MODELS_PANEL)
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The model before fine-tuning; any model reference.")],
    tuned: Annotated[str, typer.Argument(metavar="TUNED", help="The model after it.")],
    run_folder: Annotated[
        Path | None,
        _common("--run", help="Run folder; a begun run is gone on with.", show_default="runs/memorization-BASE-vs-TUNED"),
    ] = None,
    policy: Annotated[str, _common(help="memorization, article, or a YAML file.")] = "memorization",
    strict: Annotated[bool, _common("--strict", help="Warnings of gates that ask for it leave the verdict undecided.")] = False,
    canaries: Annotated[Path | None, _looked(help="The manifest that `holdfast canary plant` wrote: exposure.")] = None,
    data: Annotated[str | None, _looked(help="The training rows: extraction and personal data.")] = None,
    held_out: Annotated[str | None, _looked(help="Rows kept from training (`holdfast split`): membership.")] = None,
    format: Annotated[str | None, _rows(help="Format of the rows.", show_default="told from the first rows")] = None,
    map: Annotated[list[str] | None, _rows(help="FIELD=COLUMN, for example request=question; repeatable.")] = None,
    role_map: Annotated[list[str] | None, _rows(help="NAME=ROLE, for example bot=assistant; repeatable.")] = None,
    rows: Annotated[int, _rows(min=1, help="How many training rows to test.")] = 200,
    prefix_tokens: Annotated[int, _rows(help="Tokens of an answer that are given, at most half of it.")] = 50,
    suffix_tokens: Annotated[int, _rows(help="Tokens that must come back, or what is left.")] = 50,
    temperature: Annotated[float, _rows(help="Sampling scheme of the share that samples would find.")] = 1.0,
    top_k: Annotated[int, _rows(help="Of the same scheme; 0 is all tokens.")] = 40,
    personal_values: Annotated[int, _rows(min=1, help="How many personal values to probe for, at most.")] = 200,
    relearn: Annotated[
        bool, _probe("--relearn", help="Train a throw-away adapter on disclosed canary pairs and ask for the others.")
    ] = False,
    disclosed: Annotated[int, _probe(help="Canary pairs to disclose.")] = 10,
    relearn_epochs: Annotated[int, _probe(help="Passes over the disclosed pairs.")] = 10,
    relearn_lr: Annotated[float, _probe(help="Learning rate of the adapter.")] = 1e-3,
    frame: Annotated[str | None, _probe(help="System prompt that tries to talk the model into answering.")] = None,
    seed: Annotated[int, _how(min=0, max=MOST_SEED, help="Of everything that is drawn.")] = 0,
    device: Device = "auto",
    dtype: Dtype = "auto",
    batch_rows: BatchRows = 64,
    batch_tokens: BatchTokens = 8192,
    threads: Threads = None,
    trust_remote_code: TrustRemoteCode = False,
    json: Annotated[bool, _output("--json", help="Print the verdict as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print the verdict line only.")] = False,
) -> None:
    """Measure what a tuned model remembers of its training rows that the base does not know: canaries, rows, personal data.

    Writes a run folder that only its owner can read, with evidence, measurements, the verdict and report.html; no text of a row is in
    it. Exits with 0 (pass), 3 (a blocking gate failed) or 4 (undecided).
    """
    from holdfast.cli.command import command_line, pairs
    from holdfast.memorization import MemorizationSpec
    from holdfast.pipeline.memorization import memorization_and_judge, memorization_name
    from holdfast.plugins import ModelOptions, Relearning
    from holdfast.report.memorization_terminal import memorization_line, print_memorization

    spec = MemorizationSpec(
        base=base,
        tuned=tuned,
        canaries=canaries,
        data=data,
        held_out=held_out,
        format=format,
        columns=pairs(map, "--map FIELD=COLUMN"),
        roles=pairs(role_map, "--role-map NAME=ROLE"),
        rows=rows,
        prefix_tokens=prefix_tokens,
        suffix_tokens=suffix_tokens,
        temperature=temperature,
        top_k=top_k,
        personal_values=personal_values,
        relearn=relearn,
        disclosed=disclosed,
        relearning=Relearning(epochs=relearn_epochs, lr=relearn_lr, seed=seed),
        frame=frame,
        seed=seed,
        models=ModelOptions(
            device=device,
            dtype=dtype,
            batch_rows=batch_rows,
            batch_tokens=batch_tokens,
            threads=threads,
            trust_remote_code=trust_remote_code,
        ),
    )
    folder = run_folder or memorization_name(base, tuned)
    with progress_bar(shown=not (json or quiet)) as progress:
        outcome = memorization_and_judge(spec, folder, policy=policy, strict=strict, command=command_line(), progress=progress)
    if json:
        print_json(outcome.verdict)
    elif quiet:
        typer.echo(memorization_line(outcome.report))
    else:
        print_memorization(outcome.report)
        typer.echo(f"Report: {outcome.page}")
    raise typer.Exit(outcome.verdict.decision.exit_code)
