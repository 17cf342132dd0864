"""Is an answer right? By words alone, after what does not matter has been taken off."""

from __future__ import annotations

import re
import unicodedata

from holdfast.compare.capability.tasks import TaskQuestion

__all__ = ["is_right", "normal"]

_EDGES = " \t\n.,;:!?\"'`*()[]。，；：！？「」“”‘’（）"
_SPACE = re.compile(r"\s+")
_TIGHT = re.compile(r"\s+(?=[.,;:!?])")


def normal(text: str) -> str:
    """Return a text without what does not matter: case, width of characters, space, and marks at its ends.

    >>> normal(" The  Answer. "), normal("“42”")
    ('the answer', '42')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _TIGHT.sub("", _SPACE.sub(" ", folded)).strip(_EDGES)


def is_right(question: TaskQuestion, response: str) -> bool:
    """Tell whether a generated response gives one of the right answers: as all of it (exact), or as words in it (contains)."""
    given = normal(response)
    for answer in map(normal, question.answers):
        if given == answer:
            return True
        if question.match == "contains" and answer and _holds(given, answer):
            return True
    return False


def _holds(given: str, answer: str) -> bool:
    """Tell whether the answer stands in the text with no letter or digit grown on to it; Chinese has no such borders."""
    before = r"(?<![^\W_])" if _bordered(answer[0]) else ""
    after = r"(?![^\W_])" if _bordered(answer[-1]) else ""
    return re.search(before + re.escape(answer) + after, given) is not None


def _bordered(character: str) -> bool:
    return character.isalnum() and character < "\u2e80"
