"""The command line. Each command has a file of its own: parse, call, exit code. Heavy imports wait inside the commands."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from holdfast import __version__
from holdfast.cli import (
    attest,
    backdoor,
    canary,
    card,
    compare,
    corpus,
    demo,
    drift,
    gate,
    grade,
    history,
    init,
    judges,
    lab,
    lineage,
    memorization,
    mitigate,
    models,
    plan,
    plan_tune,
    provenance,
    publish,
    redact,
    run,
    scan,
    split,
    suites,
    train,
    verify,
    view,
    watch,
)
from holdfast.cli.empty import refuse_empty
from holdfast.cli.mistakes import CommandLineError, mistake
from holdfast.cli.pipes import outlive_readers
from holdfast.core.errors import HoldfastError, name_too_long
from holdfast.core.exits import ExitCode

__all__ = ["app", "main"]

_INTERRUPTED = 130
"""What a shell calls a program that Ctrl-C ended; Typer returns it too."""

app = typer.Typer(
    name="holdfast",
    help="Keeps a language model's safety while people fine-tune it.",
    epilog="Exit codes: 0 pass, 2 usage or input error, 3 a blocking gate failed, 4 undecided.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.run)
app.command("init")(init.run)
app.command("run")(run.run)
app.command("scan")(scan.run)
app.command("compare")(compare.run)
app.command("split")(split.run)
app.command("train")(train.run)
app.command("memorization")(memorization.run)
app.command("redact")(redact.run)
app.command("backdoor")(backdoor.run)
app.command("drift")(drift.run)
app.command("gate")(gate.run)
app.command("grade")(grade.run)
app.command("attest")(attest.run)
app.command("card")(card.run)
app.command("verify")(verify.run)
app.command("publish")(publish.run)
app.command("lineage")(lineage.run)
app.command("view")(view.run)
app.command("suites")(suites.run)
app.add_typer(judges.app, name="judges")
plan.app.command("estimate")(plan_tune.estimate)
plan.app.command("advise")(plan_tune.advise)
app.add_typer(plan.app, name="plan")
app.add_typer(mitigate.app, name="mitigate")
app.add_typer(history.app, name="history")
app.add_typer(corpus.app, name="corpus")
app.add_typer(lab.app, name="lab")
app.add_typer(models.app, name="models")
app.add_typer(canary.app, name="canary")
app.add_typer(provenance.app, name="provenance")
app.add_typer(watch.app, name="watch")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Keeps a language model's safety while people fine-tune it."""


def _printable(text: str) -> str:
    """Spell out what would steer a terminal: a message may name a file, and a file's name is anybody's."""
    return "".join(char if char.isprintable() or char == "\n" else f"[U+{ord(char):04X}]" for char in text)


def main() -> None:
    """Run the command line; a user's mistake is one sentence on standard error and exit code 2."""
    outlive_readers()
    try:
        code = refuse_empty(typer.main.get_command(app))(prog_name="holdfast", standalone_mode=False)
    except HoldfastError as error:
        typer.echo(f"holdfast: {_printable(str(error))}", err=True)
        sys.exit(ExitCode.USAGE)
    except OSError as error:
        if (said := name_too_long(error)) is None:
            raise
        typer.echo(f"holdfast: {_printable(str(said))}", err=True)
        sys.exit(ExitCode.USAGE)
    except CommandLineError as error:
        if words := mistake(error):
            typer.echo(_printable(words), err=True)
        sys.exit(ExitCode.USAGE)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        typer.echo("holdfast: stopped. The same command goes on from here.", err=True)
    sys.exit(code if isinstance(code, int) else ExitCode.PASS)


if __name__ == "__main__":
    main()
