"""`holdfast mitigate realign TUNED --safety SAFE`: safety rows trained on after the damage."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.mitigating.wording import SAFETY_HELP, show_notes, show_table, system_prompts
from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar
from holdfast.core.seeds import MOST_SEED

__all__ = ["run"]

_common = partial(typer.Option, rich_help_panel="Common")
_training = partial(typer.Option, rich_help_panel="Training")
_asked = partial(typer.Option, rich_help_panel="Comparison afterwards")
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    model: Annotated[str, typer.Argument(metavar="TUNED", help="The damaged model: a folder, BASE+ADAPTER, hub:org/name or lab:NAME.")],
    out: Annotated[Path, _common("--out", "-o", help="The new folder: rows.jsonl, train.yaml, and the trained model.")],
    safety: Annotated[str, _common(help=SAFETY_HELP)] = "builtin",
    look_alikes: Annotated[
        str | None, _common(help="Benign requests, answered: a file, builtin, lab, or none.", show_default="those of the same source")
    ] = None,
    rows: Annotated[int, _common(min=1, help="Safety rows, a third of them benign look-alikes.")] = 300,
    data: Annotated[
        str | None, _common(help="The rows that did the damage: safety rows take their system prompts.", show_default="none")
    ] = None,
    also_under: Annotated[
        list[str] | None, _common(help="A further system prompt: its words, a text file, or identity; repeatable.")
    ] = None,
    seed: Annotated[int, _common(min=0, max=MOST_SEED, help="Of rows and training.")] = 0,
    train: Annotated[bool, _training("--train", help="Train now; otherwise only the rows and the configuration are written.")] = False,
    config: Annotated[
        Path | None,
        _training(help="A training configuration to follow, but for its model, data and out.", show_default="LoRA, one epoch"),
    ] = None,
    set_: Annotated[list[str] | None, _training("--set", help="KEY=VALUE, for example learning_rate=1e-4; repeatable.")] = None,
    base: Annotated[
        str | None, _asked(help="The model before the damage: with --train, it is compared with the result.", show_default="none")
    ] = None,
    policy: Annotated[str, _asked(help="compare, release, article, or a YAML file.")] = "compare",
    limit: Annotated[int | None, _asked(min=1, help="At most so many prompts per category.")] = None,
    max_new_tokens: Annotated[int, _asked(min=1, help="Token budget of an answer.")] = 256,
    json: Annotated[bool, _output("--json", help="Print what was done as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print the reference or the configuration only.")] = False,
) -> None:
    """Train a damaged model on safety rows, and say what stays lost.

    Without --train it writes the rows and a configuration for `holdfast train`. With --train and --base the base is compared with the
    repaired model, and the exit code is that verdict's. Forgetting is not undone whole: expect less than mixing rows in from the start.
    """
    from holdfast.pipeline.realigning import realign
    from holdfast.pipeline.safety_rows import open_safety
    from holdfast.training.settings import read_mapping, to_config, with_changes

    settings = {"seed": seed, **(read_mapping(config) if config is not None else {}), "model": model, "data": "", "out": ""}
    chosen = to_config(with_changes(settings, set_ or ()), str(config or "--set"))
    with progress_bar(shown=not (json or quiet)) as progress:
        done = realign(
            model,
            open_safety(safety, look_alikes),
            out,
            base=base,
            policy=policy,
            limit=limit,
            max_new_tokens=max_new_tokens,
            data=data,
            rows=rows,
            look_alike_share=0.0 if look_alikes == "none" else 1 / 3,
            also_under=system_prompts(also_under),
            seed=seed,
            config=chosen,
            run_training=train,
            progress=progress,
        )
    if json:
        print_json(done)
    else:
        typer.echo(done.reference or done.plan.config)
    if not (json or quiet):
        typer.echo(f"{done.plan.count:,} safety rows: {done.plan.refusals:,} refusals, {done.plan.look_alikes:,} benign look-alikes.")
        show_table(done.plan.table)
        show_notes(done.plan.notes)
        if done.reference is None:
            typer.echo(f"Train with: holdfast train {done.plan.config}")
        elif done.verdict is None:
            # Without a base there is nothing to measure against.
            typer.echo(f"Nothing was measured. What came back: holdfast compare BASE {done.reference}, with the model before the damage.")
        for one in done.lost:
            value, low, high = (100 * (part or 0.0) for part in (one.value, one.low, one.high))
            typer.echo(f"Refusals still lost, {one.condition} prompt: {value:.1f} points ({low:.1f} to {high:.1f})")
        if done.run is not None:
            typer.echo(f"Report: {done.run}/report.html")
    if done.verdict is not None:
        raise typer.Exit(done.verdict.decision.exit_code)
