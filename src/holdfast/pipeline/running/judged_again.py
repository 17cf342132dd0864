"""Settings of a step that do not decide what it finds: by which policy it is judged, and what the run does where it did not pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import fields, replace

from holdfast.compare import Comparison, read_comparison, write_comparison
from holdfast.core import UNFINISHED, Measurement, RunFolderError, digest
from holdfast.pipeline.comparing import ComparisonResult, conclude_run
from holdfast.policy import load_policy
from holdfast.report.story import StepResult
from holdfast.runs import Manifest, RunFolder, still_to_come

__all__ = ["deciding", "is_finished", "judge_again", "judged_by"]

_AFTERWARDS = ("policy", "on_fail")


def deciding(asked: Any) -> Any:
    """Return the settings that decide what a step finds: those that are looked at afterwards only are as they are by default."""
    return replace(asked, **{field.name: field.default for field in fields(asked) if field.name in _AFTERWARDS})


def judged_by(found: StepResult, asked: Any) -> bool:
    """Tell whether what is there was judged by the policy that the settings name now, gate by gate."""
    policy = getattr(asked, "policy", None)
    return policy is None or found.verdict is None or found.verdict.policy_digest == digest(load_policy(policy))


def is_finished(folder: Path, measured: tuple[Measurement, ...]) -> bool:
    """Tell whether all that the run in a step's folder was asked for is among what it measured; also where the folder holds no run."""
    if any(one.metric == UNFINISHED for one in measured):
        return False
    try:
        manifest = msgspec.json.decode((folder / "run.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return True
    return next(still_to_come(manifest, measured), None) is None


def judge_again(folder: Path, measured: tuple[Measurement, ...], *, policy: str, command: str) -> ComparisonResult | None:
    """Judge the comparison of a step's folder by another policy; no model is opened.

    None where the folder does not hold the comparison that measured `measured`: then models must be opened again to see what is there.
    """
    found = _comparison(folder)
    if found is None or not measured or found.measurements != measured or not is_finished(folder, measured):
        return None
    with RunFolder.reopen(folder) as run:
        found = write_comparison(run, replace(found, command=command))
    return conclude_run(found, folder, load_policy(policy), strict=False)


def _comparison(folder: Path) -> Comparison | None:
    try:
        return read_comparison(folder)
    except RunFolderError:
        return None
