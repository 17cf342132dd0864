"""`holdfast provenance croissant`, `bom`, `statement` and `sign`: a corpus described and signed in other people's formats."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.output import FileKind, check_output, write_out
from holdfast.cli.provenances.arguments import Corpus
from holdfast.core import InputError

if TYPE_CHECKING:
    pass

__all__ = ["bom", "croissant", "sign", "statement"]

_Out = Annotated[Path | None, typer.Option("--out", "-o", help="The file to write.", show_default="printed")]


def croissant(
    corpus: Corpus,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file to write; paths in it are those in CORPUS.", show_default="CORPUS/croissant.json"),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where the corpus is published.")] = None,
    licence: Annotated[
        str | None, typer.Option(help="Of the corpus as a whole.", show_default="those that its sources or documents state")
    ] = None,
    creator: Annotated[str | None, typer.Option(help="Who made it.")] = None,
    cite_as: Annotated[str | None, typer.Option(help="How to cite it.")] = None,
    published: Annotated[str | None, typer.Option(help="When it was published, as a date.")] = None,
    add: Annotated[
        Path | None, typer.Option(help="YAML or JSON with RAI fields that only people can say: dataBiases, dataUseCases, ...")
    ] = None,
    origins: Annotated[bool, typer.Option(help="Name the provenance files; they tell which rows are canaries.")] = True,
) -> None:
    """Describe a corpus as Croissant 1.1 with the fields of responsible AI, for data hubs and for `mlcroissant`.

    Records can be read through it where shards are JSON Lines, plain or .gz, or parquet: Croissant's reader knows no zstd.
    """
    from holdfast.core import pretty_json
    from holdfast.provenance import Described, read_version
    from holdfast.provenance import croissant as describe

    version = read_version(corpus)
    said = Described(url=url, licence=licence, creator=creator, cite_as=cite_as, published=published, rai=_added(add), origins=origins)
    target = out or corpus / "croissant.json"
    write_out(target, pretty_json(describe(corpus, version, said)), FileKind.CROISSANT)
    typer.echo(f"Croissant: {target}")
    if origins and version.canaries:
        typer.echo("holdfast: the provenance files tell which rows are canaries. Publish them not; --no-origins leaves them out.", err=True)


def bom(corpus: Corpus, out: _Out = None) -> None:
    """Write the bill of materials of a corpus as CycloneDX 1.6: shards and sources with digests and licences, and the steps."""
    from holdfast import __version__
    from holdfast.provenance import read_version
    from holdfast.provenance.data_bill import bill_of_data

    _write(bill_of_data(corpus, read_version(corpus), holdfast=__version__), out, FileKind.BILL)


def statement(corpus: Corpus, out: _Out = None) -> None:
    """Write an in-toto statement (SLSA provenance): every file by its SHA-256, made by these steps from these sources."""
    from holdfast.provenance import read_version
    from holdfast.provenance.data_bill import corpus_statement

    _write(corpus_statement(read_version(corpus)), out, FileKind.STATEMENT)


def sign(
    corpus: Corpus,
    key: Annotated[Path, typer.Option(help="Your private key: an elliptic-curve key in PEM.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The signature.", show_default="CORPUS/corpus.sig")] = None,
    password_env: Annotated[str | None, typer.Option(help="The environment variable with the key's password.")] = None,
) -> None:
    """Sign corpus.json and every file that it names through OpenSSF model-signing, with a key of your own and no network.

    `holdfast provenance verify CORPUS --signature FILE --key PUBLIC` checks it, and so does `model_signing verify key`.
    """
    from holdfast.provenance import sign_corpus
    from holdfast.provenance.signing import SIGNATURE_FILE

    password = None
    if password_env is not None:
        password = os.environ.get(password_env)
        if password is None:
            raise InputError(f"--password-env {password_env}: there is no such environment variable.")
    target = out or corpus / SIGNATURE_FILE
    check_output(target, FileKind.SIGNATURE)
    made = sign_corpus(corpus, key, target, password=password)
    typer.echo(f"Signature: {made.signature} over version {made.corpus[:12]}")


def _write(made: dict[str, Any], out: Path | None, kind: FileKind) -> None:
    from holdfast.core import pretty_json

    if out is None:
        typer.echo(pretty_json(made).decode(), nl=False)
        return
    write_out(out, pretty_json(made), kind)
    typer.echo(f"{'Statement' if kind is FileKind.STATEMENT else 'Bill of materials'}: {out}")


def _added(path: Path | None) -> dict[str, str | list[str]]:
    if path is None:
        return {}
    import msgspec

    try:
        return msgspec.yaml.decode(path.read_bytes(), type=dict[str, str | list[str]])
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected RAI fields with a text or a list of texts each, got something else ({error}).") from error
