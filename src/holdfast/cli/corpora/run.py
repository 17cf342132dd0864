"""`holdfast corpus run CONFIG`: from sources of documents to shards to train on, and what was left out, with the reasons."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.progress import progress_bar

__all__ = ["run"]

_HOW = ("--engine", "--workers", "--ray", "--measures")
_how = partial(typer.Option, rich_help_panel="How it is run")
_output = partial(typer.Option, rich_help_panel="Output")


def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Sources, filters, duplicates, signals, canaries (YAML).")],
    out: Annotated[
        Path | None, typer.Option(help="The corpus folder; a begun run is gone on with.", show_default="runs/corpus-NAME")
    ] = None,
    measures: Annotated[
        Path | None,
        _how(help="Measures of an earlier run over the same sources: CORPUS/measures, or CORPUS. They are not made again."),
    ] = None,
    engine: Annotated[str | None, _how(help="plain, processes, daft or ray.", show_default="by the number of shards")] = None,
    workers: Annotated[int | None, _how(help="How many processes.", show_default="one per processor")] = None,
    ray: Annotated[str | None, _how(metavar="ADDRESS", help="Where a Ray cluster is: auto, HOST:6379 or ray://HOST:10001.")] = None,
    json: Annotated[bool, _output("--json", help="Print the summary as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Filter and deduplicate documents at pre-training scale, look for signs of poisoning, plant canaries, write shards.

    Each shard has a file that says where each of its rows came from; documents that are left out stand aside with the reason.
    A run that was stopped goes on where it was: repeat the command. Exits with 0 when the corpus is written.
    """
    from holdfast import __version__
    from holdfast.cli.command import command_line
    from holdfast.cli.output import print_json
    from holdfast.core import InputError, RunFolderError
    from holdfast.corpus.run import read_spec
    from holdfast.corpus.running import EngineSettings
    from holdfast.pipeline.corpus_running import run_corpus_and_show

    spec = read_spec(config)
    if ray is not None and engine not in (None, "ray"):
        raise InputError(f"--ray asks for a cluster, and --engine {engine} for none. Leave one of them out.")
    folder = out or Path("runs") / f"corpus-{spec.name}"
    try:
        with progress_bar(shown=not (json or quiet)) as progress:
            settings = EngineSettings(engine or ("ray" if ray else None), workers, ray, progress)
            said = command_line(without=_HOW, flags=("--json", "--quiet", "-q"))
            result = run_corpus_and_show(spec, folder, command=said, version=__version__, engine=settings, measures=measures)
    except RunFolderError as error:
        # A run folder is chosen with another option here.
        raise RunFolderError(str(error).replace("--run", "--out")) from error
    if json:
        print_json(result)
    elif not quiet:
        from holdfast.report.corpus_terminal import corpus_lines

        for line in corpus_lines(result):
            typer.echo(line)
        if spec.canaries is not None:
            from holdfast.corpus.planting import manifest_path

            where = manifest_path(spec.canaries, folder.absolute())
            typer.echo(f"Canaries: {result.planted:,} rows planted. Private manifest, keep it: {where}")
        typer.echo(f"Corpus: {folder}    Page: {folder / 'report.html'}")
