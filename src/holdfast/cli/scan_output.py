"""What a scan says when it is done: terminal, files, a mended copy, exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer
from msgspec.structs import replace

from holdfast.cli.output import FileKind, check_output, print_json, write_out
from holdfast.core import Decision, InputError

if TYPE_CHECKING:
    from holdfast.pipeline import ScanOutcome
    from holdfast.scan import Fixed, FixPlan, ScanJob

__all__ = ["ScanOutput", "check_one", "fix_plan"]


class ScanOutput(NamedTuple):
    """Where a scan's result goes besides the run folder."""

    sarif: Path | None = None
    markdown: Path | None = None
    json: bool = False
    quiet: bool = False
    explain: str | None = None
    plan: FixPlan | None = None

    def check(self) -> None:
        """Refuse a file that must not or could not be written, before a long scan and not after it; raises InputError."""
        for path, kind in ((self.sarif, FileKind.SARIF), (self.markdown, FileKind.MARKDOWN)):
            if path is not None:
                check_output(path, kind)
        if self.explain is not None and self.plan is not None:
            raise InputError("--explain says all about one row and mends nothing. Leave it out, or leave out --fix.")

    def check_row(self, job: ScanJob) -> None:
        """Refuse a row to explain that is not there or cannot be read, before the scan and not after it; raises InputError."""
        from holdfast.scan import record_at

        if self.explain is not None:
            record_at(job, self.explain)

    def finish(self, job: ScanJob, outcome: ScanOutcome) -> Decision:
        """Write the files, print, and return the decision to leave with: that of the verdict, PASS where one row was asked about."""
        from holdfast.report.scan_markdown import scan_markdown
        from holdfast.scan import to_sarif

        if self.sarif is not None:
            write_out(self.sarif, to_sarif(outcome.result, Path(outcome.run)), FileKind.SARIF)
        if self.markdown is not None:
            write_out(self.markdown, scan_markdown(outcome.report).encode(), FileKind.MARKDOWN)
        if self.explain is not None:
            _explain(job, self.explain, outcome)
            return Decision.PASS
        self._print(outcome)
        if self.plan is not None:
            from holdfast.scan import fix

            fixed = fix(job, outcome.result, Path(outcome.run), self.plan)
            if not (self.json or self.quiet):
                _print_fixed(fixed)
        return outcome.verdict.decision

    def _print(self, outcome: ScanOutcome) -> None:
        from holdfast.report.scan_terminal import print_scan, scan_line

        if self.json:
            print_json(outcome.verdict)
        elif self.quiet:
            from holdfast.report.hostile import line

            # A hook scans several files, and its user has only these lines.
            where = "" if outcome.verdict.decision is Decision.PASS else f" See {line(str(outcome.page))}"
            typer.echo(f"{line(outcome.result.title)}: {scan_line(outcome.report)}{where}")
        else:
            print_scan(outcome.report)
            typer.echo(f"Findings: {outcome.findings}\nReport: {outcome.page}")


def check_one(data: Sequence[str], options: Mapping[str, object]) -> None:
    """Refuse options that are about one set where several are scanned; raises InputError."""
    named = next((name for name, value in options.items() if value), None)
    if len(data) > 1 and named is not None:
        raise InputError(f"{named} is about one set, and {len(data)} were given. Scan them one by one.")


def fix_plan(plans: Sequence[str], *, out: str, safety: str | None, safety_share: float | None) -> FixPlan | None:
    """Return what is to be mended, None where nothing is; raises InputError for what cannot be done and for options without a use."""
    from holdfast.scan import FixPlan, check_plan

    for name, given in (("--safety", safety), ("--safety-share", safety_share)):
        if given is not None and "add-safety" not in plans:
            raise InputError(f"{name} is about the rows that --fix add-safety adds, which was not given. Add it, or leave out {name}.")
    if not plans:
        if out:
            raise InputError("--fix-out names the file that --fix writes, which was not given. Add --fix PLAN, for example --fix drop.")
        return None
    plan = FixPlan(plans=tuple(plans), out=out, safety=safety)
    plan = plan if safety_share is None else replace(plan, safety_share=safety_share)
    check_plan(plan)
    return plan


def _explain(job: ScanJob, asked: str, outcome: ScanOutcome) -> None:
    from holdfast.report.scan_terminal import print_explanation
    from holdfast.scan import findings_of, record_at

    record = record_at(job, asked)
    print_explanation(record, findings_of(Path(outcome.run), record), outcome.result.detectors)


def _print_fixed(fixed: Fixed) -> None:
    from holdfast.report.hostile import line

    counts = (("kept as it was", fixed.kept), ("left out", fixed.dropped), ("changed", fixed.replaced), ("added", fixed.added))
    typer.echo(f"New file: {line(fixed.path)} ({', '.join(f'{count:,} {what}' for what, count in counts if count)})")
    for sign, places, count in (("-", fixed.dropped_at, fixed.dropped), ("~", fixed.replaced_at, fixed.replaced)):
        if places:
            typer.echo(f"{sign} {', '.join(map(line, places))}{f' and {count - len(places):,} more' if count > len(places) else ''}")
    for note in fixed.notes:
        typer.echo(line(note, limit=400))
