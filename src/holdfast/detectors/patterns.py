"""Named patterns over many texts at once: `re2.Filter` says which of them hit.

One pass over the text looks for the literals without which no pattern can hit, and only the patterns whose literals are there
are tried. One automaton for all patterns (`re2.Set`) would read every text once, but over varied text it makes new states
without end: on 20,000 chat rows the filter takes a quarter of the time. Everything runs on RE2, in time linear in the text,
whatever the pattern and whoever wrote the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import re2

__all__ = ["Rule", "RuleBook", "RuleSet", "one_of"]

_AUTOMATON_BYTES = 4 << 20
"""Memory that one pattern's automaton may use for its states; it starts them anew when they are full, and stays exact."""

_GAP = r"(?:[\s*_]+)"
"""What a space in a pattern stands for: blanks, line breaks and the marks of emphasis."""
_SPACE_IN_CLASS = re2.compile(r"(?:^|[^\\])\[\^?\]?(?:[^\]\\]|\\.)* (?:[^\]\\]|\\.)*\]")


class Rule(NamedTuple):
    """One pattern over folded text (see `folding`) with what it shows."""

    kind: str
    pattern: str
    """RE2; a space stands for blanks, line breaks and marks of emphasis, so write `\\x20` for a space itself, and `\\s` within a class."""
    weight: float = 1.0
    """How much it shows by itself, 0 to 1; 1 is enough."""


def one_of(*words: str) -> str:
    r"""Return a group of alternatives written as words apart; a space inside one is written as '\ '.

    >>> one_of("rules limits", r"do\ not")
    '(?:rules|limits|do not)'
    """
    parts = " ".join(words).replace("\\ ", "\x00").split()
    return "(?:" + "|".join(parts).replace("\x00", " ") + ")"


class RuleSet:
    """Rules that are searched together, in one pass."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Take the rules; they are compiled on first use, and an invalid pattern raises re2.error then."""
        self.rules = tuple(rules)
        self.patterns = tuple(_with_gaps(rule.pattern) for rule in self.rules)

    @cached_property
    def _filter(self) -> re2.Filter:
        options = re2.Options()
        options.max_mem = _AUTOMATON_BYTES
        options.never_capture = True
        found = re2.Filter()
        for pattern in self.patterns:
            found.Add(pattern, options)
        found.Compile()
        return found

    def which(self, text: str) -> tuple[int, ...]:
        """Return the numbers of the rules that hit one folded text, ascending."""
        return tuple(sorted(self._filter.Match(text) or ()))

    def search(self, texts: Sequence[str] | Sequence[bytes]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield (place, numbers of the rules that hit) for those of many folded texts in which any rule hits, in order.

        Bytes are UTF-8, and save the time to encode a text.
        """
        match = self._filter.Match
        for place, text in enumerate(texts):
            if hits := match(text):
                yield place, tuple(sorted(hits))

    def span(self, rule: int, text: str) -> tuple[int, int]:
        """Return where a rule hits a folded text first, in characters; raises ValueError where it does not."""
        found = re2.compile(self.patterns[rule]).search(text)
        if found is None:
            raise ValueError(f"rule {rule} ({self.rules[rule].kind}) does not hit this text")
        return found.start(), found.end()


def _with_gaps(pattern: str) -> str:
    if _SPACE_IN_CLASS.search(pattern):
        raise ValueError(f"a space stands within a character class of {pattern!r}, where it cannot stand for a gap. Write \\s there.")
    return pattern.replace(" ", _GAP)


class RuleBook:
    """Several tables of rules, searched in one pass; each detector reads its own table's hits."""

    def __init__(self, tables: Mapping[str, Sequence[Rule]]) -> None:
        """Take the tables by name."""
        self._tables = {name: tuple(rules) for name, rules in tables.items()}
        self._set = RuleSet([rule for rules in self._tables.values() for rule in rules])
        self._where = [(name, number) for name, rules in self._tables.items() for number in range(len(rules))]
        self._first = {name: self._where.index((name, 0)) for name, rules in self._tables.items() if rules}

    def search(self, texts: Sequence[str] | Sequence[bytes]) -> Iterator[tuple[int, dict[str, tuple[int, ...]]]]:
        """Yield (place, table to numbers of its rules that hit) for texts in which any rule hits, in order."""
        for place, hits in self._set.search(texts):
            by_table: dict[str, tuple[int, ...]] = {}
            for hit in hits:
                table, number = self._where[hit]
                by_table[table] = (*by_table.get(table, ()), number)
            yield place, by_table

    def rule(self, table: str, number: int) -> Rule:
        """Return one rule of one table."""
        return self._tables[table][number]

    def span(self, table: str, number: int, text: str) -> tuple[int, int]:
        """Return where a rule hits a folded text first, in characters; raises ValueError where it does not."""
        return self._set.span(self._first[table] + number, text)
