"""Whether all that a run was asked for is there: what is to come still is a measurement of its own, on which no verdict passes.

The truth lies in `measurements.json`: every writer of a comparison and every reader of a run folder holds what was measured against
what `run.json` says was asked, by the one rule below. So a run that was cut, and one that a version wrote which did not know the rule,
are seen for what they are, whoever judges them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast.core import UNFINISHED, Measurement
from holdfast.runs.manifest import Manifest

__all__ = ["SAME_COMMAND", "still_to_come", "unfinished", "with_unfinished"]

SAME_COMMAND = "the same command"
"""Stands in the reason of whatever was not measured because it is to come still: typing the command again brings it."""

_FOLLOW_UP, _STEPS, _SKILLS = "follow-up", "steps", "capability"
_PART_OF = {
    "varied_refusal_rate": _FOLLOW_UP,
    "step_refusal_rate": _STEPS,
    "capability_regression": _SKILLS,
    "answer_probability": _SKILLS,
    "task_score": _SKILLS,
    "task_gain_kept": _SKILLS,
}
"""Metrics of what is asked on top of a comparison, each with the part of the run that measures it."""
_RESULTS = "results of the "
_AGAIN = "type the command that began the run again, and it goes on where it stopped"


def unfinished(part: str, reason: str) -> Measurement:
    """Return the statement that a part of a run was asked for and is not there; `reason` says how it comes."""
    return Measurement.missing(UNFINISHED, reason, group=part)


def with_unfinished(manifest: Manifest, measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Return the measurements of a run, and behind them what is to come still and they do not say yet."""
    said = {found.group for found in measurements if found.metric == UNFINISHED}
    missing: dict[str, Measurement] = {}
    for one in still_to_come(manifest, measurements):
        if one.group not in said:
            missing.setdefault(one.group, one)
    return (*measurements, *missing.values())


def still_to_come(manifest: Manifest, measurements: Sequence[Measurement]) -> Iterator[Measurement]:
    """Yield each part of a comparison that was asked for, and of which no number and no reason is there, or not all."""
    if manifest.stage != "compare":
        return
    there = {(_PART_OF[found.metric], found.group) for found in measurements if found.metric in _PART_OF}
    for part in _asked(manifest):
        if not any(part[0] == name and part[1] in ("", group) for name, group in there):
            what = f"the {part[0]}{f' ({part[1]})' if part[1] else ''} was asked for and is not there"
            yield unfinished(part[0], f"{what}; {_AGAIN}")
    if manifest.asked.get("gain_of") and not any(found.metric == "task_gain_kept" for found in measurements):
        yield unfinished(_SKILLS, f"the gain of the repaired fine-tune was asked for and is not there; {_AGAIN}")
    for found in measurements:
        part_of = _PART_OF.get(found.metric)
        if part_of is not None and found.value is None and SAME_COMMAND in (found.reason or ""):
            yield unfinished(part_of, f"not all of the {part_of} came ({found.reason})")


def _asked(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield what was asked on top of the comparison: the part, and the group that it is measured as, '' for any."""
    asked = manifest.asked
    if asked.get("follow_up"):
        yield _FOLLOW_UP, ""
    yield from ((_STEPS, name) for name in asked.get("steps") or ())
    names = tuple(asked.get("capability") or ())
    yield from ((_SKILLS, "" if name.startswith(_RESULTS) else name) for name in names)
