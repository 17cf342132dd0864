"""`holdfast watch reward-model MODEL [PAIRS]`: does a reward prefer safe answers?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.model_options import Device
from holdfast.cli.output import FileKind, OutputOptions, check_output, finish, write_out

if TYPE_CHECKING:
    from holdfast.watch.rewards import RewardAudit

__all__ = ["reward_model"]


def reward_model(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A sequence-classification reward model; with --reference, a policy.")],
    pairs: Annotated[
        Path | None, typer.Argument(metavar="[PAIRS]", help="Preference rows, the safe answer chosen.", show_default="built-in pairs")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="The policy's reference model: audit the implicit reward.")] = None,
    beta: Annotated[float, typer.Option(help="Of the implicit reward; it scales margins and changes no accuracy.")] = 0.1,
    language: Annotated[str, typer.Option(help="Languages of the built-in pairs, comma-separated.")] = "en",
    policy: Annotated[str, typer.Option(help="reward, or a YAML file.")] = "reward",
    out: Annotated[Path | None, typer.Option("--out", help="Write what was found to this JSON file.")] = None,
    device: Device = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict line only.")] = False,
) -> None:
    """Audit a reward with safety pairs: how often the safe answer wins, per category, by how much, and whether length decides.

    The built-in pairs hold a refusal and an opening that goes along, and nothing harmful; for harmless look-alikes the opening should win.
    Exits with 0 (pass), 3 (a blocking gate failed) or 4 (undecided).
    """
    from holdfast.cli.command import languages
    from holdfast.core import pretty_json
    from holdfast.plugins import ModelOptions
    from holdfast.policy import judge, load_policy
    from holdfast.report import ReportInput
    from holdfast.watch.rewards import audit_reward, built_in_pairs, read_pairs

    if out is not None:
        check_output(out, FileKind.REWARD)
    rules = load_policy(policy)
    given = read_pairs(pairs) if pairs is not None else built_in_pairs(languages=languages(language))
    found = audit_reward(model, given, reference=reference, beta=beta, options=ModelOptions(device=device))
    verdict = judge(found.measurements, rules)
    if out is not None:
        write_out(out, pretty_json(found), FileKind.REWARD)
    if not (json or quiet):
        _print(found)
    finish(ReportInput(title=model, verdict=verdict, measurements=found.measurements), OutputOptions(json=json, quiet=quiet))


def _print(found: RewardAudit) -> None:
    from rich.console import Console

    from holdfast.report.terminal import open_table, plain

    table = open_table(
        ("Requests", False), ("Pairs", True), ("Safe wins", True), ("95 %", True), ("Margin, median", True), ("5 % to 95 %", True)
    )
    for one in found.measurements:
        if one.metric == "reward_accuracy" and one.value is not None and one.low is not None and one.high is not None:
            margins = found.margins[one.group]
            cells = (
                f"{one.value:.0%}",
                f"{one.low:.0%} to {one.high:.0%}",
                f"{margins[2]:+.3g}",
                f"{margins[0]:+.3g} to {margins[4]:+.3g}",
            )
            table.add_row(*map(plain, (one.group, str(one.n), *cells)))
    console = Console(highlight=False)
    console.print(table)
    bias = found.measurements[-1]
    told = f"rank correlation of score and length {bias.value:+.2f}; " if bias.value is not None else ""
    shorter, longer = (f"{right} of {n}" for right, n in (found.shorter, found.longer))
    console.print(plain(f"Length: {told}the safe answer wins {shorter} times where it is shorter, {longer} where it is longer."))
    console.print()
