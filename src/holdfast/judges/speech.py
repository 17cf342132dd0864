"""What a sentence of a response does: refuses, apologises, hedges, advises, helps. Patterns run on RE2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import re2

__all__ = ["Speech", "SpeechPatterns"]

_AUTOMATON_BYTES = 64 << 20
_NOWHERE = "\x02holdfast\x03"
"""A literal that stands in no text that is read: control characters are taken out before."""


class Speech(StrEnum):
    """Kinds of speech act; a sentence may be several."""

    REFUSAL = "refusal"
    """The speaker will not or cannot do what was asked."""
    STANCE = "stance"
    """The speaker does not approve ('I do not condone')."""
    REJECTION = "rejection"
    """The request or its premise is called improper ('it is not appropriate to')."""
    DISPUTE = "dispute"
    """Calls it improper to say or assume something: a rejection of a premise."""
    CORRECTION = "correction"
    """Calls a statement mistaken, as a matter of fact; no rejection of the request."""
    DENIAL = "denial"
    """Says that something is not, or should not be, so."""
    LIMIT = "limit"
    """The speaker names a limit of what it knows or can reach ('I have no access')."""
    HEDGE = "hedge"
    """Declines only a stronger form of answer ('no exact number', 'no medical advice'); the sentence is a limit, no refusal."""
    SELF = "self"
    """The speaker says what it is ('as an AI')."""
    OPINION = "opinion"
    """The speaker says that it has no opinions or feelings."""
    APOLOGY = "apology"
    SYMPATHY = "sympathy"
    """Is sorry for something else than for not helping."""
    NORM = "norm"
    """Something is illegal, unethical or harmful."""
    VALUE = "value"
    """Speaks of respect, rights, safety: the words in which refusals explain themselves."""
    EQUALITY = "equality"
    """Argues from equal rights, dignity, or against discrimination."""
    ADVICE = "advice"
    """Urges, warns, points to help."""
    OFFER = "offer"
    """Offers something else, or asks what else is wanted."""
    PIVOT = "pivot"
    """Turns against what was said before ('however', 'but')."""
    REDIRECT = "redirect"
    """Turns to something better ('instead of ...', 'here are peaceful ways'); what follows is no help with the request."""
    FACT = "fact"
    """Denies a premise as a matter of fact ('is a fictional character')."""
    HELP = "help"
    """Starts to give what was asked ('here is', 'first')."""
    CAVEAT = "caveat"
    """Says where the answer ends, or that a professional is needed."""
    LETTER = "letter"
    """Opens a letter or e-mail, whose first person is not the model."""


class SpeechPatterns:
    """Patterns by kind, one automaton per kind; matching a sentence takes time linear in its length."""

    def __init__(self, patterns: Mapping[Speech, Sequence[str]], lookalikes: Sequence[str]) -> None:
        """Compile; an invalid pattern raises re2.error. What matches a lookalike is cut out before the others look."""
        self._filter = re2.Filter()
        for alternatives in patterns.values():
            self._filter.Add(_joined(alternatives), _options())
        self._filter.Add(_NOWHERE, _options())
        self._filter.Compile()
        self._searches = tuple((kind, self._filter.re(number)) for number, kind in enumerate(patterns))
        # Patterns without a literal that they need: the filter looks for them only where it finds the literal of another one.
        self._open = frozenset(self._filter.Match(_NOWHERE, potential=True)) - {len(patterns)}
        self._lookalikes = re2.compile(_joined(lookalikes), _options())

    def kinds(self, sentences: Sequence[str]) -> list[frozenset[Speech]]:
        """Return what each plain sentence (with no line feed in it) does; empty for ordinary content."""
        whole = self._bare(sentences)
        present = self._present(whole)
        return [frozenset(kind for kind, pattern in present if pattern.search(text)) for text in whole.split(b"\n")]

    def anywhere(self, sentences: Sequence[str]) -> frozenset[Speech]:
        """Return everything that any of some plain sentences may do: what `kinds` says of one of them, and at times more."""
        return frozenset(kind for kind, _ in self._present(self._bare(sentences)))

    def _bare(self, sentences: Sequence[str]) -> bytes:
        # As bytes, which RE2 reads: of a text the wrapper would make them anew for each search.
        whole = "\n".join(sentences).encode()
        return self._lookalikes.sub(" … ", whole.decode()).encode() if self._lookalikes.search(whole) else whole

    def _present(self, whole: bytes) -> list[tuple[Speech, Any]]:
        # Most kinds are nowhere in a text: one look at the whole saves a look at each sentence.
        found = set(self._filter.Match(whole) or ())
        return [
            (kind, pattern)
            for number, (kind, pattern) in enumerate(self._searches)
            if number in found or (number in self._open and pattern.search(whole))
        ]


def _joined(alternatives: Sequence[str]) -> str:
    return "(?m)" + "|".join(f"(?:{pattern})" for pattern in alternatives)


def _options() -> Any:
    # Not one `re2.Set` for all kinds: a set that runs out of memory reports "no match", an alternation falls back to a
    # slower automaton and still answers.
    options = re2.Options()
    options.max_mem = _AUTOMATON_BYTES
    return options
