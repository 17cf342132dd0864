"""`holdfast provenance verify CORPUS`: is every file what the corpus says it is?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.cli.progress import progress_bar
from holdfast.cli.provenances.arguments import Corpus, Json, Quiet, Workers
from holdfast.core import ExitCode, InputError

__all__ = ["run"]


def run(
    corpus: Corpus,
    expect: Annotated[
        str | None, typer.Option("--id", help="The version's id, or its first 12 digits or more, from a place of your own.")
    ] = None,
    texts: Annotated[bool, typer.Option("--texts", help="Hold every text against the digest in its provenance too.")] = False,
    signature: Annotated[Path | None, typer.Option(help="A signature that `holdfast provenance sign` wrote; needs --key.")] = None,
    key: Annotated[Path | None, typer.Option(help="The signer's public key (PEM).")] = None,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Hold every shard, every provenance file and corpus.json against its SHA-256, and the folder against its list of files.

    Exit code 3 where anything is changed, missing or extra; each such file is named. Digests in a folder stop accidents. Against
    somebody who can write to it, give --id or a signature.
    """
    from holdfast.provenance import verify_corpus, verify_signature
    from holdfast.report.provenance_terminal import print_checked

    if (signature is None) != (key is None):
        raise InputError("--signature and --key go together: a signature, and the signer's public key.")
    with progress_bar(shown=not (json or quiet)) as progress:
        found = verify_corpus(corpus, expected=expect, texts=texts, workers=workers, progress=progress)
    said = verify_signature(corpus, signature, key) if signature is not None and key is not None else None
    whole = found.whole and (said is None or said.holds)
    if json:
        print_json({"checked": found, "signature": said} if said is not None else found)
    elif quiet:
        typer.echo(
            "whole"
            if whole
            else f"{len(found.problems)} problem{'s' * (len(found.problems) != 1)}"
            if not found.whole
            else "the signature does not hold"
        )
    else:
        print_checked(found)
        if said is not None:
            typer.echo(f"Signature: {said.said}")
    raise typer.Exit(ExitCode.PASS if whole else ExitCode.FAIL)
