"""`holdfast publish RUN --to mlflow:URI`: a verdict where a team already looks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import print_json

__all__ = ["run"]


def run(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a judged run.")],
    to: Annotated[str, typer.Option(metavar="TRACKER", help="mlflow:URI, or wandb:ENTITY/PROJECT.")],
    experiment: Annotated[str, typer.Option(help="MLflow: the experiment; made where there is none.")] = "holdfast",
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME/VERSION", help="MLflow: a registered model version that gets verdict and fingerprint as tags."),
    ] = None,
    responses: Annotated[bool, typer.Option("--responses", help="Send the models' stored answers along.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="W&B: write to ./wandb and send nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was published as JSON.")] = False,
) -> None:
    """Write a judged run to MLflow or Weights & Biases: what was asked, every number, the verdict, the page and the papers.

    Published again, the same run is brought up to date and never doubled; one with other numbers is another. A number that was not measured
    is a tag with the reason. No
    answer of a model is sent without --responses; the page that is sent is drawn without them. Exits with 0 whatever the verdict is.
    """
    from holdfast.pipeline.publishing import publish

    made = publish(folder, to, experiment=experiment, model=model, responses=responses, offline=offline)
    if json:
        print_json(made)
        return
    typer.echo(f"{'Published' if made.new else 'Brought up to date'}: run {made.run}, {made.metrics} numbers, {made.files} files.")
    if made.model is not None:
        typer.echo(f"{made.model} carries the verdict and the fingerprint as tags.")
    if made.kept_back:
        typer.echo(made.kept_back)
