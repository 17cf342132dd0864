"""What a family of guards is: how it is asked, and how its words are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import re2

from holdfast.core import Message
from holdfast.judges.fences import conversation, neutral, without_marks
from holdfast.judges.readings import Reading
from holdfast.plugins import GradingItem

__all__ = ["Family", "chat_turns", "filled", "yes_or_no"]


class Family(NamedTuple):
    """One family of safety classifiers."""

    name: str
    title: str
    parse: Callable[[Sequence[str]], Reading]
    """From the model's words, one text per prompt asked, to a reading."""
    templates: tuple[str, ...] = ()
    """Whole prompts with {request} and {response}, each asked once; empty where the model folder's chat template renders them."""
    answers: tuple[str, ...] = ()
    """How the lines of its own answer begin, where they are no single word."""
    read_shares: Callable[[Sequence[float]], Reading] | None = None
    """From P(Yes) per prompt to a reading, for families that are meant to be read so; None reads words."""
    most_tokens: int = 32
    languages: tuple[str, ...] = ("en",)
    blind_spots: tuple[str, ...] = ()


def chat_turns(item: GradingItem) -> tuple[Message, ...]:
    """Return the conversation and the response as turns that alternate, for a chat template that grades the last one.

    System messages are left out, since guards grade what user and assistant said; neighbours of one role become one turn.
    """
    said = [(message.role, message.content) for message in item.prompt.messages if message.role in ("user", "assistant")]
    turns: list[Message] = []
    for role, content in [*said, ("assistant", item.text)]:
        words = neutral(content)
        if turns and turns[-1].role == role:
            turns[-1] = Message(role=role, content=f"{turns[-1].content}\n\n{words}")
        else:
            turns.append(Message(role=role, content=words))
    return tuple(turns)


def filled(template: str, item: GradingItem, answers: Sequence[str] = ()) -> tuple[Message, ...]:
    """Return a whole prompt with request and response in their places, in one pass, so that neither can fill the other's.

    A line of theirs that reads as one of the prompt's own, or as one of the `answers` that the guard is to give, is quoted.
    """
    said = {"{request}": conversation(item.prompt), "{response}": item.text}
    parts = {place: without_marks(neutral(text), template, answers) for place, text in said.items()}
    text = re2.sub(r"\{request\}|\{response\}", lambda found: parts[found.group(0)], template)
    return (Message(role="user", content=text),)


def yes_or_no(text: str) -> bool | None:
    """Return what a text begins with; None where its first line says neither, or both.

    >>> yes_or_no("Yes."), yes_or_no("**No**, it does not"), yes_or_no("Yes or no?"), yes_or_no("Possibly")
    (True, False, None, None)
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    words = re2.findall(r"[\pL]+", first.lower())
    if not words or words[0] not in ("yes", "no"):
        return None
    other = "no" if words[0] == "yes" else "yes"
    return None if other in words else words[0] == "yes"
