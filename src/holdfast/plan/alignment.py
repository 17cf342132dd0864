"""How safety is built along the pipeline and undone at its end, and at what cost: the article's formulas, with their inputs open."""

from __future__ import annotations

from functools import cache

from holdfast.core import InputError, Value
from holdfast.plan.reading import shipped

__all__ = ["AlignmentBook", "AlignmentInputs", "AlignmentPath", "Stage", "StageText", "alignment_book", "build_and_undo"]

_SHARE_PRE, _SHARE_SFT, _SHARE_RLHF, _SHARE_ATTACK = 0.3, 0.3, 0.4, 0.5
_FULL_SFT, _FULL_RLHF, _FULL_ATTACK = 10_000, 200_000, 200
_CEILING, _FLOOR = 0.95, 0.1


class StageText(Value, frozen=True, kw_only=True):
    """What the book says of a stage."""

    name: str
    formula: str
    cost: float
    """In units of which pre-training costs 1000 by default."""
    data: str
    """Amount of data, or the name of the input that is it."""
    vulnerability: float
    """0 to 1."""


class AlignmentBook(Value, frozen=True, kw_only=True):
    """What `alignment.yaml` holds."""

    title: str
    source: str
    caution: str
    stages: tuple[StageText, ...]


class AlignmentInputs(Value, frozen=True, kw_only=True):
    """The formulas' inputs; the defaults are the article's."""

    data_quality: float = 0.5
    """Of pre-training data, 0 to 1."""
    safety_examples: float = 5000
    comparisons: float = 100_000
    adversarial_examples: float = 100
    pretraining_cost: float = 1000
    sft_cost: float = 10
    rlhf_cost: float = 50
    attack_cost: float = 0.1

    def __post_init__(self) -> None:
        """Refuse what the formulas are not made for; raises InputError."""
        if not 0 <= self.data_quality <= 1:
            raise InputError(f"--data-quality must be between 0 and 1, got {self.data_quality!r}.")
        for name in self.__struct_fields__[1:]:
            value = getattr(self, name)
            if not (0 <= value < float("inf")) or (name == "attack_cost" and value == 0):
                least = "above 0" if name == "attack_cost" else "0 or more"
                raise InputError(f"--{name.replace('_', '-')} must be a number {least}, got {value!r}.")


class Stage(Value, frozen=True, kw_only=True):
    """Where safety stands after a stage."""

    name: str
    safety: float
    cost: float
    data: float
    vulnerability: float


class AlignmentPath(Value, frozen=True, kw_only=True):
    """Safety stage by stage, and what it costs to build against what it costs to undo."""

    inputs: AlignmentInputs
    stages: tuple[Stage, ...]
    build_cost: float
    undo_cost: float
    asymmetry: float
    """`build_cost / undo_cost`: how many times cheaper it is to undo."""


@cache
def alignment_book() -> AlignmentBook:
    """Return what ships about the stages."""
    return shipped("alignment", AlignmentBook)


def build_and_undo(inputs: AlignmentInputs) -> AlignmentPath:
    """Return safety along the pipeline; with the defaults 0.15, 0.30, 0.50, 0.25 and an asymmetry of 10600."""
    pretrained = _SHARE_PRE * inputs.data_quality
    tuned = pretrained + _SHARE_SFT * min(1.0, inputs.safety_examples / _FULL_SFT)
    uncapped = tuned + _SHARE_RLHF * min(1.0, inputs.comparisons / _FULL_RLHF)
    degradation = _SHARE_ATTACK * min(1.0, inputs.adversarial_examples / _FULL_ATTACK)
    safety = (pretrained, tuned, min(_CEILING, uncapped), max(_FLOOR, uncapped - degradation))
    data = (1e9, inputs.safety_examples, inputs.comparisons, inputs.adversarial_examples)
    costs = (inputs.pretraining_cost, inputs.sft_cost, inputs.rlhf_cost, inputs.attack_cost)
    stages = tuple(
        Stage(name=text.name, safety=level, cost=cost, data=amount, vulnerability=text.vulnerability)
        for text, level, cost, amount in zip(alignment_book().stages, safety, costs, data, strict=True)
    )
    build = sum(costs[:3])
    return AlignmentPath(inputs=inputs, stages=stages, build_cost=build, undo_cost=costs[3], asymmetry=build / costs[3])
