"""`holdfast train CONFIG`: one fine-tune, watched while it runs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar
from holdfast.core.verdicts import Decision

if TYPE_CHECKING:
    from holdfast.pipeline.training import Planned, Trained

__all__ = ["run"]

_common = partial(typer.Option, rich_help_panel="Common")
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML or TOML: model, data, out, and what else is not left open.")],
    set_: Annotated[list[str] | None, _common("--set", help="KEY=VALUE, dots go deeper: --set lora.rank=8; repeatable.")] = None,
    out: Annotated[str | None, _common("--out", "-o", help="Folder of the trained model, in place of the configuration's.")] = None,
    dry_run: Annotated[bool, _common("--dry-run", help="Show the plan and the advice of `mitigate lint`, and train nothing.")] = False,
    json: Annotated[bool, _output("--json", help="Print what came of it as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print the model's reference only.")] = False,
) -> None:
    """Fine-tune a model (TRL SFT underneath) with the safety watch attached, and write it with what it was made from.

    An interrupted training goes on where the same command is given again, from its last checkpoint (save_every), and ends with the same
    weights. Exits by the watch's policy: 0 (pass), 3 (a gate failed, whatever was restored then) or 4 (undecided); with watch: false it
    measures nothing and exits with 0.
    """
    import msgspec

    from holdfast.pipeline.training import plan, train
    from holdfast.training.settings import read_config

    # Quoted, since a folder may have a name that YAML would read as something else.
    folder = [f"out={msgspec.json.encode(out).decode()}"] if out is not None else []
    asked = read_config(config, [*(set_ or ()), *folder])
    if dry_run:
        planned = plan(asked)
        print_json(planned) if json else _show_plan(planned)
        return
    with progress_bar(shown=not (json or quiet)) as progress:
        trained = train(asked, progress=progress)
    if json:
        # A folder is no JSON value.
        print_json({**msgspec.structs.asdict(trained), "folder": str(trained.folder), "run": str(trained.run) if trained.run else None})
    else:
        typer.echo(trained.reference)
    _end(trained, said=not (json or quiet))


def _end(trained: Trained, *, said: bool) -> None:
    if said:
        _say(trained)
    if trained.verdict is not None:
        raise typer.Exit(trained.verdict.decision.exit_code)


def _say(trained: Trained) -> None:
    from holdfast.report import ReportInput, verdict_line

    card = trained.card
    for note in trained.notes:
        typer.echo(f"  {note}")
    typer.echo(f"  {card.steps} optimiser steps on {card.rows:,} rows; fingerprint of the parent {card.parents[0].fingerprint[:12]}")
    if card.stopped:
        back = "" if card.restored is None else f" The model that was saved is that of step {card.restored}, which passed."
        typer.echo(f"  Stopped: {card.stopped}{back}")
    if trained.verdict is None:
        typer.echo("Not watched: nothing is known of its safety.")
    else:
        report = ReportInput(title=str(trained.folder), verdict=trained.verdict, measurements=trained.measurements)
        sentence = verdict_line(report)
        typer.echo(f"By the watch: {sentence}")
        for gate in trained.verdict.gates:
            if gate.decision is not Decision.PASS and gate.why not in sentence:
                typer.echo(f"  {gate.gate}: {gate.why}")
    # The watch asks a few dozen requests; it stops a loss and certifies nothing.
    typer.echo(f"Measure it: holdfast compare {card.parents[0].reference} {trained.reference}")


def _show_plan(planned: Planned) -> None:
    from holdfast.cli.mitigating.lint import show_advice

    for name, value in planned.shown:
        typer.echo(f"{name:14} {value}")
    typer.echo()
    show_advice(planned.lint)
