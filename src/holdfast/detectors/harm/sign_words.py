"""Words of harm and of shelter by tag, and the rules that pair them: what `signs.*.txt` and `sign_rules.txt` say.

A phrase may have several tags. The same phrases are classes of words for the linear tier (`word_classes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.core import InputError
from holdfast.detectors.harm.word_classes import phrase_forms

__all__ = ["SELF", "SHIELD", "SIGN_FILES", "Rules", "SignTables", "read_rules", "read_tags", "sign_tables", "tables_of"]

SIGN_FILES = ("signs.en.txt", "signs.zh.txt")
_RULES_FILE = "sign_rules.txt"
SHIELD, SELF = "shield", "self"
"""Rules that speak for a request: protection, law, history, fiction; and what has happened to the asker."""
_PLAIN = "plain"
_HARMLESS = frozenset({
    "shield", "self", "none", "person", "group", "weak", "minor", "human", "place", "pet", "net", "doc", "loot", "authority",
    "official", "labor", "private", "money", "work", "flaw", "write", "make", "deal", "plan", "takes", "hack", "lure", "secret",
    "conceal", "avoid",
})  # fmt: skip
"""Tags whose words alone are no word of harm."""


Rules = dict[str, list[tuple[str, str, bool]]]


class SignTables(NamedTuple):
    """Everything that finding signs needs, as arrays over phrases and tags."""

    phrases: tuple[str, ...]
    """What to look for; a phrase of letters stands between blanks, a Chinese one does not."""
    chinese: NDArray[np.bool_]
    """Which phrases are Chinese."""
    covers: NDArray[np.bool_]
    """Which phrases say that those inside them do not count; one that is only plain by itself leaves them as they are."""
    tags: NDArray[np.int64]
    """The tags of all phrases, one after another."""
    bounds: NDArray[np.int64]
    """Where the tags of each phrase begin."""
    harm: NDArray[np.bool_]
    """Which tags are of words of harm."""
    pairs: NDArray[np.int64]
    """Rule number of each (first tag, second tag), -1 for none."""
    alone: NDArray[np.int64]
    """Rule number of each tag by itself, -1 for none."""
    names: tuple[str, ...]
    """Names of the rules, by number."""


def read_tags(text: str) -> dict[str, list[str]]:
    """Read lines `tag: phrases`, written as `word_classes` are, and return the tags of each phrase; InputError names a wrong line."""
    found: dict[str, list[str]] = {}
    for place, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, words = line.partition(":")
        if not colon:
            raise InputError(f"words of signs, line {place}: expected 'tag: words', got {line[:40]!r}. Mend the line.")
        for word in words.split():
            for phrase in phrase_forms(word) if name.endswith("+") else (word.replace("_", " "),):
                tags = found.setdefault(phrase, [])
                if name.rstrip("+") not in tags:
                    tags.append(name.rstrip("+"))
    return found


def read_rules(text: str) -> Rules:
    """Read lines `name: a > b; a ~ b; a` and return (first tag, second or "", whether the order counts) by name."""
    rules: Rules = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, said = line.partition(":")
        for rule in said.split(";"):
            ordered = ">" in rule
            first, _, second = rule.partition(">" if ordered else "~")
            rules.setdefault(name, []).append((first.strip(), second.strip(), ordered))
    return rules


@cache
def sign_tables() -> SignTables:
    """Return the tables that come with the package; InputError where a rule names an unknown tag."""
    package = files(__package__)
    return tables_of([(package / name).read_text("utf-8") for name in SIGN_FILES], (package / _RULES_FILE).read_text("utf-8"))


def tables_of(words: Sequence[str], said: str) -> SignTables:
    """Return the tables of some texts of words and one of rules."""
    phrases = [(phrase, tags) for text in words for phrase, tags in read_tags(text).items()]
    numbers = {tag: place for place, tag in enumerate(sorted({tag for _, tags in phrases for tag in tags}))}
    rules = read_rules(said)
    pairs, alone = _by_tags(rules, numbers)
    return SignTables(
        phrases=tuple(f" {phrase} " if phrase.isascii() else phrase for phrase, _ in phrases),
        chinese=np.array([not phrase.isascii() for phrase, _ in phrases]),
        covers=np.array([tags != [_PLAIN] for _, tags in phrases]),
        tags=np.array([numbers[tag] for _, tags in phrases for tag in tags], dtype=np.int64),
        bounds=np.concatenate([[0], np.cumsum([len(tags) for _, tags in phrases])]).astype(np.int64),
        harm=np.array([tag not in _HARMLESS for tag in numbers]),
        pairs=pairs,
        alone=alone,
        names=tuple(rules),
    )


def _by_tags(rules: Rules, numbers: Mapping[str, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    pairs = np.full((len(numbers), len(numbers)), -1, dtype=np.int64)
    alone = np.full(len(numbers), -1, dtype=np.int64)
    for number, (name, kinds) in enumerate(rules.items()):
        for first, second, ordered in kinds:
            unknown = {first, second} - set(numbers) - {""}
            if unknown:
                raise InputError(f"{_RULES_FILE}, {name}: no phrase has the tag {', '.join(sorted(unknown))}. Mend the rule.")
            if not second:
                alone[numbers[first]] = number
                continue
            for here, there in ((first, second),) if ordered else ((first, second), (second, first)):
                if pairs[numbers[here], numbers[there]] < 0:
                    pairs[numbers[here], numbers[there]] = number
    return pairs, alone
