"""`holdfast mitigate ensemble BASE TUNED`: let the base have a say in the first tokens of each answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.model_options import Device, Dtype, Threads

if TYPE_CHECKING:
    from holdfast.mitigate.decoding import ChatServer

__all__ = ["run"]


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The model before fine-tuning.")],
    tuned: Annotated[str, typer.Argument(metavar="TUNED", help="The model after it; BASE+ADAPTER needs the memory of one model.")],
    weight: Annotated[float, typer.Option(help="The base's share of the probability, from 0 to 1.")] = 0.5,
    tokens: Annotated[int, typer.Option(min=0, help="How many first tokens of an answer are mixed; 0 is all of them.")] = 5,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file to write, to be used as ensemble:FILE.json.")] = None,
    serve: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Serve chat completions there, such as 127.0.0.1:8000.")] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="What a served answer may have at most.")] = 1024,
    device: Device = "auto",
    dtype: Dtype = "auto",
    threads: Threads = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was measured as JSON.")] = False,
) -> None:
    """Mix the base's next-token probabilities into the tuned model's for the first tokens: p = (1 - w) p_tuned + w p_base.

    Opens both models, measures what a token costs, and writes a file that every command takes as a model (`holdfast compare BASE
    ensemble:FILE.json`), or serves it to OpenAI's clients, or both. No weight is changed. A base and an adapter on it share one batch.
    """
    from holdfast.cli.output import FileKind, check_output, print_json, write_out
    from holdfast.core import InputError
    from holdfast.mitigate.decoding import ChatServer, Ensemble, ensemble_file, measure_cost, open_ensemble, read_address
    from holdfast.plugins import ModelOptions

    if out is None and serve is None:
        raise InputError("Say what to do with the ensemble: --out FILE.json to measure it, --serve HOST:PORT to use it, or both.")
    if out is not None:
        check_output(out, FileKind.ENSEMBLE)
    spec = Ensemble(base=base, tuned=tuned, weight=weight, tokens=tokens or None)
    address = read_address(serve) if serve else None
    engine = open_ensemble(spec, ModelOptions(device=device, dtype=dtype, threads=threads), reference="the ensemble")
    cost = measure_cost(engine.tuned, engine)
    reference = f"ensemble:{out}" if out else None
    if out is not None:
        write_out(out, ensemble_file(spec), FileKind.ENSEMBLE)
    if json:
        print_json({"reference": reference, "one_batch": engine.one_batch, "cost": cost, "ratio": cost.ratio})
    else:
        if reference:
            typer.echo(reference)
        typer.echo(f"Cost: {cost}; both sides {'share a batch' if engine.one_batch else 'run one after the other'}.")
        if reference:
            typer.echo(f"Measure it: holdfast compare {base} {reference}")
    if address is not None:
        _serve(ChatServer(engine, address, model="ensemble", most_tokens=max_new_tokens), quiet=json)


def _serve(server: ChatServer, *, quiet: bool) -> None:
    if not quiet:
        typer.echo(f"Serving 'ensemble' at {server.url}, one request at a time; Ctrl-C ends it.")
    if not server.local:
        typer.echo("holdfast: this address can be reached from other machines, and the server asks nobody for a key.", err=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
    finally:
        server.server_close()
