"""Asking block by block, and looking after each, until every gate is settled, every prompt asked, or a budget spent."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from holdfast.compare.asking import Progress, Question, Side, answer_all
from holdfast.compare.deciding.settling import evidence_of, settled
from holdfast.compare.deciding.streams import Stream
from holdfast.compare.early_stop import EarlyStop, Stop, StreamFacts
from holdfast.compare.facts import JudgeFacts
from holdfast.compare.grading import grade_all
from holdfast.compare.pairs import pair_up
from holdfast.core import Grade, Prompt, Response
from holdfast.plugins import Judge, Sampling
from holdfast.policy import Gate
from holdfast.runs import RunFolder

__all__ = ["Budget", "ask_until_decided"]


class Budget(NamedTuple):
    """Where asking ends although nothing is settled."""

    tokens: int | None = None
    """Answered by both sides together."""
    minutes: float | None = None


class _Progress(NamedTuple):
    """One stream on its way."""

    stream: Stream
    looks: int = 0
    stop: Stop | None = None

    @property
    def asked(self) -> tuple[Prompt, ...]:
        return tuple(prompt for block in self.stream.blocks[: self.looks] for prompt in block)


def ask_until_decided(
    streams: Sequence[Stream],
    sides: Sequence[Side],
    judge: Judge,
    *,
    gates: Sequence[Gate],
    domains: Mapping[str, str],
    sampling: Sampling,
    samples: int,
    bank: bool,
    budget: Budget,
    run: RunFolder,
    progress: Progress,
) -> tuple[list[Response], EarlyStop]:
    """Ask both sides the same blocks of every stream that is not settled; return responses, and how it stopped.

    What a run folder holds already is not asked again, and looks happen at the same places, so a run that was killed ends
    with the same bytes. Budgets are looked at after each block.
    """
    started = time.monotonic()
    log, grades = run.evidence("responses"), run.evidence("grades")
    facts = JudgeFacts(card=judge.card, ledger=judge.ledger)
    prompts = {prompt.id: prompt for stream in streams for block in stream.blocks for prompt in block}
    states = [_Progress(stream) for stream in streams]
    missing: list[Response] = []
    while open_ := [place for place, state in enumerate(states) if state.stop is None]:
        asked = [question for place in open_ for question in _questions(states[place], samples)]
        look = max(state.looks for state in states)
        for side in sides:
            missing += answer_all(side, asked, sampling, log, _quiet, prefix=f"look{look}-")
        for place in open_:
            states[place] = states[place]._replace(looks=states[place].looks + 1)
        responses = log.read(Response)
        tokens = sum(response.tokens or 0 for response in responses)
        if missing:
            states = [_stopped(state, "interrupted") for state in states]
            break
        graded = grade_all(responses, prompts, judge, grades, _quiet)
        states = _look(states, graded, facts, domains, bank)
        states = [_stopped(state, stop) for state in states] if (stop := _spent(budget, tokens, started)) else states
        progress("asking until decided", sum(len(state.asked) for state in states), sum(stream.total for stream in streams))
    responses = log.read(Response)
    return [*responses, *missing], _facts(states, gates, sampling.seed, bank, sum(response.tokens or 0 for response in responses))


def _quiet(what: str, done: int, total: int) -> None:
    """Blocks are too short to report on."""


def _questions(state: _Progress, samples: int) -> list[Question]:
    block = state.stream.blocks[state.looks]
    return [Question(prompt, state.stream.condition, sample) for prompt in block for sample in range(samples)]


def _look(
    states: Sequence[_Progress], grades: Sequence[Grade], judge: JudgeFacts, domains: Mapping[str, str], bank: bool
) -> list[_Progress]:
    """Return the states after a look at all evidence so far."""
    streams = [state.stream for state in states]
    prompts = list({prompt.id: prompt for state in states for prompt in state.asked}.values())
    answers = [grade for grade in grades if grade.part == "answer"]
    pairs = pair_up(answers, prompts, tuple(dict.fromkeys(stream.condition.name for stream in streams)))
    evidence = evidence_of(streams, pairs, judge, domains, bank=bank, by_category=False)
    return [_after(state, settled(state.stream, evidence)) for state in states]


def _after(state: _Progress, decided: bool) -> _Progress:
    if decided:
        return _stopped(state, "decided")
    return _stopped(state, "exhausted") if state.looks == len(state.stream.blocks) else state


def _stopped(state: _Progress, stop: Stop) -> _Progress:
    return state if state.stop is not None else state._replace(stop=stop)


def _spent(budget: Budget, tokens: int, started: float) -> Stop | None:
    if budget.tokens is not None and tokens >= budget.tokens:
        return "out of tokens"
    if budget.minutes is not None and time.monotonic() - started >= budget.minutes * 60:
        return "out of time"
    return None


def _facts(states: Sequence[_Progress], gates: Sequence[Gate], seed: int, bank: bool, tokens: int) -> EarlyStop:
    return EarlyStop(
        seed=seed,
        bank=bank,
        gates=tuple(gates),
        streams=tuple(
            StreamFacts(
                condition=state.stream.condition.name,
                expected=state.stream.expected,
                asked=len(state.asked),
                total=state.stream.total,
                looks=state.looks,
                stop=state.stop or "interrupted",
            )
            for state in states
        ),
        tokens=tokens,
    )
