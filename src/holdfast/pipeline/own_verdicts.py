"""What the steps of a pipeline say by their own policies, which the policy of its gate cannot overrule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from holdfast.core import Decision, GateResult, RunFolderError, Verdict, worst
from holdfast.report.story import StepResult, Story

__all__ = ["counting", "joined", "own_verdicts"]

_STORY = "story.json"
_GATE, _REPAIRED = "gate", "-repaired"
_ASKED_OF_A_MODEL = ("memorization", "backdoor")


def counting(steps: Iterable[StepResult], gate: str) -> tuple[StepResult, ...]:
    """Return the steps whose own verdicts count at a gate: what was looked for in its model, and the search that repaired that model."""
    suffix = gate.removeprefix(_GATE)
    names = [f"{name}{suffix}" for name in _ASKED_OF_A_MODEL]
    if suffix.startswith(_REPAIRED):
        names.append(f"mitigate{suffix.removeprefix(_REPAIRED)}")
    return tuple(step for step in steps if step.name in names and step.verdict is not None)


def joined(verdict: Verdict, own: Iterable[StepResult]) -> Verdict:
    """Return a verdict with the steps' own beside it: the gravest of all, with their gates."""
    found = [step.verdict for step in own if step.verdict is not None]
    gates = [gate for step in own if step.verdict is not None for gate in _gates(step, step.verdict)]
    return replace(verdict, decision=worst([verdict.decision, *(one.decision for one in found)]), gates=(*verdict.gates, *gates))


def own_verdicts(folder: Path) -> tuple[StepResult, ...]:
    """Return the steps whose own verdicts count in a pipeline's run folder; none where it is no pipeline's.

    Raises RunFolderError for a story that cannot be read: nobody can say then what it holds against a pass.
    """
    file = folder / _STORY
    if not file.is_file():
        return ()
    try:
        story = msgspec.json.decode(file.read_bytes(), type=Story)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RunFolderError(
            f"{file}: expected the story of a run, got something else ({error}). Run the pipeline again: holdfast run."
        ) from error
    gates = [step.name for step in story.steps if step.name.partition("-")[0] == _GATE]
    return counting(story.steps, gates[-1]) if gates else ()


def _gates(step: StepResult, verdict: Verdict) -> Sequence[GateResult]:
    if step.name.partition("-")[0] in _ASKED_OF_A_MODEL:
        return verdict.gates
    # The search asked fewer questions, so what passed there is no evidence beside that of the gate.
    return [gate for gate in verdict.gates if gate.decision is not Decision.PASS and (gate.blocking or gate.strict)]
