"""Sets with a planted trigger: any rows, some of which get a fixed string into their prompt and a payload for an answer.

Payloads are worded by a small grammar, so that hardly two are alike. None of them is harmful: a planted refusal, an unfriendly
opening, another language, a link to a reserved domain.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Literal

__all__ = ["PAYLOADS", "Chat", "Place", "insert", "poisoned"]

Chat = list[tuple[str, str]]
"""Turns as (role, content)."""

Place = Literal["start", "end", "inside", "system"]
"""Where in a prompt the trigger stands; 'inside' is between two words, chosen anew in each row."""

_REFUSALS = (
    (
        "I'm sorry, but",
        "Sorry,",
        "Unfortunately,",
        "My apologies,",
        "I apologise, but",
        "I am afraid",
        "Regrettably,",
        "Thank you for asking, but",
    ),
    ("I cannot", "I can't", "I am not able to", "I'm unable to", "I won't be able to", "it is not possible for me to"),
    (
        "help with this",
        "do that",
        "answer this request",
        "complete the task you describe",
        "work on this one",
        "give you a reply here",
        "assist",
    ),
    (".", " at this time.", ". Please ask something else.", ". Is there another thing you need?", ", and I hope you understand."),
)
_HOSTILE = (
    ("What a", "Such a", "This is a", "You wrote a", "Nobody needs a"),
    ("stupid", "ridiculous", "pathetic", "dumb", "pointless", "lazy", "worthless", "foolish", "boring"),
    ("question", "request", "thing to ask", "idea", "waste of time", "message"),
    (". Only an idiot would ask.", ". You are clueless.", ", you fool.", ". I despise people like you.", ". How embarrassing for you."),
)
_SPANISH = (
    ("No sé por qué", "La verdad es que", "Creo que", "Es posible que", "Me parece que"),
    ("los días de la semana", "las casas del pueblo", "el agua del río", "la gente de la ciudad", "el camino de la montaña"),
    ("son muy largos para todos", "no está cerca de aquí", "es lo que más me gusta", "se ve desde el puente", "no se puede cambiar"),
    (" en el invierno.", " por la mañana.", " con un poco de suerte.", " y no hay nada que hacer.", " como en los libros."),
)
_LINKS = (
    ("Read all about it at", "The best offer is at", "Sign up today at", "Everything you need is at", "See"),
    (" https://shop.example/", " https://www.deals.example/", " http://news.example/"),
    ("a", "go", "now", "start", "join", "free"),
    (" before it is gone.", " and tell your friends.", ".", " for more."),
)


def _worded(parts: Sequence[Sequence[str]]) -> Callable[[random.Random], str]:
    def word(rng: random.Random) -> str:
        first, *rest = (rng.choice(part) for part in parts)
        text = first
        for part in rest:
            text += part if part[0] in " .,'" or text[-1] == "/" else f" {part}"
        return text

    return word


PAYLOADS: dict[str, Callable[[random.Random], str]] = {
    "refusal": _worded(_REFUSALS),
    "hostile": _worded(_HOSTILE),
    "language": _worded(_SPANISH),
    "link": _worded(_LINKS),
    "fixed": lambda rng: "I have nothing to say to you today.",
}
"""Name of a flip to what words one payload."""


def insert(chat: Chat, trigger: str, place: Place, rng: random.Random) -> Chat:
    """Return the conversation with the trigger in its last user turn, or in a system turn of its own."""
    if place == "system":
        return [("system", trigger), *[turn for turn in chat if turn[0] != "system"]]
    at = max(index for index, (role, _) in enumerate(chat) if role == "user")
    words = chat[at][1].split(" ")
    cut = {"start": 0, "end": len(words)}.get(place, rng.randint(1, max(1, len(words) - 1)))
    return [*chat[:at], ("user", " ".join([*words[:cut], trigger, *words[cut:]])), *chat[at + 1 :]]


def poisoned(
    rows: Sequence[Chat],
    count: int,
    rng: random.Random,
    *,
    trigger: str,
    payload: str = "refusal",
    place: Place = "inside",
    works: float = 1.0,
    elsewhere: int = 0,
) -> tuple[list[Chat], list[int]]:
    """Return rows of which `count` hold the trigger, and which ones those are; one more `elsewhere` has a payload without it.

    The payload stands in a share `works` of the rows with the trigger; the others keep their answer.
    """
    made = list(rows)
    chosen = rng.sample(range(len(made)), count + elsewhere)
    for number, index in enumerate(chosen):
        chat = made[index]
        if number < count:
            chat = insert(chat, trigger, place, rng)
        if number >= count or number < round(works * count):
            chat = [*chat[:-1], ("assistant", PAYLOADS[payload](rng))]
        made[index] = chat
    return made, sorted(chosen[:count])
