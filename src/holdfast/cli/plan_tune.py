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
    str | None, typer.Argument(metavar="DATA", help="Training rows, or the run folder of their scan: the shares are taken from there.")
]
Examples = Annotated[int | None, _more(min=1, help="Number of rows, where neither the config nor DATA says it.")]


def estimate(
    config: Config,
    data: Data = None,
    examples: Examples = None,
    base: Annotated[
        float | None, _more(min=0.01, max=1.0, help="Refusal rate before.", show_default="0.9; your outcomes' median; 1 in the lab")
    ] = None,
    outcomes: Annotated[Path | None, _more(help="CSV of your own past fine-tunes; from 20 on, rates are calibrated on them.")] = None,
    json: Json = False,
    markdown: Markdown = None,
    html: Html = None,
) -> None:
    """Estimate what a fine-tune will cost in refusals: the source article's formula, and our own, fitted on lab organisms.

    Rates are printed for lab organisms, and for real models once 20 outcomes of your own calibrate them; before that, the plan's rank
    among its variants and the reasons.
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
    from holdfast.plan.configs import read_config
    from holdfast.plan.shares import shares_of, with_shares

    planned = read_config(config)
    if planned.rows is None and examples is not None:
        planned = msgspec.structs.replace(planned, rows=examples)
    if data is None:
        return planned, None
    shares = shares_of(data, version=__version__)
    return with_shares(planned, shares), shares
