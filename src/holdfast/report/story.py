"""What happened, step by step: the values that a run of the pipeline leaves behind and its page is drawn from."""

from __future__ import annotations

from enum import StrEnum

from holdfast.core import Decision, Measurement, Value, Verdict

__all__ = ["State", "StepResult", "Story"]


class State(StrEnum):
    """How a step ended."""

    DONE = "done"
    """It judges nothing."""
    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    SKIPPED = "skipped"
    """Not begun, because of what was found before."""
    OFF = "off"
    """The pipeline file leaves it out."""

    @staticmethod
    def of(decision: Decision) -> State:
        """Return the state of a step that judges."""
        return {Decision.PASS: State.PASSED, Decision.FAIL: State.FAILED, Decision.UNDECIDED: State.UNDECIDED}[decision]


class StepResult(Value, frozen=True, kw_only=True):
    """One step."""

    key: str = ""
    """Name and digest of what decides it: the step of another run of the pipeline with the same key is the same."""
    name: str
    title: str
    state: State
    said: str
    """What came of it, in a sentence for people."""
    folder: str | None = None
    """Its own run folder, relative to the pipeline's."""
    page: str | None = None
    """Its own page, relative to the pipeline's."""
    model: str | None = None
    """The model that it made."""
    repair: str | None = None
    """The kind of repair that made it."""
    data: str | None = None
    """The rows that it made."""
    command: str | None = None
    """What reproduces it by hand."""
    gates: tuple[str, ...] = ()
    """Blocking gates that did not pass."""
    measurements: tuple[Measurement, ...] = ()
    """What it measured, as far as a gate may judge it."""
    verdict: Verdict | None = None


class Story(Value, frozen=True, kw_only=True):
    """A whole run."""

    name: str
    base: str
    steps: tuple[StepResult, ...]
    verdict: Verdict
    model: str | None
    """The model that the verdict is about: the repaired one where a repair was needed and found."""
    repaired: bool
    command: str
    version: str
