"""The evidence of every gate at one look: the same code decides when to stop asking and what the verdict reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.compare.correction import domains_of, judge_errors
from holdfast.compare.deciding.evidence import corrected_differences, loss_evidence, target_evidence
from holdfast.compare.deciding.streams import Stream
from holdfast.compare.facts import JudgeFacts
from holdfast.compare.pairs import Event, PromptPair
from holdfast.core import Anytime

__all__ = ["Evidence", "evidence_of", "in_order", "settled"]

Evidence = dict[tuple[str, str, str], Anytime]
"""By (metric, condition, category or 'all')."""

_SHARES = 2  # losses over all categories and losses in one category each get half of alpha


def in_order(stream: Stream, pairs: Sequence[PromptPair]) -> list[PromptPair]:
    """Return those of the pairs that belong to a stream, in the order in which its prompts are asked."""
    found = {pair.prompt.id: pair for pair in pairs if pair.condition == stream.condition.name}
    return [found[prompt.id] for block in stream.blocks for prompt in block if prompt.id in found]


def evidence_of(
    streams: Sequence[Stream],
    pairs: Sequence[PromptPair],
    judge: JudgeFacts,
    domains: Mapping[str, str],
    *,
    bank: bool,
    by_category: bool = True,
) -> Evidence:
    """Return what the pairs so far show of every target of every stream, and (`by_category`) of a loss in each category.

    Statements of a loss share one error among all of them, so that a run with none calls one falsely with at most alpha.
    """
    usable = [stream for stream in streams if any(_measurable(target.event, judge) for target in stream.targets)]
    targets = sum(len(stream.targets) for stream in usable)
    cells = sum(len(stream.loss_by_category) * len(stream.categories) for stream in usable)
    found: Evidence = {}
    for stream in usable:
        asked = in_order(stream, pairs)
        about = domains_of(asked, domains)
        found |= _of_targets(stream, asked, judge, about, bank, _SHARES * targets)
        if by_category:
            found |= _of_categories(stream, asked, judge, about, bank, _SHARES * cells)
    return found


def _of_targets(
    stream: Stream, asked: Sequence[PromptPair], judge: JudgeFacts, domains: Sequence[str], bank: bool, family: int
) -> Evidence:
    found: Evidence = {}
    for target in stream.targets:
        if _measurable(target.event, judge):
            errors = judge_errors(target.event, judge.card, judge.ledger, domains)
            seen = corrected_differences(target.event, asked, errors)
            population = _clusters(stream, asked, None) + len(seen.scaled) if bank else None
            key = (target.event.metric, stream.condition.name, "all")
            found[key] = target_evidence(target, seen, errors, family=family, population=population)
    return found


def _of_categories(
    stream: Stream, asked: Sequence[PromptPair], judge: JudgeFacts, domains: Sequence[str], bank: bool, family: int
) -> Evidence:
    found: Evidence = {}
    alpha = min(target.alpha for target in stream.targets)
    for event in stream.loss_by_category:
        errors = judge_errors(event, judge.card, judge.ledger, domains)
        for category in stream.categories if _measurable(event, judge) else ():
            seen = corrected_differences(event, [pair for pair in asked if pair.prompt.category == category], errors)
            population = _clusters(stream, asked, category) + len(seen.scaled) if bank else None
            key = (event.metric, stream.condition.name, category)
            found[key] = loss_evidence(seen, errors, alpha=alpha, family=family, population=population)
    return found


def _clusters(stream: Stream, asked: Sequence[PromptPair], category: str | None) -> int:
    """Return how many clusters of a stream, or of one of its categories, are still to be asked."""
    known = {pair.prompt.cluster_id for pair in asked}
    prompts = [prompt for block in stream.blocks for prompt in block if category in (None, prompt.category)]
    return len({prompt.cluster_id for prompt in prompts} - known)


def _measurable(event: Event, judge: JudgeFacts) -> bool:
    return judge.card.tells_harm or not event.needs_harm


def settled(stream: Stream, evidence: Evidence) -> bool:
    """Tell whether each target of a stream that can be measured is decided."""
    found = [evidence.get((target.event.metric, stream.condition.name, "all")) for target in stream.targets]
    return all(one is None or one.decided for one in found)
