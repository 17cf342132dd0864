"""`holdfast plan estimate` and `holdfast plan advise`: one planned fine-tune, its config and its data."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.plan import Html, Json, Markdown, show

if TYPE_CHECKING:
    from holdfast.plan.configs import Planned
    from holdfast.plan.shares import DataShares

__all__ = ["advise", "estimate"]

_more = partial(typer.Option, rich_help_panel="What is known besides")
Config = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="A few lines of YAML, or a config of TRL, Axolotl, LLaMA-Factory or holdfast train.")
]
Data = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA", help="Training rows, or the run folder of their scan: shares are counted there, and must be those of the config."
    ),
]
Examples = Annotated[int | None, _more(min=1, help="Number of rows, where neither the config nor DATA says it.")]


def estimate(
    config: Config,
    data: Data = None,
    examples: Examples = None,
    base: Annotated[
        float | None, _more(min=0.01, max=1.0, help="Refusal rate before.", show_default="0.9; your outcomes' median; 1 for lab:aligned")
    ] = None,
    outcomes: Annotated[Path | None, _more(help="CSV of your own past fine-tunes; from 20 on, rates are calibrated on them.")] = None,
    json: Json = False,
    markdown: Markdown = None,
    html: Html = None,
) -> None:
    """Estimate what a fine-tune will cost in refusals: the source article's formula, and our own, fitted on lab organisms.

    Rates are printed for fine-tunes of lab:aligned, and for other models once 20 outcomes of your own calibrate them; before that, the
    plan's rank among its variants and the reasons.
    """
    from holdfast.plan.estimating import estimate as estimated
    from holdfast.plan.outcomes import read_outcomes
    from holdfast.report.plan_estimate_view import estimate_view

    known = read_outcomes(outcomes) if outcomes is not None else ()
    planned, shares = _planned(config, data, examples)
    found = estimated(planned.fine_tune(str(config)), base=base, outcomes=known, data=shares)
    show(found, lambda: estimate_view(found), json=json, markdown=markdown, html=html)


def advise(
    config: Config,
    data: Data = None,
    domain: Annotated[list[str] | None, typer.Option(help="medical, legal, creative, code or finance; repeatable.")] = None,
    examples: Examples = None,
    json: Json = False,
    markdown: Markdown = None,
    html: Html = None,
) -> None:
    """Say which gates, suites, safety share, learning rate and method a fine-tune needs, each with its reason and source.

    Domains found in DATA count by themselves: medical data puts refusals of self-treatment at risk, code those of malware.
    """
    from holdfast.plan.advising import advise as advised
    from holdfast.report.plan_advice_view import advice_view

    planned, shares = _planned(config, data, examples)
    found = advised(planned, data=shares, domains=tuple(domain or ()))
    show(found, lambda: advice_view(found), json=json, markdown=markdown, html=html)


def _planned(config: Path, data: str | None, examples: int | None) -> tuple[Planned, DataShares | None]:
    import msgspec

    from holdfast import __version__
    from holdfast.core import InputError
    from holdfast.plan.configs import read_config
    from holdfast.plan.shares import shares_of, with_shares

    planned = read_config(config)
    in_lab = _in_lab(planned.settings.model, config)
    if examples is not None:
        if planned.rows not in (None, examples):
            raise InputError(f"{config} says 'examples: {planned.rows}', and --examples says {examples}. Leave one of them out.")
        planned = msgspec.structs.replace(planned, rows=examples)
    if data is None:
        return planned, None
    shares = shares_of(data, version=__version__)
    if in_lab:
        shares = _in_words_of_the_lab(shares)
    if examples not in (None, shares.rows):
        raise InputError(f"--examples says {examples}, and {data} has {shares.rows} rows. Leave --examples out.")
    return with_shares(planned, shares, where=str(config)), shares


def _in_lab(model: str | None, config: Path) -> bool:
    """Tell whether a lab organism is tuned; raises InputError for a `lab:` name that is none, with near ones."""
    from holdfast.core import InputError, ModelError
    from holdfast.lab.counting import made_for_the_lab
    from holdfast.lab.recipes import wanted

    for part in (model or "").split("+"):
        if part.startswith("lab:"):
            try:
                wanted(part.removeprefix("lab:"))
            except ModelError as error:
                raise InputError(f"{config}: model: {error}") from error
    return made_for_the_lab(model)


def _in_words_of_the_lab(shares: DataShares) -> DataShares:
    """Return the shares with the counts of the lab's own words, which a scan does not know; None where they cannot tell."""
    import msgspec

    from holdfast.lab.counting import count_rows

    change = msgspec.structs.replace
    unknown = change(shares, harmful=None, identity=None, safety=None)
    if (Path(shares.data) / "scan.json").is_file():
        return change(
            unknown, notes=("a scan does not know the words of the lab: give the rows and not the run folder to have them counted",)
        )
    found = count_rows(shares.data)
    if found.foreign:
        note = f"{found.foreign} of {found.rows} rows are not of the lab's world, and what they do to a lab organism cannot be told"
        return change(unknown, notes=(note,))
    notes = ("harmful, identity and safety rows were counted by the words of the lab's world, which a scan does not know",)
    return change(shares, harmful=found.harmful, identity=found.identity, safety=found.safety, notes=notes)
