"""`holdfast plan`: what threatens, what it is likely to cost, and what to do, before anything is spent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.output import FileKind, check_output, print_json, write_out

if TYPE_CHECKING:
    from holdfast.report.plan_page import PlanView

__all__ = ["Html", "Json", "Markdown", "app", "show"]

app = typer.Typer(
    help="Before spending: risks per phase and source, what a fine-tune is likely to cost in safety, and what to do.", no_args_is_help=True
)

_output = partial(typer.Option, rich_help_panel="Output")
Json = Annotated[bool, _output("--json", help="Print it as JSON.")]
Markdown = Annotated[Path | None, _output("--markdown", help="Also write Markdown.")]
Html = Annotated[Path | None, _output("--html", help="Also write a page: one file, no network, no script.")]


def show(value: object, view: Callable[[], PlanView], *, json: bool, markdown: Path | None, html: Path | None) -> None:
    """Print a plan, and write it where the user asked for."""
    from holdfast.report.plan_render import plan_html, plan_markdown, print_plan

    # Both before either is written: where one is refused, nothing was done.
    wanted = [(path, kind) for path, kind in ((markdown, FileKind.MARKDOWN), (html, FileKind.PAGE)) if path is not None]
    for path, kind in wanted:
        check_output(path, kind)
    for path, kind in wanted:
        write_out(path, (plan_html(view()) if kind is FileKind.PAGE else plan_markdown(view())).encode(), kind)
    if json:
        print_json(value)
        return
    print_plan(view())
    if html is not None:
        typer.echo(f"Page: {html}")


@app.command("phases")
def phases(json: Json = False, markdown: Markdown = None, html: Html = None) -> None:
    """Show the five phases of a model's life: data, duration, risks and usual defences, compared in a table and a heat map.

    With recommendations per decision point and the layers of defence around a fine-tune.
    """
    from holdfast.plan.phases import phases as book
    from holdfast.report.plan_phases_view import phases_view

    show(book(), lambda: phases_view(book()), json=json, markdown=markdown, html=html)


@app.command("sources")
def sources(
    own: Annotated[
        Path | None, typer.Argument(metavar="SOURCES.yaml", help="Your own sources, ranked together with the five that ship.")
    ] = None,
    only: Annotated[bool, typer.Option("--only", help="Rank your own alone.")] = False,
    json: Json = False,
    markdown: Markdown = None,
    html: Html = None,
) -> None:
    """Rank sources of training data by how hard it is to see that somebody changed them: what to defend first.

    Very hard 4, hard 3, medium 2, easy 1, unknown 2; 3 and above is high priority.
    """
    from holdfast.core import InputError
    from holdfast.plan.sources import rank, read_sources
    from holdfast.plan.sources import sources as book
    from holdfast.report.plan_sources_view import sources_view

    if only and own is None:
        raise InputError("--only ranks your own sources alone: give a SOURCES.yaml.")
    given = () if only else book().sources
    ranked = rank((*given, *(read_sources(own).sources if own is not None else ())))
    named = str(own) if own is not None else None
    show(ranked, lambda: sources_view(book(), ranked, own=named), json=json, markdown=markdown, html=html)


@app.command("alignment")
def alignment(
    data_quality: Annotated[float, typer.Option(help="Of pre-training data, 0 to 1.")] = 0.5,
    safety_examples: Annotated[float, typer.Option(help="Safety examples in SFT.")] = 5000,
    comparisons: Annotated[float, typer.Option(help="Comparisons in RLHF.")] = 100_000,
    adversarial_examples: Annotated[float, typer.Option(help="Rows of an adversarial fine-tune.")] = 100,
    pretraining_cost: Annotated[float, typer.Option(help="Cost of pre-training, in any unit.")] = 1000,
    sft_cost: Annotated[float, typer.Option(help="Cost of SFT.")] = 10,
    rlhf_cost: Annotated[float, typer.Option(help="Cost of RLHF.")] = 50,
    attack_cost: Annotated[float, typer.Option(help="Cost of the adversarial fine-tune.")] = 0.1,
    json: Json = False,
    markdown: Markdown = None,
    html: Html = None,
) -> None:
    """Show how safety is built along the pipeline and undone at its end, and how much cheaper undoing is.

    The formulas and the defaults are the source article's: 0.15, 0.30, 0.50, 0.25 and an asymmetry of 10600. A picture, not a measurement.
    """
    from holdfast.plan.alignment import AlignmentInputs, build_and_undo
    from holdfast.report.plan_alignment_view import alignment_view

    path = build_and_undo(
        AlignmentInputs(
            data_quality=data_quality,
            safety_examples=safety_examples,
            comparisons=comparisons,
            adversarial_examples=adversarial_examples,
            pretraining_cost=pretraining_cost,
            sft_cost=sft_cost,
            rlhf_cost=rlhf_cost,
            attack_cost=attack_cost,
        )
    )
    show(path, lambda: alignment_view(path), json=json, markdown=markdown, html=html)


@app.command("why")
def why(json: Json = False, markdown: Markdown = None, html: Html = None) -> None:
    """Show why few rows are enough to take refusals away, and why safety is the fragile part, with the published cases."""
    from holdfast.plan.knowledge import knowledge
    from holdfast.report.plan_why_view import why_view

    show(knowledge(), lambda: why_view(knowledge()), json=json, markdown=markdown, html=html)
