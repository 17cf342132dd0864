"""Scan, judge, and write the page: what a training file will do, before a GPU sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast import __version__
from holdfast.core import InputError, Measurement, Value, Verdict, short
from holdfast.pipeline.calling import checked
from holdfast.pipeline.comparing import write_verdict
from holdfast.plugins import ScanOptions
from holdfast.policy import judge, load_policy
from holdfast.report.scan_html import scan_html_fragment, write_scan_html
from holdfast.report.scan_page import ScanPage
from holdfast.scan import ScanJob, ScanResult, ScanSpec, prepare, run_scan

__all__ = ["ScanOutcome", "scan", "scan_and_judge", "scan_name"]


class ScanOutcome(Value, frozen=True, kw_only=True):
    """A scan with its verdict. In a notebook it shows itself, without any text of a row."""

    verdict: Verdict
    result: ScanResult
    run: str
    """The run folder."""

    @property
    def page(self) -> Path:
        """The HTML report in the run folder."""
        return Path(self.run) / "report.html"

    @property
    def report(self) -> ScanPage:
        """What the page is drawn from."""
        return ScanPage(result=self.result, verdict=self.verdict)

    @property
    def findings(self) -> Path:
        """Every finding, as parquet."""
        return Path(self.run) / "evidence" / "findings.parquet"

    def measurement(self, metric: str, *, group: str = "all") -> Measurement:
        """Return one measurement; raises KeyError where it was not taken."""
        return {(found.metric, found.group): found for found in self.result.measurements}[metric, group]

    def _repr_html_(self) -> str:
        return scan_html_fragment(self.report)


def scan_name(job: ScanJob) -> Path:
    """Return the default run folder: 'runs/scan-NAME-DIGEST', where the digest tells one version of the data from another."""
    name = re.sub(r"[^A-Za-z0-9._@-]+", "-", job.spec.data.rstrip("/").rsplit("/", 1)[-1]).strip("-.")[:60] or "data"
    return Path("runs") / f"scan-{name}-{short(job.identity)[:8]}"


def scan_and_judge(
    job: ScanJob, folder: Path, *, policy: str = "data", strict: bool = False, command: str = "", progress: Any = None
) -> ScanOutcome:
    """Scan in `folder`, judge, and write findings, measurements, verdict and page there.

    Raises a HoldfastError for anything the user can mend; the policy is read first, so that a broken one costs nothing.
    """
    rules = load_policy(policy)
    watcher = progress or (lambda what, done, total: None)
    result = run_scan(job.spec, folder, command=command, version=__version__, progress=watcher, job=job)
    verdict = judge(result.measurements, rules, strict=strict)
    write_verdict(folder, verdict)
    outcome = ScanOutcome(verdict=verdict, result=result, run=str(folder))
    write_scan_html(outcome.report, outcome.page)
    return outcome


@checked
def scan(
    data: Any,
    *,
    policy: str | Path = "data",
    strict: bool = False,
    run: str | Path | None = None,
    format: str | None = None,  # the word that people use for it
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    split: str | None = None,
    max_bad_rows: int | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    options: ScanOptions | None = None,
    engine: str | None = None,
    workers: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ScanOutcome:
    """Scan training rows and judge what was found.

    Args:
        data: a file, a folder or a hub id, or rows in memory: a `datasets.Dataset`, a `pyarrow.Table`, a list of dicts.
        policy: a shipped policy's name or a YAML file.
        strict: let warnings that ask for it leave the verdict undecided.
        run: the run folder; a begun scan is gone on with. None is 'runs/scan-NAME-DIGEST'.
        format: the format of the rows; None tells it from the first rows.
        columns: field of the format to column of the data.
        roles: the data's names of roles to system, user, assistant or tool.
        split: which split of a `datasets` set.
        max_bad_rows: rows that may be unreadable; None allows 1 %, or 10 where that is no more than a tenth.
        only: names of detectors to run; empty runs all.
        skip: names of detectors not to run.
        options: a judge, a toxicity model, test files, canaries, and the seed.
        engine: 'plain', 'processes', 'daft' or 'ray'; None chooses by the number of rows.
        workers: how many processes.
        progress: called with (what, done, total).

    Returns:
        The verdict and what was found; `outcome.verdict.decision` is 'pass', 'fail' or 'undecided'.

    Raises:
        HoldfastError: for anything the caller can mend, in one sentence.
    """
    _refuse_stranger(data)
    named = str(data) if isinstance(data, str | Path) else "rows in memory"
    spec = ScanSpec(
        data=named,
        format=format,
        columns=dict(columns or {}),
        roles=dict(roles or {}),
        split=split,
        max_bad_rows=max_bad_rows,
        only=tuple(only),
        skip=tuple(skip),
        options=options or ScanOptions(),
        engine=engine,
        workers=workers,
    )
    load_policy(str(policy))
    job = prepare(spec, data, hire=True)
    folder = Path(run) if run is not None else scan_name(job)
    return scan_and_judge(job, folder, policy=str(policy), strict=strict, command="holdfast.scan(...)", progress=progress)


def _refuse_stranger(data: Any) -> None:
    """Refuse what people give in the place of rows, in a sentence that says how to give it; raises InputError."""
    how = None
    kind = type(data)
    library = kind.__module__.partition(".")[0]
    if data is None:
        how = "Look for a name that is not set"
    elif isinstance(data, Mapping) and not any(hasattr(part, "column_names") for part in data.values()):
        how = "Of one row make a list, [row]; of columns a table, pyarrow.table(columns)"
    elif library == "pandas":
        how = "Give pyarrow.Table.from_pandas(data)" if kind.__name__ == "DataFrame" else "Give its rows as a list of dicts"
    elif library == "polars":
        how = "Give data.to_arrow()" if kind.__name__ == "DataFrame" else "Give its rows as a list of dicts"
    if how is not None:
        what = "None" if data is None else f"a {library} {kind.__name__}" if library in ("pandas", "polars") else f"a {kind.__name__}"
        raise InputError(f"holdfast.scan: expected a path, a list of dicts, a pyarrow.Table or a datasets.Dataset, got {what}. {how}.")
