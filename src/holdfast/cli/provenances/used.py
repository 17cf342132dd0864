"""`holdfast provenance used MODEL CORPUS`: a training that no card of ours knows of."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.output import print_json
from holdfast.cli.provenances.arguments import Corpus, HistoryUrl, Json

__all__ = ["run"]


def run(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's folder, its id in the history, or any name.")],
    corpus: Corpus,
    shards: Annotated[list[str] | None, typer.Option(help="A shard that it was trained on; repeatable.", show_default="all")] = None,
    history: HistoryUrl = None,
    json: Json = False,
) -> None:
    """Record that a model was trained on a version of a corpus, so that `trace` and `retract` name it and everything made from it.

    For trainings elsewhere; models that `holdfast train` made are known by their cards. The record stands in the history and is never
    changed. A folder is fingerprinted; of a bare name no descendants can be found.
    """
    from holdfast.pipeline.recording import open_history
    from holdfast.pipeline.tracing import record_training

    with open_history(history) as opened:
        use = record_training(corpus, model, opened, shards=shards or ())
    if json:
        print_json(use)
        return
    of = f"{len(use.shards)} shards" if use.shards else "all shards"
    mark = use.model[:12] if use.model else "by name only: models made from it cannot be followed"
    typer.echo(f"{use.reference} ({mark}) was trained on {of} of version {use.corpus[:12]}.")
