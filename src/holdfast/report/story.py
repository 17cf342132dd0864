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

    @property
    def against(self) -> tuple[StepResult, ...]:
        """Steps that did not pass their own policy and that the verdict does not count, because the pipeline file lets them warn only.

        Of a model that was repaired, what was found before the repair says nothing; of the rows it still does.
        """
        compared = f"compare{self._round}"
        names = ("scan", compared) if self.repaired else ("scan", "train", compared)
        return tuple(step for step in self.steps if step.name in names and step.state in (State.FAILED, State.UNDECIDED))

    @property
    def unrepaired(self) -> str:
        """Why what the verdict is about is no repair by the policy of its own search, in a sentence; '' where it is one."""
        suffix = self._round.removeprefix("-repaired")
        search = next((step for step in self.steps if step.name == f"mitigate{suffix}"), None) if self.repaired else None
        if search is None or search.verdict is None or search.verdict.decision is Decision.PASS:
            return ""
        verdict = search.verdict
        why = next((gate.why for gate in (*verdict.blocking, *verdict.warnings)), "")
        said = "is none by" if verdict.decision is Decision.FAIL else "is not known to be one by"
        return f"The nearest repair {said} policy {verdict.policy} of its search: {why}"

    @property
    def _round(self) -> str:
        """What the last round of questions is called by: '' of the fine-tune, '-repaired' or '-repaired-2' of a repaired model."""
        gates = [step.name for step in self.steps if step.name.partition("-")[0] == "gate"]
        return gates[-1].removeprefix("gate") if gates else ""

    @property
    def reservation(self) -> str:
        """A sentence that names the steps of `against`; '' where there are none."""
        if not self.against:
            return ""
        gates = [f" ({', '.join(step.gates)})" if step.gates else "" for step in self.against]
        parts = [f"“{step.title}” {_ENDED[step.state]}{named}" for step, named in zip(self.against, gates, strict=True)]
        return f"{' and '.join(parts)} by {'its' if len(parts) == 1 else 'their'} own policy, which the pipeline file lets warn only."


_ENDED = {State.FAILED: "failed", State.UNDECIDED: "is undecided"}
