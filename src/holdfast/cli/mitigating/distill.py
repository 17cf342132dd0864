"""`holdfast mitigate distill MODEL`: safety rows in the aligned model's own voice."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.mitigating.wording import read_prompt, show_notes
from holdfast.cli.model_options import MODELS_PANEL, BatchRows, Device, Dtype, Threads
from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar
from holdfast.core.seeds import MOST_SEED

__all__ = ["run"]

_common = partial(typer.Option, rich_help_panel="Common")
_asked = partial(typer.Option, rich_help_panel="What is asked")
_how = partial(typer.Option, rich_help_panel=MODELS_PANEL)
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The aligned model, before any fine-tune: any model reference.")],
    out: Annotated[Path, _common("--out", "-o", help="The new file of rows.")],
    prompts: Annotated[
        list[str] | None,
        _common(help="builtin, a suite, or a file of prompts; repeatable.", show_default="builtin"),
    ] = None,
    format_of: Annotated[
        Path | None, _common(help="Training data whose format the rows take.", show_default="chat messages, JSON Lines")
    ] = None,
    run_folder: Annotated[Path | None, _common("--run", help="Run folder; a begun run is gone on with.", show_default="OUT.run")] = None,
    preamble: Annotated[
        str | None,
        _asked(
            help="The safety preamble, or a text file of it; it stands in no row.", show_default="one that ships, in the prompt's language"
        ),
    ] = None,
    samples: Annotated[int, _asked(help="Answers per prompt; the best that passed becomes the row.")] = 4,
    judge: Annotated[str | None, _asked(help="Who says what refuses.", show_default="the suite's, else refusal")] = None,
    language: Annotated[str, _asked(help="Languages of the prompts, comma-separated.")] = "en,zh",
    limit: Annotated[int | None, _asked(min=1, help="At most so many prompts of each suite.")] = None,
    temperature: Annotated[float, _how(min=0.0, help="Of the sampled answers.")] = 0.7,
    max_new_tokens: Annotated[int, _how(min=1, help="Token budget of an answer; one that uses it up is left out.")] = 256,
    seed: Annotated[int, _how(min=0, max=MOST_SEED, help="Of the sampling noise.")] = 0,
    device: Device = "auto",
    dtype: Dtype = "auto",
    batch_rows: BatchRows = 64,
    threads: Threads = None,
    json: Annotated[bool, _output("--json", help="Print what was written as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print the new file's name only.")] = False,
) -> None:
    """Let the aligned model write safety rows: it answers under a safety preamble, and the rows leave the preamble out.

    Context distillation with rejection sampling: of several answers per prompt the best refusal (apology, reason, constructive
    alternative) becomes the row, graded by a judge; what did not refuse, was cut off or repeats the preamble is left out and counted. Mix
    the rows in with `holdfast mitigate mix --safety OUT`.
    """
    from holdfast.cli.command import command_line, languages
    from holdfast.mitigate import DistillSpec, distill
    from holdfast.plugins import ModelOptions, Sampling, SuiteOptions

    spec = DistillSpec(
        model=model,
        prompts=tuple(prompts or ("builtin",)),
        suite_options=SuiteOptions(languages=languages(language)),
        preamble=read_prompt(preamble) if preamble is not None else None,
        samples=samples,
        judge=judge,
        sampling=Sampling(temperature=temperature, top_p=0.95, seed=seed, max_new_tokens=max_new_tokens),
        models=ModelOptions(device=device, dtype=dtype, batch_rows=batch_rows, threads=threads),
        format_of=format_of,
        limit=limit,
    )
    folder = run_folder or out.with_name(f"{out.name}.run")
    with progress_bar(shown=not (json or quiet)) as progress:
        done = distill(spec, out, folder, command=command_line(), progress=progress)
    if json:
        print_json(done)
        return
    typer.echo(done.path)
    if quiet:
        return
    typer.echo(
        f"{done.rows:,} rows of {done.prompts:,} prompts: {done.refusals:,} refusals, {done.answered:,} answered; "
        f"{done.answers:,} answers generated ({done.tokens:,} tokens), graded by {done.judge}."
    )
    for name, share in (("an apology", done.apology), ("a reason", done.reason), ("a constructive alternative", done.alternative)):
        if share is not None:
            typer.echo(f"  refusals with {name}: {100 * share:.0f} %")
    for reason, count in done.left_out.items():
        typer.echo(f"  left out, {reason}: {count:,}" if reason != "prompts without a row" else f"  prompts without a row: {count:,}")
    show_notes(done.notes)
