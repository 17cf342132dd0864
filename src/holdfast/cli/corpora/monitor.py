"""`holdfast corpus monitor CHECKPOINTS --canaries MANIFEST`: how well a model in training remembers the canaries of its corpus."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.model_options import MODELS_PANEL, BatchTokens, Device, Dtype, Threads, TrustRemoteCode
from holdfast.cli.progress import progress_bar
from holdfast.core.seeds import MOST_SEED

if TYPE_CHECKING:
    from holdfast.corpus.monitor_facts import CanaryMonitoring

__all__ = ["monitor"]

_alarm = partial(typer.Option, rich_help_panel="When it fires")
_follow = partial(typer.Option, rich_help_panel="While the training runs")
_how = partial(typer.Option, rich_help_panel=MODELS_PANEL)
_output = partial(typer.Option, rich_help_panel="Output")


def monitor(
    checkpoints: Annotated[
        list[str], typer.Argument(metavar="CHECKPOINTS...", help="A folder with checkpoint-N folders in it, or checkpoints one by one.")
    ],
    canaries: Annotated[Path, typer.Option(metavar="MANIFEST", help="The private manifest that the corpus run (or canary plant) wrote.")],
    run_folder: Annotated[
        Path | None, typer.Option("--run", help="Run folder; the same command goes on with it.", show_default="runs/monitor-FOLDER")
    ] = None,
    base: Annotated[str | None, typer.Option(help="What adapter checkpoints stand on.", show_default=False)] = None,
    every: Annotated[int, typer.Option(min=1, help="Look only at steps that this divides.")] = 1,
    alert: Annotated[
        float | None, _alarm(metavar="BITS", help="A fixed line for the mean exposure.", show_default="from the secrets not planted")
    ] = None,
    alpha: Annotated[float, _alarm(help="Chance of a false alarm over all checkpoints, without --alert.")] = 0.05,
    follow: Annotated[bool, _follow("--follow", help="Wait for new checkpoints until the alarm, or until none comes.")] = False,
    pause: Annotated[str, _follow(help="Between two looks into the folder: 30s, 5m.")] = "30s",
    patience: Annotated[str, _follow(help="Without a new checkpoint for so long, the training has ended.")] = "6h",
    seed: Annotated[int, _how(min=0, max=MOST_SEED, help="Of the permutations.")] = 0,
    device: Device = "auto",
    dtype: Dtype = "auto",
    batch_rows: Annotated[int, _how(help="At most so many texts in a batch.")] = 64,
    batch_tokens: BatchTokens = 8192,
    threads: Threads = None,
    trust_remote_code: TrustRemoteCode = False,
    json: Annotated[bool, _output("--json", help="Print what was found as JSON.")] = False,
    quiet: Annotated[bool, _output("--quiet", "-q", help="Print one line only.")] = False,
) -> None:
    """Measure the exposure of planted canaries at every checkpoint of a training, and raise an alarm once they are remembered.

    A model that remembers nothing raises the alarm with a chance of at most --alpha over the whole training, however many checkpoints
    are looked at. Writes a run folder with monitor.json, measurements and report.html, and goes on where it stopped. Exits with 0
    (quiet), 3 (alarm) or 4 (nothing could be decided).
    """
    from holdfast.cli.command import command_line, duration
    from holdfast.cli.output import print_json
    from holdfast.core import ExitCode
    from holdfast.corpus.monitor_facts import MonitorSpec
    from holdfast.corpus.monitor_null import AlarmRule
    from holdfast.pipeline.corpus_monitoring import Following, monitor_canaries
    from holdfast.plugins import ModelOptions

    spec = MonitorSpec(
        checkpoints=tuple(checkpoints),
        canaries=canaries,
        base=base,
        every=every,
        rule=AlarmRule(alpha=alpha, bits=alert),
        models=ModelOptions(
            device=device,
            dtype=dtype,
            batch_rows=batch_rows,
            batch_tokens=batch_tokens,
            threads=threads,
            trust_remote_code=trust_remote_code,
        ),
        seed=seed,
    )
    named = re.sub(r"[^A-Za-z0-9._@-]+", "-", Path(checkpoints[0]).name).strip("-.") or "checkpoints"
    folder = run_folder or Path("runs") / f"monitor-{named}"
    following = Following(pause=duration(pause), patience=duration(patience)) if follow else None
    with progress_bar(shown=not (json or quiet)) as progress:
        told = (lambda found: None) if json or quiet else _say
        found = monitor_canaries(spec, folder, command=command_line(), following=following, progress=progress, on_look=told)
    if json:
        print_json(found)
    else:
        typer.echo(f"{found.outcome.upper()}. {found.why}")
    if not (json or quiet):
        for note in found.notes:
            typer.echo(f"holdfast: {note}", err=True)
        typer.echo(f"Report: {folder / 'report.html'}")
    raise typer.Exit({"alarm": ExitCode.FAIL, "quiet": ExitCode.PASS, "undecided": ExitCode.UNDECIDED}[found.outcome])


def _say(found: CanaryMonitoring) -> None:
    look = found.looks[-1]
    shown = ", ".join(f"{group.bits:.1f} with {group.copies}" for group in look.groups)
    line = "none at this look" if look.mean_line is None else f"{look.mean_line:.1f}"
    most = f"most out of line {look.mean:.1f} with {look.who}, alarm line {line}"
    typer.echo(f"Step {look.step}: exposure in bits by copies {shown}; {most}{'; ALARM' if look.alarm else ''}")
