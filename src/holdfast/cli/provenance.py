"""`holdfast provenance`: where every row of a corpus came from, and what to do when a source turns out bad."""

from __future__ import annotations

import typer

from holdfast.cli.provenances import diff, papers, retract, show, trace, used, verify

__all__ = ["app"]

app = typer.Typer(help="Where every row of a corpus came from: show, trace, verify, diff, retract, describe, sign.", no_args_is_help=True)
app.command("show")(show.run)
app.command("trace")(trace.run)
app.command("verify")(verify.run)
app.command("diff")(diff.run)
app.command("retract")(retract.run)
app.command("used")(used.run)
app.command("croissant")(papers.croissant)
app.command("bom")(papers.bom)
app.command("statement")(papers.statement)
app.command("sign")(papers.sign)
