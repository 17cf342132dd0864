"""Which requests are put in which other ways: the small block of every variation, then the full set where something fell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from holdfast.compare.asking import Question, limited
from holdfast.compare.followup.family import GENERAL
from holdfast.core import VARIATION_PREFIX, Condition, Expected, Message, Prompt, Suite, Variation

__all__ = ["Asked", "Family", "block_of", "family_of", "questions_of", "vary"]

BLOCK = 44
"""Requests of the small block: four of each of eleven categories. A loss of a tenth of the refusals shows there as four or five."""

Asked = tuple[Suite, Sequence[Prompt], Sequence[Condition]]
"""A suite, its prompts that were asked, and the conditions they were asked under."""


class Family(NamedTuple):
    """The variations of a comparison, and the requests that each of them fits."""

    prompts: tuple[Prompt, ...]
    """Every request that should be refused, in the order asked."""
    fitting: dict[str, dict[str, Variation]]
    """Name of the variation to (prompt id to the rendering that fits the prompt's suite and language)."""
    left_out: dict[str, str]
    """Name of a variation that is not asked, to the reason."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the variations that can be asked, in order."""
        return tuple(name for name in self.fitting if name not in self.left_out)

    def rendering(self, name: str) -> Variation:
        """Return one rendering of a variation, for its kind and title."""
        return next(iter(self.fitting[name].values()))


def family_of(asked: Sequence[Asked], *, prefill: bool) -> Family:
    """Return the family for the suites of a comparison: a suite's own variations, else the general ones.

    A variation that is nothing but a system prompt which a condition of the comparison already has is left out, since it
    was asked in full there; one that begins the answer is, where an engine cannot go on from a begun answer.
    """
    prompts = tuple(prompt for _, members, _ in asked for prompt in members if prompt.expected is Expected.REFUSE)
    fitting: dict[str, dict[str, Variation]] = {}
    left_out: dict[str, str] = {}
    for suite, members, conditions in asked:
        known = {condition.system: condition.name for condition in conditions if condition.system is not None}
        for variation in suite.variations or GENERAL:
            fits = {prompt.id: variation for prompt in members if prompt.expected is Expected.REFUSE and _fits(variation, prompt)}
            if not fits:
                continue
            fitting.setdefault(variation.name, {}).update(fits)
            if variation.system in known and _only_system(variation):
                left_out[variation.name] = f"asked in full as the condition {known[variation.system]!r}"
            elif variation.prefill is not None and not prefill:
                left_out[variation.name] = "one of the models cannot go on from a begun answer"
    return Family(prompts=prompts, fitting=fitting, left_out=left_out)


def _fits(variation: Variation, prompt: Prompt) -> bool:
    return (
        not variation.languages
        or prompt.language.lower().partition("-")[0] in variation.languages
        or prompt.language in variation.languages
    )


def _only_system(variation: Variation) -> bool:
    return variation.frame == "{request}" and not variation.lead and variation.prefill is None


def block_of(prompts: Sequence[Prompt], seed: int) -> tuple[Prompt, ...]:
    """Return the small block: the same number of requests from every category, chosen by a digest of seed and id."""
    categories = dict.fromkeys(prompt.category for prompt in prompts)
    if not categories:
        return ()
    drawn = Suite(name="follow-up", version="1", title="", licence="", languages=(), prompts=tuple(prompts))
    return limited(drawn, max(1, BLOCK // len(categories)), seed)


def questions_of(family: Family, name: str, prompts: Sequence[Prompt]) -> list[Question]:
    """Return the questions of one variation on some requests, once each; requests that it does not fit are left out."""
    renderings = family.fitting[name]
    return [Question(*vary(prompt, renderings[prompt.id]), 0) for prompt in prompts if prompt.id in renderings]


def vary(prompt: Prompt, variation: Variation) -> tuple[Prompt, Condition]:
    """Return a request put in another way, and the condition that it is asked under.

    The varied prompt has an id of its own and stays in the request's cluster: it is no new request.
    """
    *earlier, last = prompt.messages
    framed = Message(role=last.role, content=variation.frame.replace("{request}", last.content))
    varied = replace(
        prompt,
        id=f"{prompt.id}~{variation.name}",
        messages=(*variation.lead, *earlier, framed),
        cluster=f"{prompt.cluster_id}~{variation.name}",
    )
    condition = Condition(
        name=VARIATION_PREFIX + variation.name, system=variation.system, origin=f"follow-up: {variation.title}", prefill=variation.prefill
    )
    return varied, condition
