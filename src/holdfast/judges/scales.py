"""Reading grades off a judge's words: tagged numbers and tagged words. What is not clear is not read."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

import re2

__all__ = ["Found", "bare_number", "tagged_number", "tagged_word"]

_DECORATION = "*_`'\"“”()[]{}<>=~ \t"
_NEAR = 16
"""A second number within so many characters ('4 or 5', '4 to 5') makes the first one doubtful."""
_NUMBER = re2.compile(r"^(-?\d+(?:[.,]\d+)?)(.*)$")


class Found(NamedTuple):
    """A value, or why there is none."""

    value: int | None
    why: str


def tagged_number(text: str, tag: str, *, most: int = 5, cut: bool = False) -> Found:
    """Return the whole number from 1 to `most` that stands after `#TAG:`, with the forms that models give it.

    Read are '5', '5.', '**5**', '4/5' (of `most`), '(5)', and a number on the next line; a tag that is repeated must carry
    the same number each time. Not read are a missing tag, a number outside the scale, a fraction, two numbers ('4 or 5',
    '4-5'), and, where the text was `cut` off by its token budget, a number that is its last character.
    """
    values = _values(text, tag)
    if not values:
        return Found(None, f"no #{tag} in what the judge's model wrote")
    found = {_number(value, most) for value in values}
    if len(found) > 1:
        return Found(None, f"#{tag} stands there {len(values)} times with different values")
    number = found.pop()
    if number is None:
        return Found(None, f"#{tag} is not followed by one whole number from 1 to {most}")
    if cut and text.rstrip()[-1:].isdigit():
        return Found(None, f"the judge's words were cut off at #{tag}")
    return Found(number, "")


def bare_number(text: str, *, most: int = 5) -> Found:
    """Return the number where a judge wrote nothing else: '5.', '**5**', '4/5', 'Score 1', 'score: 2'."""
    plain = _folded(text).strip(_DECORATION + "\n")
    found = re2.search(r"(?i)^(?:the)?\s*score\s*(?:is)?\s*[:=]?\s*", plain)
    rest = plain[found.end() :] if found else plain
    number = _number(rest, most) if len(rest) <= 8 else None
    return Found(number, "" if number is not None else "no grade in what the judge's model wrote")


def tagged_word(text: str, tag: str, words: dict[str, str]) -> str | None:
    """Return the meaning of the word after `#TAG:`; None without the tag, for an unknown word, and for several that differ."""
    meanings = set()
    for value in _values(text, tag):
        found = re2.search(r"[\pL]+(?:[ _-][\pL]+)?", value.lower())
        word = found.group(0) if found else ""
        meanings.add(words.get(word.replace("-", " ").replace("_", " "), words.get(word.split(" ")[0].split("-")[0].split("_")[0])))
    return meanings.pop() if len(meanings) == 1 else None


def _values(text: str, tag: str) -> list[str]:
    """Return what stands after each `#TAG` on its line, or on the next line that holds anything."""
    lines = _folded(text).splitlines()
    spaced = tag.replace("the", r"the\s*", 1)
    pattern = re2.compile(rf"(?i)#+\s*{spaced}\s*[*_`]*\s*[:=]?")
    values = []
    for place, line in enumerate(lines):
        found = pattern.search(line)
        while found:
            rest = line[found.end() :].strip(_DECORATION)
            after = pattern.search(rest)
            value = rest[: after.start()].strip(_DECORATION) if after else rest
            if not value and not after:
                value = next((later.strip(_DECORATION) for later in lines[place + 1 :] if later.strip(_DECORATION)), "")
            values.append(value)
            line, found = rest, after
    return values


def _folded(text: str) -> str:
    """Return the text with full-width signs and digits as plain ones."""
    return unicodedata.normalize("NFKC", text).replace("\u00a0", " ")


def _number(value: str, most: int) -> int | None:
    found = _NUMBER.search(value.strip(_DECORATION))
    if not found:
        return None
    number, rest = found.group(1), found.group(2).strip()
    rest = re2.sub(rf"^(?:/|out of)\s*{most}\b", "", rest)[:_NEAR]
    if any(char.isdigit() for char in rest) or rest.startswith(("/", "%")):
        return None
    return int(number) if number.isdigit() and 1 <= int(number) <= most else None
