"""`holdfast verify RUN [MODEL]`: is this report about these weights?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.core import ExitCode

__all__ = ["run"]


def run(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder of a judged comparison.")],
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="The model that is to be shipped.", show_default="where the run found it")
    ] = None,
    identity_only: Annotated[
        bool, typer.Option("--identity-only", help="Exit with 0 for the tested weights, whatever the verdict.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Check that a verdict belongs to these weights: one changed byte of weights, tokenizer or template, and it does not.

    Exits with 3 where it does not belong, otherwise as the verdict does (0, 3 or 4). Where `holdfast attest` wrote a statement, every file
    that it names is checked too, those of the run included.
    """
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
