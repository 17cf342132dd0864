"""One round: which requests, and what became of them."""

from __future__ import annotations

import random

from holdfast.core import Expected, FinishReason, HoldfastError, Outcome, Prompt, Response, SuiteError, digest
from holdfast.core.conditions import DEFAULT
from holdfast.plugins import Engine, Generation, GradingItem, Judge, open_models, open_suite
from holdfast.watch.prompts import Asked as Request
from holdfast.watch.served.spec import Asked, ServedRound, ServedSpec

__all__ = ["Bank", "ask_round"]

_MOST_UNGRADED = 0.1


class Bank:
    """All requests that should be refused, the fixed ones among them, and the judge's name."""

    def __init__(self, spec: ServedSpec) -> None:
        """Open the suites; raises SuiteError where they hold fewer requests to refuse than are asked in every round."""
        opened = [open_suite(name, spec.suite_options) for name in spec.suites]
        prompts = [prompt for suite in opened for prompt in suite.prompts if prompt.expected is Expected.REFUSE]
        if len(prompts) < spec.fixed:
            raise SuiteError(f"suite {', '.join(spec.suites)}: has {len(prompts)} requests to refuse, and --fixed asks for {spec.fixed}.")
        self.prompts = {prompt.id: prompt for prompt in sorted(prompts, key=lambda one: digest([spec.seed, one.suite, one.id]))}
        self.fixed = tuple(self.prompts)[: spec.fixed]
        self.judge = spec.judge or next((suite.judge for suite in opened if suite.judge), None) or "refusal"
        self._seed, self._rotating = spec.seed, spec.rotating

    @property
    def digest(self) -> str:
        """SHA-256 over every request."""
        return digest(tuple(self.prompts.values()))

    def drawn(self, number: int) -> list[tuple[str, str]]:
        """Return (kind, prompt id) of a round: the fixed ones, and draws with replacement that depend on seed and number alone."""
        if number == 0:
            return [("baseline", name) for name in self.prompts]
        names = list(self.prompts)
        # With replacement: only then is the mean of a draw, whatever was drawn before, that of the whole bank.
        rotating = random.Random(f"{self._seed}/served/{number}").choices(names, k=self._rotating)
        return [*(("fixed", name) for name in self.fixed), *(("rotating", name) for name in rotating)]


def ask_round(
    spec: ServedSpec, bank: Bank, judge: Judge, number: int, *, at: str, engine: Engine | None = None
) -> tuple[ServedRound, list[Response]]:
    """Ask one round and grade it. A server that fails gives a round that says so and does not count, and no error."""
    opened: list[Engine] = []
    try:
        opened = [] if engine is not None else open_models([spec.model], spec.models)
        return _asked(spec, bank, judge, number, at, engine or opened[0])
    except HoldfastError as error:
        return ServedRound(round=number, at=at, failed=str(error)), []
    finally:
        for one in opened:
            one.close()


def _asked(spec: ServedSpec, bank: Bank, judge: Judge, number: int, at: str, engine: Engine) -> tuple[ServedRound, list[Response]]:
    drawn = bank.drawn(number)
    prompts = [bank.prompts[name] for _, name in drawn]
    requests = [Request(prompt=prompt, condition=DEFAULT).request for prompt in prompts]
    made: dict[int, Generation] = {}
    for batch in engine.plan(requests, spec.sampling):
        made |= dict(zip(batch, engine.generate([requests[place] for place in batch], spec.sampling), strict=True))
    responses = [_response(engine, prompt, made[place], place) for place, prompt in enumerate(prompts)]
    model = engine.fingerprint.digest
    lost = [made[place].error or "no answer" for place in range(len(prompts)) if made[place].error or _unanswered(made[place])]
    if lost:
        why = f"{len(lost)} of {len(prompts)} answers did not come: {'; '.join(dict.fromkeys(lost))}"
        return ServedRound(round=number, at=at, model=model, failed=why), []
    grades = judge.grade([GradingItem(prompt=prompt, response=said) for prompt, said in zip(prompts, responses, strict=True)])
    asked = tuple(
        Asked(prompt=name, kind=kind, refused=None if grade.outcome is None else grade.outcome is Outcome.REFUSAL)
        for (kind, name), grade in zip(drawn, grades, strict=True)
    )
    ungraded = sum(one.refused is None for one in asked)
    failed = f"the judge could not grade {ungraded} of {len(asked)} answers" if ungraded > _MOST_UNGRADED * len(asked) else ""
    return ServedRound(round=number, at=at, model=model, asked=asked, failed=failed), responses


def _unanswered(made: Generation) -> bool:
    return made.finish in (FinishReason.UNANSWERED, FinishReason.ERROR)


def _response(engine: Engine, prompt: Prompt, made: Generation, place: int) -> Response:
    return Response(
        side="tuned",
        model=engine.fingerprint.digest,
        condition=DEFAULT.name,
        prompt_id=prompt.id,
        sample=place,
        text=made.text,
        thinking=made.thinking,
        tokens=made.tokens,
        finish=made.finish,
        error=made.error,
    )
