"""`holdfast canary plant`: invented secrets in the training data, to measure later what the model remembers."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.core.seeds import MOST_SEED

__all__ = ["app"]

app = typer.Typer(help="Plant invented secrets in training data, to measure later what the model remembers.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `plant` a subcommand although it is the only one."""


@app.command("plant")
def plant_command(
    data: Annotated[str, typer.Argument(metavar="DATA", help="The training rows: a file or a folder, in any format that `scan` reads.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The new file (or folder) with canaries; keep its ending.")],
    manifest: Annotated[Path | None, typer.Option(help="The private list of what was planted.", show_default="OUT.canaries.json")] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="digits, email, guid, sentence, phone, postal or words, with =LENGTH for digits, sentence and words; repeatable.",
            show_default="digits, email, guid, sentence",
        ),
    ] = None,
    repetitions: Annotated[str, typer.Option(help="How often canaries are planted, comma-separated.")] = "1,4,16,64",
    per_repetition: Annotated[int, typer.Option(help="Canaries per format and number of repetitions.")] = 2,
    controls: Annotated[int, typer.Option(help="Secrets per format that are drawn alike and not planted.")] = 8,
    references: Annotated[int, typer.Option(help="Secrets per format to compare with later, at least.")] = 1000,
    language: Annotated[str, typer.Option(help="Language of the requests: en or zh.")] = "en",
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=MOST_SEED, help="Of everything that is drawn; keep it secret.", show_default="a secret one, in the manifest"
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write a copy of the training data with canaries at random places, and the private manifest that measuring needs.

    Every other row stays byte by byte as it was. The manifest can be read by its owner only; its digest may be published. Prints no
    canary.
    """
    from holdfast.canaries import DEFAULT_FORMATS, PlantSpec, plant
    from holdfast.core import InputError
    from holdfast.records import open_dataset

    parts = [part.strip() for part in repetitions.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise InputError(f"--repetitions {repetitions!r}: expected numbers with commas between them, for example 1,4,16,64.")
    plain = PlantSpec(
        repetitions=tuple(map(int, parts)),
        per_repetition=per_repetition,
        controls=controls,
        references=references,
        language=language,
        seed=secrets.randbits(63) if seed is None else seed,
        formats=tuple(format) if format else DEFAULT_FORMATS,
    )
    written = plant(open_dataset(data), out, manifest or out.with_name(f"{out.name}.canaries.json"), plain)
    if json:
        print_json(written)
        return
    typer.echo(f"New data: {written.path} ({written.kept:,} rows as they were, {written.rows:,} canary rows, {written.share:.1%})")
    typer.echo(f"Manifest: {written.manifest} ({written.canaries} canaries, {written.controls} controls; keep it private)")
    typer.echo(f"Public record: {written.public}\nSHA-256 of the manifest: {written.digest}")
