"""From graded responses to what a comparison found: needs no model, so another judge can conclude from the same responses."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.compare.deciding.measuring import as_stopped_early, measure_anytime
from holdfast.compare.deciding.streams import streams_of
from holdfast.compare.early_stop import EarlyStop
from holdfast.compare.facts import Comparison, JudgeFacts, ModelFacts, SuiteFacts
from holdfast.compare.families import adjust_families
from holdfast.compare.flips import count_flips, list_flips
from holdfast.compare.harmfulness import measure_harmfulness
from holdfast.compare.measuring import measure_pairs
from holdfast.compare.pairs import PromptPair, pair_up
from holdfast.compare.patterns import describe_patterns, measure_lengths, measure_thinking
from holdfast.compare.safety import measure_safety
from holdfast.compare.toxic import measure_toxicity
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
    early_stop: EarlyStop | None = None
    """How asking stopped, where it could stop early."""
    not_assessed: dict[str, str]
    command: str
    version: str


def paired_answers(asked: Asked, grades: Sequence[Grade]) -> list[PromptPair]:
    """Join one judge's grades of answers by condition and prompt; grades of thinking are left out."""
    names = tuple(condition.name for condition in asked.conditions)
    return pair_up([grade for grade in grades if grade.part == "answer"], asked.prompts, names)


def _measured(
    asked: Asked, pairs: Sequence[PromptPair], judge: JudgeFacts, responses: Sequence[Response], grades: Sequence[Grade]
) -> list[Measurement]:
    domains = {suite.name: suite.domain for suite in asked.suites}
    described = [*measure_lengths(responses), *measure_thinking(grades)]
    if asked.early_stop is None:
        seed = asked.sampling.seed
        rates = adjust_families(measure_pairs(pairs, judge, seed=seed, domains=domains))
        harmfulness = measure_harmfulness(pairs, judge, seed=seed, domains=domains)
        return [*rates, *measure_safety(pairs, judge, domains=domains), *harmfulness, *measure_toxicity(pairs, judge), *described]
    stop = asked.early_stop
    streams = streams_of(_suites(asked), stop.gates, seed=stop.seed)
    return [*measure_anytime(streams, pairs, judge, domains=domains, bank=stop.bank), *as_stopped_early(described)]


def _suites(asked: Asked) -> list[tuple[list[Prompt], list[Condition]]]:
    """Return prompts and conditions suite by suite, as they were asked."""
    named = {condition.name: condition for condition in asked.conditions}
    prompts = iter(asked.prompts)
    return [([next(prompts) for _ in range(suite.n)], [named[name] for name in suite.conditions]) for suite in asked.suites]


def conclude(asked: Asked, responses: Sequence[Response], judge: Judge, grades: Sequence[Grade]) -> Comparison:
    """Measure what `judge` saw: `grades` are its own, of all `responses`."""
    pairs = paired_answers(asked, grades)
    by_key = {grade.key: grade for grade in grades if grade.part == "answer"}
    facts, seed = JudgeFacts(card=judge.card, ledger=judge.ledger), asked.sampling.seed
    measured = [*asked.checks, *_measured(asked, pairs, facts, responses, grades)]
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
        early_stop=asked.early_stop,
        not_assessed=asked.not_assessed,
        command=asked.command,
        version=asked.version,
        seed=seed,
    )
