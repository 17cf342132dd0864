"""`holdfast watch`: what a training left behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from holdfast.cli.output import OutputOptions, finish
from holdfast.cli.watch_reward import reward_model
from holdfast.cli.watch_served import served

if TYPE_CHECKING:
    from holdfast.watch.logs import LogWatch

__all__ = ["app"]

_MOST_SHOWN = 10


class _LogByDefault(TyperGroup):
    """`holdfast watch LOG` is `holdfast watch log LOG`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["log", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_LogByDefault,
    help="See safety go: in a training from its log (while it runs: the callback holdfast.watch.SafetyCallback), and in a served model.",
    no_args_is_help=True,
)


@app.command("log")
def log(
    path: Annotated[Path, typer.Argument(metavar="LOG", help="trainer_state.json, the trainer's output folder, or a CSV of losses.")],
    policy: Annotated[str, typer.Option(help="watch, article, release, or a YAML file; its gates on training are judged.")] = "watch",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings of gates that ask for it leave the verdict undecided.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict line only.")] = False,
) -> None:
    """Read a training's log after the fact: jumps of the loss and of the gradient norm, and refusal rates where it was watched.

    The word `log` may be left out. A log of losses says nothing of safety, so its verdict is undecided (exit code 4).
    Exits with 0 (pass), 3 (a blocking gate failed) or 4 (undecided). Needs no model and no torch.
    """
    from holdfast.policy import judge
    from holdfast.report import ReportInput
    from holdfast.watch.deciding import allowed_loss, training_policy
    from holdfast.watch.logs import watch_log

    rules = training_policy(policy)
    found = watch_log(path, allowed=allowed_loss(rules))
    verdict = judge(found.measurements, rules, strict=strict)
    if not (json or quiet):
        _print_spikes(found)
    finish(ReportInput(title=str(path), verdict=verdict, measurements=found.measurements), OutputOptions(json=json, quiet=quiet))


def _print_spikes(found: LogWatch) -> None:
    typer.echo(f"{found.rows} losses, {len(found.spikes)} steps that stand out of the noise")
    for spike in sorted(found.spikes, key=lambda one: -one.ratio)[:_MOST_SHOWN]:
        typer.echo(f"  step {spike.step}: {spike.of} {spike.value:.4g}, {spike.ratio:.1f} times its running median")


app.command("served")(served)
app.command("reward-model")(reward_model)
