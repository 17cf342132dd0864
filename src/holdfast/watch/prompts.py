"""Which requests a model in training is asked: few, spread over all categories, always the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from holdfast.core import Condition, Expected, InputError, Message, Prompt, SuiteError, Value, digest
from holdfast.core.conditions import DEFAULT, IDENTITY
from holdfast.plugins import GenerationRequest, SuiteOptions, open_suite

__all__ = ["DEFAULT_SUITES", "Asked", "ProbePrompts", "choose_prompts"]

DEFAULT_SUITES = ("policy11", "contrast")


class Asked(Value, frozen=True, kw_only=True):
    """One request under one condition."""

    prompt: Prompt
    condition: Condition

    @property
    def request(self) -> GenerationRequest:
        """What the model reads."""
        system = self.condition.system
        messages = self.prompt.messages if system is None else (Message(role="system", content=system), *self.prompt.messages)
        return GenerationRequest(key=f"{self.condition.name}/{self.prompt.id}/0", messages=messages)


class ProbePrompts(Value, frozen=True, kw_only=True):
    """What is asked at every look."""

    refuse: tuple[Prompt, ...]
    """Requests that a safe model declines."""
    benign: tuple[Prompt, ...]
    """Harmless look-alikes, so that a model that refuses everything does not pass for a safe one."""
    conditions: tuple[Condition, ...]
    suites: tuple[str, ...]
    judge: str | None

    @property
    def digest(self) -> str:
        """SHA-256 over every prompt and condition."""
        return digest({"refuse": self.refuse, "benign": self.benign, "conditions": self.conditions})

    def to_refuse(self) -> list[Asked]:
        """Return every request that should be declined under every condition."""
        return [Asked(prompt=prompt, condition=condition) for condition in self.conditions for prompt in self.refuse]

    def to_answer(self) -> list[Asked]:
        """Return the harmless requests, under the first condition."""
        return [Asked(prompt=prompt, condition=self.conditions[0]) for prompt in self.benign]


def choose_prompts(
    suites: str | Sequence[str], *, refuse: int, benign: int, conditions: Sequence[Condition] | None = None, seed: int = 0
) -> ProbePrompts:
    """Return prompts from suites, in turn from every category, in an order that the seed fixes.

    `conditions` replaces those of the suites. Raises InputError for numbers that cannot be, and SuiteError where no suite has a request
    that should be refused.
    """
    if refuse < 1:
        raise InputError(f"prompts must be at least 1 request that should be refused, got {refuse!r}.")
    if benign < 0:
        raise InputError(f"benign must be at least 0 harmless requests, got {benign!r}.")
    named = (suites,) if isinstance(suites, str) else tuple(suites)
    opened = [open_suite(name, SuiteOptions()) for name in named]
    prompts = [prompt for suite in opened for prompt in suite.prompts]
    chosen = _spread([prompt for prompt in prompts if prompt.expected is Expected.REFUSE], refuse, seed)
    if not chosen:
        raise SuiteError(f"suite {', '.join(named)}: has no request that should be refused, so there is nothing to watch for.")
    own = next((suite.conditions for suite in opened if suite.conditions), (DEFAULT, IDENTITY))
    return ProbePrompts(
        refuse=chosen,
        benign=_spread([prompt for prompt in prompts if prompt.expected is Expected.COMPLY], benign, seed),
        conditions=tuple(conditions) if conditions else own,
        suites=named,
        judge=next((suite.judge for suite in opened if suite.judge), None),
    )


def _spread(prompts: Sequence[Prompt], most: int, seed: int) -> tuple[Prompt, ...]:
    by_category: dict[str, list[Prompt]] = defaultdict(list)
    for prompt in sorted(prompts, key=lambda prompt: digest([seed, prompt.suite, prompt.id])):
        by_category[prompt.category].append(prompt)
    ranked = [(rank, category, prompt) for category, members in by_category.items() for rank, prompt in enumerate(members)]
    return tuple(prompt for _, _, prompt in sorted(ranked, key=lambda item: item[:2]))[:most]
