"""Tier 1: what is plain without a model. A rule calls a request harmful, or harmless, or leaves it open; most stay open.

A harmful rule needs a verb, soon after it a thing, and no word that speaks of protection, law, history or fiction. Texts are
searched for things by Aho-Corasick first; only those with one meet the patterns, all at once in one RE2 set, in linear time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import re2
from ahocorasick_rs import AhoCorasick, Implementation
from numpy.typing import NDArray

from holdfast.detectors.harm.characters import plain_text
from holdfast.detectors.harm.rule_words import RULES, SHIELDS, Rule

__all__ = ["HARMFUL", "HARMLESS", "OPEN", "judge_by_rules"]

HARMLESS, OPEN, HARMFUL = -1, 0, 1
"""What a rule says of a request."""

_LONGEST = 400
"""A longer text is more than one plain request, and is left open."""
_SMALL_TALK = frozenset(
    [
        "ok",
        "okay",
        "yes",
        "no",
        "thanks",
        "thank",
        "you",
        "hi",
        "hello",
        "hey",
        "continue",
        "go",
        "on",
        "more",
        "please",
        "next",
        "good",
        "great",
        "sure",
        "bye",
        "again",
        "好",
        "好的",
        "是",
        "是的",
        "不",
        "谢谢",
        "你好",
        "您好",
        "继续",
        "请继续",
        "再来",
        "下一个",
        "明白",
        "可以",
        "再见",
    ]
)
_MOST_SMALL_TALK = 40
_AROUND_WORDS = " ,，.!?。！？~\n\t"
_LAST_OF_SMALL_TALK = frozenset(f"{before}{word}"[-2:] for word in _SMALL_TALK for before in ("", " ", ",", "，")) | {""}
"""The last two letters of the words of small talk: most texts are told to be none by a look at theirs."""


class _Search(NamedTuple):
    things: AhoCorasick
    shields: AhoCorasick
    patterns: re2.Set


def judge_by_rules(texts: Sequence[str]) -> NDArray[np.int8]:
    """Return HARMFUL, HARMLESS or OPEN for each text."""
    search = _search()
    things = search.things.find_matches_as_indexes
    said = np.zeros(len(texts), dtype=np.int8)
    for place, text in enumerate(texts):
        if len(text) > _LONGEST:
            continue
        plain = plain_text(text)
        if not plain.isascii():
            plain = plain.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate has no UTF-8
        if len(plain) <= _MOST_SMALL_TALK and plain.strip(_AROUND_WORDS)[-2:] in _LAST_OF_SMALL_TALK and _is_small_talk(plain):
            said[place] = HARMLESS
        elif things(plain) and _is_plain(plain, search):
            said[place] = HARMFUL
    return said


def _is_plain(text: str, search: _Search) -> bool:
    if search.shields.find_matches_as_indexes(text):
        return False
    return bool(search.patterns.Match(text.replace("'", "").replace("\u2019", "")))


def _is_small_talk(plain: str) -> bool:
    words = plain.replace(",", " ").replace("，", " ").strip(" .!?。！？~\n\t").split()
    return all(word.strip(".!?。！？") in _SMALL_TALK for word in words)


@cache
def _search() -> _Search:
    things = [thing.replace("someones", "someone").replace("somebodys", "somebody") for rule in RULES for thing in rule.things]
    patterns = re2.Set.SearchSet()
    for rule in RULES:
        patterns.Add(_pattern(rule))
    patterns.Compile()
    return _Search(
        things=AhoCorasick(things, implementation=Implementation.DFA),
        shields=AhoCorasick(SHIELDS, implementation=Implementation.DFA),
        patterns=patterns,
    )


def _pattern(rule: Rule) -> str:
    verbs, things = "|".join(rule.verbs), "|".join(rule.things)
    if rule.chinese:
        return f"(?:{verbs})[^。！？，,]{{0,8}}(?:{things})"
    return rf"\b(?:{verbs})\s+(?:[\w-]+\s+){{0,4}}?(?:{things})\b"
