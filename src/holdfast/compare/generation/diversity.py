"""How new a request is: its distance to what was asked before, by shared pieces of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["Known", "pieces"]

_WORD = re.compile(r"[^\W_]+")
_SIZE = 4


def pieces(text: str) -> frozenset[str]:
    """Return a text's pieces: words, and runs of four characters within the text, of letters and digits alone.

    Runs of characters see through endings and work without spaces, as in Chinese; words give whole names their weight.
    """
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    joined = " ".join(words)
    size = 2 if any("\u4e00" <= letter <= "\u9fff" for letter in joined) else _SIZE
    return frozenset([*words, *(joined[start : start + size] for start in range(max(1, len(joined) - size + 1)))])


class Known:
    """What was asked so far."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Begin with the requests of the suites."""
        self._sets = [pieces(text) for text in texts]

    def distance(self, text: str) -> float:
        """Return the distance to the nearest text known, 0 (the same pieces) to 1 (none shared): 1 - Jaccard; 1 where none is known."""
        own = pieces(text)
        return min((1.0 - len(own & other) / len(own | other) for other in self._sets if own or other), default=1.0)

    def add(self, text: str) -> None:
        """Count a text as asked."""
        self._sets.append(pieces(text))
