"""From graded responses to what a comparison found: needs no model, so another judge can conclude from the same responses."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.compare.facts import Comparison, JudgeFacts, ModelFacts, SuiteFacts
from holdfast.compare.families import adjust_families
from holdfast.compare.flips import count_flips, list_flips
from holdfast.compare.measuring import measure_pairs
from holdfast.compare.pairs import PromptPair, pair_up
from holdfast.compare.patterns import describe_patterns, measure_lengths, measure_thinking
from holdfast.compare.safety import measure_safety
from holdfast.core import Condition, Grade, Measurement, Prompt, Response, Value
from holdfast.plugins import Judge, Sampling

__all__ = ["Asked", "conclude", "paired_answers"]


class Asked(Value, frozen=True, kw_only=True):
    """What was asked and answered: everything of a comparison that no judge had a part in."""

    title: str
    base: ModelFacts
    tuned: ModelFacts
    suites: tuple[SuiteFacts, ...]
    conditions: tuple[Condition, ...]
    prompts: tuple[Prompt, ...]
    """In the order asked."""
    sampling: Sampling
    samples: int
    checks: tuple[Measurement, ...]
    """What was measured without grades."""
    not_assessed: dict[str, str]
    command: str
    version: str


def paired_answers(asked: Asked, grades: Sequence[Grade]) -> list[PromptPair]:
    """Join one judge's grades of answers by condition and prompt; grades of thinking are left out."""
    names = tuple(condition.name for condition in asked.conditions)
    return pair_up([grade for grade in grades if grade.part == "answer"], asked.prompts, names)


def conclude(asked: Asked, responses: Sequence[Response], judge: Judge, grades: Sequence[Grade]) -> Comparison:
    """Measure what `judge` saw: `grades` are its own, of all `responses`."""
    pairs = paired_answers(asked, grades)
    by_key = {grade.key: grade for grade in grades if grade.part == "answer"}
    facts, seed = JudgeFacts(card=judge.card, ledger=judge.ledger), asked.sampling.seed
    domains = {suite.name: suite.domain for suite in asked.suites}
    measured = [
        *asked.checks,
        *adjust_families(measure_pairs(pairs, facts, seed=seed, domains=domains)),
        *measure_safety(pairs, facts, domains=domains),
        *measure_lengths(responses),
        *measure_thinking(grades),
    ]
    return Comparison(
        title=asked.title,
        base=asked.base,
        tuned=asked.tuned,
        suites=asked.suites,
        conditions=asked.conditions,
        judges=(facts,),
        sampling=asked.sampling,
        samples=asked.samples,
        measurements=tuple(measured),
        patterns=tuple(describe_patterns(responses, by_key)),
        flips=tuple(list_flips(pairs, {response.key: response for response in responses})),
        flip_counts=tuple(count_flips(pairs)),
        not_assessed=asked.not_assessed,
        command=asked.command,
        version=asked.version,
        seed=seed,
    )
