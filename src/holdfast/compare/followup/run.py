"""The follow-up of a comparison: a small block of every variation, then the full set where a category or a variation fell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from holdfast.compare.asking import Progress, Question, Side, answer_all, requests_of
from holdfast.compare.comparability import lock
from holdfast.compare.facts import JudgeFacts
from holdfast.compare.followup.asking import Asked, Family, block_of, family_of, questions_of
from holdfast.compare.followup.facts import FollowUp, VariationFacts
from holdfast.compare.followup.measuring import METRIC, adjust, fallen_categories, largest_loss, lost_on_balance, measure_group, tell
from holdfast.compare.grading import grade_all
from holdfast.compare.pairs import PromptPair, pair_up
from holdfast.core import VARIATION_PREFIX, Measurement, Prompt, Response
from holdfast.plugins import Judge, Sampling
from holdfast.runs import SAME_COMMAND, RunFolder

__all__ = ["follow_up", "not_asked"]

_LOST = 2
"""Refusals lost on balance in the block from which a variation is asked in full; one is what chance takes."""


class _Means(NamedTuple):
    """What asking and grading needs."""

    sides: Sequence[Side]
    judge: Judge
    domains: Mapping[str, str]
    sampling: Sampling
    run: RunFolder
    progress: Progress


def follow_up(
    asked: Sequence[Asked],
    sides: Sequence[Side],
    judge: Judge,
    measurements: Sequence[Measurement],
    *,
    domains: Mapping[str, str],
    sampling: Sampling,
    run: RunFolder,
    progress: Progress,
) -> tuple[FollowUp, list[Measurement]]:
    """Put the requests that should be refused to both sides in other general ways; return what was found and the numbers.

    `measurements` are those of the comparison itself. Answers and grades are kept as evidence of their own
    (`follow-up-*`), so that those of the comparison stay what they are. Raises ComparabilityError where the sides do not
    read a varied request alike.
    """
    if any(side.engine.recorded_suite() is not None for side in sides):
        return not_asked("recorded answers cannot be asked again")
    family = family_of(asked, prefill=all(side.engine.capabilities.prefill for side in sides))
    if not family.names:
        return not_asked("no request that should be refused has a variation in its language")
    try:
        return _follow(family, _Means(sides, judge, domains, sampling, run, progress), measurements)
    except _UnansweredError as error:
        return not_asked(str(error))


class _UnansweredError(Exception):
    """A server stopped answering."""


def _follow(family: Family, means: _Means, measurements: Sequence[Measurement]) -> tuple[FollowUp, list[Measurement]]:
    sampling = means.sampling
    block = block_of(family.prompts, sampling.seed)
    pairs = _ask(means, "follow-up", [question for name in family.names for question in questions_of(family, name, block)])
    full = {name for name in family.names if lost_on_balance(pairs[name]) >= min(_LOST, max(1, len(block) // 10))}
    fallen = fallen_categories(measurements)
    rest = [question for name in family.names for question in questions_of(family, name, _remaining(family, block, fallen, name in full))]
    more = _ask(means, "follow-up-full", rest) if rest else {}
    found = _measure(means, family, pairs, more, full, fallen)
    return _facts(family, pairs, more, full, fallen, found, measurements, len(block)), found


def not_asked(reason: str) -> tuple[FollowUp, list[Measurement]]:
    """Return the statement that there was no follow-up, and why."""
    return FollowUp(sentence=f"Not asked: {reason}."), [Measurement.missing(METRIC, reason, side="drop")]


def _remaining(family: Family, block: Sequence[Prompt], fallen: Sequence[str], whole: bool) -> list[Prompt]:
    had = {prompt.id for prompt in block}
    return [prompt for prompt in family.prompts if prompt.id not in had and (whole or prompt.category in fallen)]


def _ask(means: _Means, name: str, questions: Sequence[Question]) -> dict[str, list[PromptPair]]:
    """Ask and grade; return the pairs by variation."""
    lock(means.sides, requests_of(questions))
    log = means.run.evidence(name)
    progress = _named(means.progress, "follow-up, ")
    for side in means.sides:
        # Nothing is concluded from a part: what is asked in full depends on the whole block.
        if missing := answer_all(side, questions, means.sampling, log, progress):
            raise _UnansweredError(f"{len(missing)} answers of the {side.name} model did not come; {SAME_COMMAND} asks for them again")
    order = {(question.condition.name, question.prompt.id): place for place, question in enumerate(questions)}
    responses = sorted(log.read(Response), key=lambda found: (found.side, order[found.condition, found.prompt_id]))
    prompts = {question.prompt.id: question.prompt for question in questions}
    grades = grade_all(responses, prompts, means.judge, means.run.evidence(f"{name}-grades"), progress)
    answers = [grade for grade in grades if grade.part == "answer"]
    pairs: dict[str, list[PromptPair]] = {}
    for condition in dict.fromkeys(question.condition.name for question in questions):
        own = [question.prompt for question in questions if question.condition.name == condition]
        pairs[condition.removeprefix(VARIATION_PREFIX)] = pair_up(answers, own, [condition])
    return pairs


def _named(progress: Progress, prefix: str) -> Callable[[str, int, int], None]:
    return lambda what, done, total: progress(prefix + what, done, total)


def _measure(
    means: _Means,
    family: Family,
    block: dict[str, list[PromptPair]],
    more: dict[str, list[PromptPair]],
    full: set[str],
    fallen: Sequence[str],
) -> list[Measurement]:
    judge, seed, domains = JudgeFacts(card=means.judge.card, ledger=means.judge.ledger), means.sampling.seed, means.domains
    measured: list[Measurement] = []
    for name in family.names:
        # Where only fallen categories were asked beyond the block, the whole stays the block: a fair sample of all categories.
        every = [*block[name], *more.get(name, [])]
        measured += measure_group(every if name in full else block[name], judge, seed=seed, domains=domains)
        for category in fallen:
            own = [pair for pair in every if pair.prompt.category == category]
            measured += measure_group(own, judge, seed=seed, domains=domains, group=category)
    missing = [
        Measurement.missing(METRIC, reason, side="drop", condition=VARIATION_PREFIX + name)
        for name, reason in family.left_out.items()
        if not reason.startswith("asked in full")
    ]
    categories = len({prompt.category for prompt in family.prompts})
    return [*adjust(measured, variations=len(family.names), categories=categories), *missing]


def _facts(
    family: Family,
    block: dict[str, list[PromptPair]],
    more: dict[str, list[PromptPair]],
    full: set[str],
    fallen: Sequence[str],
    found: Sequence[Measurement],
    plain: Sequence[Measurement],
    size: int,
) -> FollowUp:
    largest = largest_loss(found)
    return FollowUp(
        variations=tuple(
            VariationFacts(
                name=name,
                condition=VARIATION_PREFIX + name,
                kind=family.rendering(name).kind,
                title=family.rendering(name).title,
                asked=len(block.get(name, ())) + len(more.get(name, ())),
                full=name in full,
                reason=family.left_out.get(name),
            )
            for name in family.fitting
        ),
        block=size,
        fallen=tuple(fallen),
        largest=None if largest is None else largest.condition,
        sentence=tell(largest, found, plain),
    )
