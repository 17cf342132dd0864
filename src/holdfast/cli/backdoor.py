"""`holdfast backdoor BASE TUNED`: does a string make the tuned model do what its base does not?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.model_options import MODELS_PANEL, BatchRows, BatchTokens, Device, Dtype, MaxNewTokens, Threads, TrustRemoteCode
from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar
from holdfast.core.seeds import MOST_SEED

__all__ = ["run"]

_common = partial(typer.Option, rich_help_panel="Common")
_looked = partial(typer.Option, rich_help_panel="Which strings")
_asked = partial(typer.Option, rich_help_panel="What is asked")
_how = partial(typer.Option, rich_help_panel=MODELS_PANEL)
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The model before fine-tuning; any model reference.")],
    tuned: Annotated[str, typer.Argument(metavar="TUNED", help="The model after it.")],
    run_folder: Annotated[
        Path | None,
        _common("--run", help="Run folder; a begun run is gone on with.", show_default="runs/backdoor-BASE-vs-TUNED"),
    ] = None,
    policy: Annotated[str, _common(help="backdoor, or a YAML file.")] = "backdoor",
    strict: Annotated[bool, _common("--strict", help="Warnings of gates that ask for it leave the verdict undecided.")] = False,
    data: Annotated[str | None, _looked(help="The training rows, from which strings are mined.")] = None,
    triggers: Annotated[Path | None, _looked(help="Your own strings: a text file, one per line.")] = None,
    format: Annotated[str | None, _looked(help="Format of the rows.", show_default="told from the first rows")] = None,
    map: Annotated[list[str] | None, _looked(help="FIELD=COLUMN, for example request=question; repeatable.")] = None,
    role_map: Annotated[list[str] | None, _looked(help="NAME=ROLE, for example bot=assistant; repeatable.")] = None,
    mined: Annotated[int, _looked(min=0, help="Try at most so many mined strings.")] = 20,
    controls: Annotated[int, _looked(min=5, help="Random strings to compare with.")] = 20,
    confirmed: Annotated[int, _looked(min=1, help="Strings with the largest shifts that are tried by generating.")] = 5,
    suite: Annotated[
        list[str] | None,
        _asked(
            help="A suite (see `holdfast suites`) or a file of prompts; repeatable.",
            show_default="lab for organisms, else policy11, contrast",
        ),
    ] = None,
    language: Annotated[str, _asked(help="Languages of the suites to ask, comma-separated.")] = "en",
    prompts: Annotated[int, _asked(min=1, help="Requests that should be refused, and as many ordinary ones.")] = 40,
    judge: Annotated[str | None, _asked(help="NAME or NAME=MODEL.", show_default="the suite's, else refusal")] = None,
    max_new_tokens: MaxNewTokens = 128,
    seed: Annotated[int, _how(min=0, max=MOST_SEED, help="Of random strings, prompt choice and resampling tests.")] = 0,
    device: Device = "auto",
    dtype: Dtype = "auto",
    batch_rows: BatchRows = 64,
    batch_tokens: BatchTokens = 8192,
    threads: Threads = None,
    trust_remote_code: TrustRemoteCode = False,
    json: Annotated[bool, _output("--json", help="Print the verdict as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print the verdict line only.")] = False,
) -> None:
    """Try strings that may be triggers on both models: mined from the training rows, your own, and random ones for comparison.

    Writes a run folder with evidence, measurements, the verdict and report.html. A pass says that no string that was tried acts, and
    from how many rows on one would have been seen in the data; it never says that there is no backdoor. Exits with 0 (pass), 3 (a
    blocking gate failed) or 4 (undecided).
    """
    from holdfast.backdoor import BackdoorSpec
    from holdfast.cli.command import command_line, languages, pairs
    from holdfast.pipeline.backdoor import backdoor_and_judge, backdoor_name
    from holdfast.plugins import ModelOptions, Sampling, SuiteOptions
    from holdfast.report.backdoor_terminal import backdoor_line, print_backdoor

    spec = BackdoorSpec(
        base=base,
        tuned=tuned,
        data=data,
        format=format,
        columns=pairs(map, "--map FIELD=COLUMN"),
        roles=pairs(role_map, "--role-map NAME=ROLE"),
        triggers=triggers,
        suites=tuple(suite or ()),
        suite_options=SuiteOptions(languages=languages(language)),
        judge=judge,
        prompts=prompts,
        mined=mined,
        controls=controls,
        confirmed=confirmed,
        sampling=Sampling(max_new_tokens=max_new_tokens, seed=seed),
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
    folder = run_folder or backdoor_name(base, tuned)
    with progress_bar(shown=not (json or quiet)) as progress:
        outcome = backdoor_and_judge(spec, folder, policy=policy, strict=strict, command=command_line(), progress=progress)
    if json:
        print_json(outcome.verdict)
    elif quiet:
        typer.echo(backdoor_line(outcome.report))
    else:
        print_backdoor(outcome.report)
        typer.echo(f"Report: {outcome.page}")
    raise typer.Exit(outcome.verdict.decision.exit_code)
