"""`holdfast mitigate mix DATA --safety SAFE --share 3%`: safety rows among the training rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.mitigating.wording import FORMAT_HELP, MAP_HELP, SAFETY_HELP, show_notes, show_table, system_prompts
from holdfast.cli.output import print_json
from holdfast.core.seeds import MOST_SEED

__all__ = ["run"]

_common = partial(typer.Option, rich_help_panel="Common")
_matched = partial(typer.Option, rich_help_panel="How rows are matched")
_reading = partial(typer.Option, rich_help_panel="How the data is read")
_output = partial(typer.Option, rich_help_panel="Output")
_SHARES = (
    "Added rows over all rows of the result. Reported: 0 % significant loss of safety, best for the task; 1-5 % moderate loss, near-best; "
    "10-20 % minimal loss, slight cost; 30 % and more kept or improved, noticeable cost."
)


def run(
    data: Annotated[str, typer.Argument(metavar="DATA", help="The training rows: a file or folder in any format that `scan` reads.")],
    out: Annotated[Path, _common("--out", "-o", help="The new file; keep the ending of DATA.")],
    safety: Annotated[str, _common(help=SAFETY_HELP)] = "builtin",
    share: Annotated[str, _common(help=_SHARES)] = "3%",
    look_alikes: Annotated[
        str | None,
        _common(
            help="Benign requests that look forbidden, answered, as a third of the added rows: a file, builtin, lab, or none.",
            show_default="those of the same source, else builtin",
        ),
    ] = None,
    seed: Annotated[int, _common(min=0, max=MOST_SEED, help="Of the choice of rows and their places.")] = 0,
    also_under: Annotated[
        list[str] | None,
        _matched(help="A further system prompt to cover: its words, a text file, or identity (the obedient agent's); repeatable."),
    ] = None,
    even: Annotated[
        float,
        _matched(
            min=0.0, max=1.0, help="Part of the rows that is shared out evenly among the system prompts; the rest goes by their rows."
        ),
    ] = 0.5,
    language: Annotated[str | None, _matched(help="Languages of the safety rows, comma-separated.", show_default="those of DATA")] = None,
    frames: Annotated[bool, _matched(help="Put refused requests into the template that those of DATA share.")] = True,
    format: Annotated[str | None, _reading(help=FORMAT_HELP, show_default="told from the first rows")] = None,
    map: Annotated[list[str] | None, _reading(help=MAP_HELP)] = None,
    json: Annotated[bool, _output("--json", help="Print what was written as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print the new file's name only.")] = False,
) -> None:
    """Spread safety rows through training data, in its format and languages and under each of its system prompts.

    Rows under the default prompt alone leave an identity shift whole under its own prompt, so each system prompt gets rows. A third of them
    are benign look-alikes that are answered, against over-refusal. The rows of DATA keep their bytes and their order; DATA is never
    written to. OUT.mix.json records what went in.
    """
    from holdfast.cli.command import languages, pairs
    from holdfast.mitigate import mix, parse_share
    from holdfast.pipeline.safety_rows import open_safety

    wanted = parse_share(share)
    done = mix(
        data,
        open_safety(safety, look_alikes),
        out,
        share=wanted,
        look_alike_share=0.0 if look_alikes == "none" else 1 / 3,
        also_under=system_prompts(also_under),
        even=even,
        languages=languages(language or ""),
        frames=frames,
        seed=seed,
        format=format,
        columns=pairs(map, "--map FIELD=COLUMN"),
    )
    if json:
        print_json(done)
        return
    typer.echo(done.path)
    if quiet:
        return
    typer.echo(
        f"{done.rows:,} rows, {done.added:,} of them added ({100 * done.share:.2f} %): {done.refusals:,} refusals, "
        f"{done.look_alikes:,} benign look-alikes."
    )
    show_table(done.table)
    if done.most_uses > 1:
        typer.echo(f"Some safety rows were used up to {done.most_uses:,} times; a larger set of your own varies more.")
    show_notes(done.notes)
    typer.echo(f"Record: {done.record}")
