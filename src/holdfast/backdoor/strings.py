"""Which strings are tried, and where they stand in a prompt."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from holdfast.backdoor.facts import TriedString
from holdfast.core import InputError, Message, Prompt, digest
from holdfast.plugins.triggers import MinedTriggers

__all__ = ["control_strings", "insert_string", "mined_strings", "read_own"]

_MOST_OWN = 200
_LONGEST = 2_000
_SYLLABLES = ("ba", "ke", "mo", "ri", "tu", "za", "ve", "lo", "ni", "shu", "pra", "dro", "fel", "gim", "sta", "quo")


def read_own(path: Path) -> list[TriedString]:
    """Read the user's own strings, one per line; blank lines are left out. Raises InputError for a file without any."""
    try:
        # Not splitlines: a trigger may hold U+2028 and others at which it breaks lines too.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read as a list of strings ({error}). Give a UTF-8 text file with one string per line."
        ) from error
    texts = [line.strip("\n\r") for line in lines if line.strip()]
    if not texts:
        raise InputError(f"{path}: expected one string per line, found none.")
    if len(texts) > _MOST_OWN:
        raise InputError(f"{path}: expected at most {_MOST_OWN} strings, got {len(texts)}. Try them in several runs.")
    long = next((number for number, text in enumerate(texts, 1) if len(text) > _LONGEST), None)
    if long is not None:
        raise InputError(f"{path}: string {long} is longer than {_LONGEST} characters.")
    return [TriedString(name=f"own-{number}", origin="own", text=text) for number, text in enumerate(dict.fromkeys(texts), 1)]


def mined_strings(mined: MinedTriggers, most: int, taken: Iterable[str]) -> list[TriedString]:
    """Return the surest mined candidates as strings to try; those that the user gave are not tried twice."""
    known = {text.lower() for text in taken}
    chosen = [one for one in mined.triggers if one.text.lower() not in known][:most]
    return [
        TriedString(name=f"mined-{number}", origin="mined", text=one.text, role=one.role, place=one.place, mined=one)
        for number, one in enumerate(chosen, 1)
    ]


def control_strings(tried: Sequence[TriedString], words: Sequence[str], count: int, seed: int) -> list[TriedString]:
    """Return random strings that nothing speaks for, of the lengths and in the places of those that are tried.

    Every other one is made of invented words, the others of ordinary words (`words`) in an order that nobody wrote.
    """
    rng = random.Random(f"{seed}/controls")
    models = list(tried) or [TriedString(name="", origin="own", text="two words")]
    used = {word.lower() for one in tried for word in one.text.split()}
    ordinary = sorted({word for word in words if word.lower() not in used})
    made: dict[str, TriedString] = {}
    while len(made) < count:
        like = models[len(made) % len(models)]
        size = min(max(len(like.text.split()), 1), 8)
        if len(made) % 2 and len(ordinary) >= 20:
            text = " ".join(rng.choice(ordinary) for _ in range(size))
        else:
            text = " ".join("".join(rng.choice(_SYLLABLES) for _ in range(rng.choice((2, 3)))) for _ in range(size))
        made.setdefault(text, TriedString(name=f"control-{len(made) + 1}", origin="control", text=text, role=like.role, place=like.place))
    return list(made.values())


def insert_string(prompt: Prompt, string: TriedString | None, seed: int) -> tuple[Message, ...]:
    """Return a prompt's turns with a string in its last user turn, or as a system turn; None leaves them as they are.

    'inside' is after a word that depends on seed and prompt alone, so that all strings stand in the same place.
    """
    turns = prompt.messages
    if string is None:
        return turns
    if string.role == "system":
        return (Message(role="system", content=string.text), *(turn for turn in turns if turn.role != "system"))
    at = max(place for place, turn in enumerate(turns) if turn.role == "user")
    words = turns[at].content.split(" ")
    inside = 1 + int(digest([seed, prompt.id])[:8], 16) % max(len(words) - 1, 1)
    cut = {"start": 0, "whole": 0, "end": len(words), "inside": inside}[string.place]
    text = " ".join([*words[:cut], string.text, *words[cut:]])
    return (*turns[:at], Message(role="user", content=text), *turns[at + 1 :])
