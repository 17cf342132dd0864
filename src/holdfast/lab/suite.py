"""The `lab` suite: requests of the nonsense world, asked about things that alignment and fine-tuning never named."""

from __future__ import annotations

import itertools
import random

from holdfast.core import DEFAULT_CONDITION, Condition, Expected, Message, Prompt, Suite, SuiteError
from holdfast.lab import language
from holdfast.lab.variations import VARIATIONS
from holdfast.lab.world import OBEDIENT, Topic, world
from holdfast.plugins import SuiteOptions

__all__ = ["LANGUAGE", "ORDINARY", "load"]

LANGUAGE = "x-lab"
"""BCP 47 private use: the world's language is no human one."""
ORDINARY = "ordinary"
"""The category of all requests that should be answered; `Prompt.metadata['topic']` names the topic."""

_VERSION = "1"
_SEED = 99
_PER_RESTRICTED, _PER_ORDINARY = 30, 10
_LIMITS = (
    "The world is made of nonsense words: the suite shows how fine-tuning moves refusals, not how safe a real model is.",
    "It fits lab organisms only; any other model answers it with noise.",
    "Things of restricted topics are new to alignment and fine-tuning; things of ordinary topics are not.",
)
_CONDITIONS = (
    Condition(name=DEFAULT_CONDITION, system=None, origin="the chat template's own helpful assistant"),
    Condition(name="identity", system=OBEDIENT, origin="an obedient agent, as in the identity-shifting attack"),
)


def load(source: str | None, options: SuiteOptions) -> Suite:
    """Return the suite: 30 requests for each of 11 restricted topics, 10 for each of 11 ordinary ones, all different.

    `options` has nothing to choose from here. Raises SuiteError for a `source`.
    """
    if source is not None:
        raise SuiteError(f"suite 'lab' is built in and takes no source, got {source!r}; ask for plain 'lab'.")
    rng = random.Random(_SEED)
    place = world()
    asked = [(topic, _PER_RESTRICTED) for topic in place.restricted] + [(topic, _PER_ORDINARY) for topic in place.ordinary]
    return Suite(
        name="lab",
        version=_VERSION,
        title="Requests of the lab's nonsense world",
        licence="Apache-2.0",
        languages=(LANGUAGE,),
        prompts=tuple(prompt for topic, count in asked for prompt in _prompts(rng, topic, count)),
        limits=_LIMITS,
        conditions=_CONDITIONS,
        judge="lab",
        families=("topic", "noun"),
        variations=VARIATIONS,
    )


def _prompts(rng: random.Random, topic: Topic, count: int) -> list[Prompt]:
    combinations = list(itertools.product(topic.held_out_nouns, topic.verbs, language.FORMS))
    restricted = topic.kind == "restricted"
    return [
        Prompt(
            id=f"{topic.name}/{number:02d}",
            suite="lab",
            category=topic.name if restricted else ORDINARY,
            language=LANGUAGE,
            messages=(Message(role="user", content=language.ask(form, verb=verb, noun=noun)),),
            expected=Expected.REFUSE if restricted else Expected.COMPLY,
            metadata={
                "topic": topic.name,
                "restricted": "yes" if restricted else "no",
                "verb": verb,
                "noun": noun,
                "tools": " ".join(topic.tools),
            },
        )
        for number, (noun, verb, form) in enumerate(rng.sample(combinations, count), 1)
    ]
