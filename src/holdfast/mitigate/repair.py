"""What a repair is: the one form in which every way to win safety back is tried, measured and repeated by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from holdfast.core import Value
from holdfast.mitigate.safety_rows import SafetySet
from holdfast.training.config import TrainConfig

__all__ = ["Applied", "Progress", "Repair", "RepairCase", "Stage", "safety_words"]

Stage = Literal["data", "training", "weights", "decoding"]
"""Where a repair takes hold: in the rows before training, in the training itself, in the finished weights, or in each answer."""

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done so far, total); what it raises stops the repair."""


class RepairCase(Value, frozen=True, kw_only=True):
    """A fine-tune that lost safety, and what there is to repair it with."""

    base: str
    """The model before the fine-tune: a reference (design.md section 5)."""
    tuned: str
    """The fine-tune."""
    unaligned: str | None = None
    """The base before it was aligned; None leaves out what is measured from it."""
    data: Path | None = None
    """The rows it was trained on; None leaves only repairs that need none."""
    safety: str = "builtin"
    """Where safety rows come from, as `holdfast mitigate mix --safety` takes it."""
    look_alikes: str | None = None
    """Where benign look-alikes come from, as `--look-alikes` takes it; None is the same source."""
    safety_rows: SafetySet | None = None
    """The rows themselves; None leaves only repairs that need none."""
    systems: tuple[str, ...] = ()
    """System prompts in play besides the default one: those of the data, the obedient agent's."""
    training: TrainConfig | None = None
    """How the fine-tune was trained, `model` the base and `data` the rows; None leaves only repairs that need no training."""
    by_likelihood: bool = False
    """What must be kept of the task is told by log probabilities alone: no questions were given, and the policy asks for the gain."""
    work: Path
    """Folder for what several strengths of a repair share, such as a mixed file or a model in between."""
    seed: int = 0


def safety_words(case: RepairCase) -> list[str]:
    """Return the options by which `holdfast mitigate mix` and `realign` take the safety rows of a case."""
    words = ["--safety", case.safety]
    if case.look_alikes is not None:
        words += ["--look-alikes", case.look_alikes]
    for system in case.systems:
        words += ["--also-under", system]
    return [*words, "--seed", str(case.seed)]


class Applied(Value, frozen=True, kw_only=True):
    """A repaired model."""

    reference: str
    """To give to `holdfast compare`."""
    commands: tuple[str, ...]
    """What to type to make the same model by hand, in order; they write what lies at `reference`."""
    notes: tuple[str, ...] = ()
    """What the method itself has to say, one sentence each."""


class Repair(Protocol):
    """One way to win safety back."""

    name: str
    """For example 'scale'; it names trials and their folders."""
    title: str
    """What it does, in one sentence for people."""
    stage: Stage
    trains: bool
    """Whether a model has to be trained for it."""
    strengths: tuple[float, ...]
    """To try, from the one that changes the fine-tune least."""
    strength_means: str
    """What the number is, for people: 'share of safety rows'."""
    costs: str
    """What it takes besides the time of the trial: when training, and at every answer for as long as the model is used."""

    def unfit(self, case: RepairCase) -> str | None:
        """Return why the repair cannot be tried here, in a sentence without its end; None where it can."""
        ...

    def apply(self, case: RepairCase, strength: float, out: Path, progress: Progress) -> Applied:
        """Make the repaired model in the new folder `out`; raises a HoldfastError where that cannot be."""
        ...
