"""`holdfast compare --estimate`: what a comparison is going to take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from holdfast.cli.output import print_json

if TYPE_CHECKING:
    from holdfast.compare import CompareSpec

__all__ = ["say_estimate"]


def say_estimate(spec: CompareSpec, policy: str, *, as_json: bool) -> None:
    """Print an estimate, for people or as JSON."""
    from holdfast.pipeline import estimate

    found = estimate(spec, policy=policy)
    if as_json:
        print_json(found)
        return
    typer.echo(f"{found.answers:,} answers per side; at most {found.most_tokens:,} tokens if each used its whole budget.")
    for side in found.sides:
        tokens = "" if side.tokens is None else f", {side.tokens:,} tokens"
        typer.echo(f"{side.side}: about {_duration(side.seconds)}{tokens} (from {side.sampled} answers)")
    if found.least_until_decided is not None:
        typer.echo(f"Until decided: at least {found.least_until_decided:,} answers per side, where nothing changed and no judge errs.")
    typer.echo("Not in it: loading, the judge, the follow-up and tests of skills.")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
