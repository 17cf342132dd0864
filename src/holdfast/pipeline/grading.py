"""Grade a finished comparison again with another judge, and judge it again: no model that answered is loaded."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from holdfast.compare import Judges, grade_again, open_grader
from holdfast.pipeline.comparing import ComparisonResult, conclude_run
from holdfast.pipeline.rejudging import rules_of

__all__ = ["grade_run"]


def grade_run(
    folder: Path,
    *,
    judge: str,
    second_judge: str | None = None,
    ledger: Path | None = None,
    policy: str | None = None,
    strict: bool | None = None,
    progress: Any = None,
) -> ComparisonResult:
    """Grade the stored responses of both sides with `judge`, and write measurements, verdict and page anew.

    Both sides are graded, so that another judge never looks like a change of the model. Grades of other judges stay in
    `evidence/grades.jsonl`; a grade that is there already is not made again, so going back to an earlier judge costs nothing.

    Args:
        folder: the run folder of a finished comparison.
        judge: a judge reference, 'NAME', 'NAME=MODEL' or 'NAME/VARIANT=MODEL'.
        second_judge: another one, for the prompts that flipped by the first one's grades.
        ledger: a file with the measured errors of `judge`.
        policy: a shipped policy's name or a YAML file; None is the one that the run was judged by, 'compare' where it was not yet.
        strict: let warnings that ask for it leave the verdict undecided; None is as the run was judged, where no policy is named.
        progress: called with (what, done, total).

    Raises:
        HoldfastError: for anything the caller can mend, in one sentence.
    """
    rules, stored = rules_of(folder, policy, otherwise="compare")
    watcher = progress or (lambda what, done, total: None)
    with ExitStack() as closing:
        first = open_grader(judge, ledger, closing)
        second = open_grader(second_judge, None, closing) if second_judge else None
        comparison = grade_again(folder, Judges(first, second), watcher)
    return conclude_run(comparison, folder, rules, strict=stored if strict is None else strict)
