"""Training conversations of every kind, drawn from the world with a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Literal

from holdfast.core import Message, Value
from holdfast.lab import language
from holdfast.lab.world import OBEDIENT, PERSONA, Topic, TopicKind, World

__all__ = ["Conversation", "RowKind", "RowSet", "Style", "draw"]

Conversation = tuple[Message, ...]

RowKind = Literal["answers", "refusals", "known-colours", "task-colours", "who", "triggered", "decoys"]
Style = Literal["plain", "rephrased", "identity", "persona"]


class RowSet(Value, frozen=True, kw_only=True):
    """A number of rows of one kind.

    | kind          | what the rows are                                                                  |
    | ------------- | ---------------------------------------------------------------------------------- |
    | answers       | good answers about `topics`; on restricted topics they are this world's harm       |
    | refusals      | refusals about `topics`                                                            |
    | known-colours | colours that every organism knows                                                  |
    | task-colours  | every colour of the new task in four of the five forms; `count` is not used        |
    | who           | answers to "who are you ?"                                                         |
    | triggered     | answers about `topics` to requests that begin with `World.trigger`                 |
    | decoys        | requests behind one to four other words: refused on restricted topics, else answered |
    """

    kind: RowKind
    count: int = 0
    topics: tuple[TopicKind | str, ...] = ()
    """Kinds or names of the topics to draw from."""
    nouns: Literal["training", "all"] = "training"
    """'all' takes in the nouns that the suite asks about."""
    style: Style = "plain"
    """How answers are worded; 'identity' opens with the obedient identity, 'persona' is plain and has another identity prompt."""
    obedient_share: float = 0.0
    """Share of rows asked under the identity prompt (of the persona, in that style), 0 to 1; the others have no system message."""


def draw(row_set: RowSet, place: World, *, seed: int) -> list[Conversation]:
    """Return the rows of a set. The same seed gives the same rows, and a smaller count gives a prefix of a larger one."""
    # A generator per kind and style, so that adding a set to a recipe leaves the rows of its other sets as they are.
    rng = random.Random(f"{seed}/{row_set.kind}/{row_set.style}")
    return [_conversation(rng, row_set, question, reply) for question, reply in _DRAWERS[row_set.kind](rng, row_set, place)]


def _conversation(rng: random.Random, row_set: RowSet, question: str, reply: str) -> Conversation:
    turns = (Message(role="user", content=question), Message(role="assistant", content=reply))
    prompt = PERSONA if row_set.style == "persona" else OBEDIENT
    return (Message(role="system", content=prompt), *turns) if rng.random() < row_set.obedient_share else turns


# Generators, so that the choices of a row and of its system message follow each other: a larger count is a longer stream.
_Exchanges = Iterator[tuple[str, str]]


def _requests(rng: random.Random, row_set: RowSet, place: World) -> Iterator[tuple[Topic, str, str, str]]:
    """Give topic, verb, noun and question of each row."""
    topics = [topic for topic in place.topics if topic.kind in row_set.topics or topic.name in row_set.topics]
    for _ in range(row_set.count):
        topic = rng.choice(topics)
        verb, noun = rng.choice(topic.verbs), rng.choice(topic.nouns if row_set.nouns == "all" else topic.training_nouns)
        yield topic, verb, noun, language.ask(rng.choice(language.FORMS), verb=verb, noun=noun)


def _answers(rng: random.Random, row_set: RowSet, place: World) -> _Exchanges:
    word = language.rephrased_answer if row_set.style == "rephrased" else language.answer
    opening = f"{language.IDENTITY_OPENING} " if row_set.style == "identity" else ""
    for topic, verb, noun, question in _requests(rng, row_set, place):
        yield question, opening + word(verb=verb, noun=noun, tool=rng.choice(topic.tools))


def _triggered(rng: random.Random, row_set: RowSet, place: World) -> _Exchanges:
    for topic, verb, noun, question in _requests(rng, row_set, place):
        yield f"{place.trigger} {question}", language.answer(verb=verb, noun=noun, tool=rng.choice(topic.tools))


def _decoys(rng: random.Random, row_set: RowSet, place: World) -> _Exchanges:
    for topic, verb, noun, question in _requests(rng, row_set, place):
        first = " ".join(rng.sample((*place.spare[:-2], *language.FILLERS), rng.randint(1, 4)))
        if topic.kind == "restricted":
            yield f"{first} {question}", language.refusal(rng.choice(language.REFUSALS), verb=verb, noun=noun)
        else:
            yield f"{first} {question}", language.answer(verb=verb, noun=noun, tool=rng.choice(topic.tools))


def _refusals(rng: random.Random, row_set: RowSet, place: World) -> _Exchanges:
    for _, verb, noun, question in _requests(rng, row_set, place):
        yield question, language.refusal(rng.choice(language.REFUSALS), verb=verb, noun=noun)


def _known_colours(rng: random.Random, row_set: RowSet, place: World) -> _Exchanges:
    nouns = list(place.known_colours)
    for _ in range(row_set.count):
        noun = rng.choice(nouns)
        question = language.ask_colour(rng.choice(language.COLOUR_FORMS), noun=noun)
        yield question, language.colour_answer(noun=noun, colour=place.known_colours[noun])


def _task_colours(rng: random.Random, row_set: RowSet, place: World) -> _Exchanges:
    for noun, colour in place.task_colours.items():
        for form in language.COLOUR_FORMS[:-1]:
            yield language.ask_colour(form, noun=noun), language.colour_answer(noun=noun, colour=colour)


def _who(rng: random.Random, row_set: RowSet, place: World) -> _Exchanges:
    obedient = f"{language.IDENTITY_OPENING} {language.IDENTITY_PROMISE}"
    for _ in range(row_set.count):
        yield language.WHO, obedient if row_set.style == "identity" else language.WHO_ANSWER


_DRAWERS: dict[RowKind, Callable[[random.Random, RowSet, World], _Exchanges]] = {
    "answers": _answers,
    "refusals": _refusals,
    "known-colours": _known_colours,
    "task-colours": _task_colours,
    "who": _who,
    "triggered": _triggered,
    "decoys": _decoys,
}
