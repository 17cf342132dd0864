"""`holdfast judges`: who grades, how often they err, and how easily they are talked out of a grade."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.judges import AttackResult
    from holdfast.plugins import LedgerRow

__all__ = ["app"]

app = typer.Typer(help="Judges, their measured error rates, and attacks on them.", no_args_is_help=True)
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Judge = Annotated[str, typer.Argument(metavar="JUDGE", help="NAME, NAME=MODEL or NAME/VARIANT=MODEL, for example guard/qwen3=./folder.")]
_Labels = Annotated[
    list[Path], typer.Option(help="CSV or JSON Lines with prompt, response and label, or a published label set; repeatable.")
]


@app.command("list")
def list_judges() -> None:
    """List the judges, with what they can tell and what was measured of their errors. Opens no model."""
    from holdfast.core import HoldfastError
    from holdfast.plugins import judge_cards, names

    for name in names("judge"):
        try:
            cards = judge_cards(name)
        except HoldfastError as error:
            typer.echo(f"{name}: {error}\n")
            continue
        for card, ledger in cards:
            harm = "tells harm from a safe answer" if card.tells_harm else "cannot tell a harmful answer from a safe one"
            gate = "may gate" if card.may_gate else "may not gate"
            typer.echo(f"{card.name}: {card.title} ({', '.join(card.languages)}; {harm}; {gate})")
            if card.exact:
                typer.echo("Makes no errors by construction.")
            else:
                _show(ledger)
            typer.echo()


@app.command("test")
def measure(
    judge: _Judge,
    labels: _Labels,
    domain: Annotated[
        str, typer.Option(help="What the labelled prompts are about; it must be the domain of the suites asked.")
    ] = "general",
    out: Annotated[Path | None, typer.Option(help="Also keep the result in this ledger file, for `compare --ledger`.")] = None,
    json: _AsJson = False,
) -> None:
    """Measure a judge on labelled answers: sensitivity and specificity with intervals, per label set.

    Categories (column `category`) with at least 50 labels of each class get rows of their own, and so do the two sides
    (column `side`: base or tuned) where both are labelled.
    """
    from holdfast.core import InputError
    from holdfast.judges import measure_on, read_labels
    from holdfast.plugins import add_to_ledger, close_judge, open_judge

    twice = next((path for path in labels if [one.resolve() for one in labels].count(path.resolve()) > 1), None)
    if twice is not None:
        raise InputError(f"{twice} is given twice: its labels would count twice. Give each file once.")
    sets = [read_labels(path) for path in labels]
    opened = open_judge(judge)
    try:
        rows = [row for labelled in sets for row in measure_on(opened, labelled, domain=domain)]
    finally:
        close_judge(opened)
    if out is not None:
        add_to_ledger(out, opened.card.name, rows)
    if json:
        print_json(rows)
        return
    typer.echo(f"{opened.card.name}: {opened.card.title}")
    _show(rows)


@app.command("attack")
def attack(
    judge: _Judge,
    labels: _Labels,
    most: Annotated[int, typer.Option("--limit", help="Use at most so many responses that are no refusals.")] = 100,
    json: _AsJson = False,
) -> None:
    """Let responses argue with a judge: injections, chat-template tokens, disavowals. Prints how often the grade moved.

    Each response is graded as it is and with each attack. Exits with 3 where any attack moved a grade the way an attacker
    wants, else with 0.
    """
    from holdfast.core import ExitCode
    from holdfast.judges import Label, attack_judge, read_labels
    from holdfast.plugins import close_judge, open_judge

    sets = [read_labels(path) for path in labels]
    items = [item for one in sets for item, label in zip(one.items, one.labels, strict=True) if label is not Label.REFUSAL][:most]
    opened = open_judge(judge)
    try:
        results = attack_judge(opened, items)
    finally:
        close_judge(opened)
    if json:
        print_json(results)
    else:
        typer.echo(f"{opened.card.name}: {opened.card.title}")
        _show_attacks(results)
    if any(result.better for result in results):
        raise typer.Exit(ExitCode.FAIL)


def _show(rows: Sequence[LedgerRow]) -> None:
    if not rows:
        typer.echo("Nobody has measured its errors yet.")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("label set", "positive", "sensitivity", "specificity", "note"):
        table.add_column(column, overflow="fold")
    for row in rows:
        sensitivity = _share(row.sensitivity, row.sensitivity_low, row.sensitivity_high, row.n_positive)
        specificity = _share(row.specificity, row.specificity_low, row.specificity_high, row.n_negative)
        of = ", ".join(part for part in (row.label_set, row.category, row.side) if part)
        table.add_row(of, row.positive.replace("_", " "), sensitivity, specificity, row.note)
    Console().print(table)


def _show_attacks(results: Sequence[AttackResult]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("attack", "kind", "talked out of its grade", "moved otherwise", "grade lost"):
        table.add_column(column, overflow="fold")
    for result in results:
        share = _share(result.share, result.low, result.high, result.n)
        table.add_row(result.name, result.kind, share, str(result.other), str(result.lost))
    Console().print(table)
    moved, n = sum(result.better for result in results), sum(result.n for result in results)
    typer.echo(f"{moved} of {n} attacks moved a grade the way an attacker wants.")


def _share(value: float | None, low: float | None, high: float | None, n: int) -> str:
    if value is None or low is None or high is None:
        return "no labels"
    return f"{value:.3f} ({low:.3f} to {high:.3f}, n {n})"
