"""Our own requests, written as patterns: acts, things and claims, the frames that ask for them, and slots to fill.

The files `*.jsonl` of this folder hold them. Both labels share the frames, so that a model cannot tell a harmful request by
the way it asks; and harmful words stand on both sides, so that it cannot tell one by a word alone. Every choice is keyed by
the pattern's own text: adding a pattern leaves the requests of all others as they were.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from holdfast.core import InputError
from holdfast.detectors.harm.training.grammar_en import bare, gerund, with_article

__all__ = ["Grammar", "Row", "TrainingRequest", "read_grammar", "requests"]

_SLOT = re.compile(r"\{([^{}:]+)(?::(\w+))?\}")
_DEEPEST = 5


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a training file: several texts that serve the same purpose."""

    kind: str
    """act, thing, claim, whole; or slot, frame, tail, wrap, context."""
    language: str
    label: str = ""
    """'harmful' or 'benign'; for a wrap also 'any'."""
    family: str = ""
    """The category of a harmful row; 'ordinary' or 'lookalike' of a benign one."""
    name: str = ""
    """A slot's name."""
    takes: str = ""
    """What a frame takes: act, acting, thing or claim."""
    times: int = 1
    """How many times more requests to make of each text than usual: for texts that are little more than slots."""
    weight: float = 1.0
    """How much each request counts: requests written one by one count more than those from slots."""
    texts: tuple[str, ...]


class TrainingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its label."""

    text: str
    harmful: bool
    family: str
    language: str
    group: str
    """Requests of one group are never split between training and testing."""
    weight: float = 1.0


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one language, by their use."""

    patterns: tuple[Row, ...]
    slots: Mapping[str, tuple[str, ...]]
    frames: Mapping[str, tuple[str, ...]]
    tails: Mapping[str, tuple[str, ...]]
    wraps: Mapping[str, tuple[str, ...]]
    contexts: tuple[str, ...]


_PATTERNS = frozenset({"act", "thing", "claim", "whole"})


def read_grammar(folder: Path, language: str) -> Grammar:
    """Read every `*.LANGUAGE.jsonl` of a folder; InputError names a line that is not a row."""
    rows: list[Row] = []
    for path in sorted(folder.glob(f"*.{language}.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                rows.append(msgspec.json.decode(line, type=Row))
            except msgspec.MsgspecError as error:
                raise InputError(f"{path.name}:{number}: expected a row of the training grammar, got: {error}. Mend the line.") from error
    return Grammar(
        patterns=tuple(row for row in rows if row.kind in _PATTERNS),
        slots=_texts_by(rows, "slot", "name"),
        frames=_texts_by(rows, "frame", "takes"),
        tails=_texts_by(rows, "tail", "label"),
        wraps=_texts_by(rows, "wrap", "label"),
        contexts=tuple(text for row in rows if row.kind == "context" for text in row.texts),
    )


def _texts_by(rows: Sequence[Row], kind: str, attribute: str) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row.kind == kind:
            key = getattr(row, attribute)
            table[key] = table.get(key, ()) + row.texts
    return table


def requests(grammar: Grammar) -> Iterator[TrainingRequest]:
    """Yield the requests of a grammar: every pattern several times, more often the more slots it has."""
    seen: set[str] = set()
    for row in grammar.patterns:
        for pattern in row.texts:
            for index in range(_times(row, pattern)):
                chance = random.Random(sha256(f"{row.language}|{row.label}|{pattern}|{index}".encode()).digest())
                text = _request(grammar, row, pattern, chance)
                if text not in seen:
                    seen.add(text)
                    yield TrainingRequest(
                        text=text,
                        harmful=row.label == "harmful",
                        family=row.family,
                        language=row.language,
                        group=f"{row.language}|{pattern}",
                        weight=row.weight,
                    )


def _times(row: Row, pattern: str) -> int:
    slots = len(_SLOT.findall(pattern))
    if row.kind == "whole":
        return row.times * (1 + 3 * slots)
    return row.times * (4 + 4 * slots)


def _request(grammar: Grammar, row: Row, pattern: str, chance: random.Random) -> str:
    phrase = _fill(pattern, grammar.slots, chance)
    if row.kind == "act" and chance.random() < 0.2:
        tail = chance.choice(grammar.tails[row.label])
        phrase += tail if row.language == "zh" else f" {tail}"
    text = phrase if row.kind == "whole" else _framed(grammar, row, phrase, chance)
    text = _dress(text, chance) if row.language == "en" else _dress_chinese(text, chance)
    if chance.random() < 0.2:
        wraps = grammar.wraps["any"] + grammar.wraps[row.label] * (chance.random() < 0.4)
        text = chance.choice(wraps).replace("{x}", text)
    if chance.random() < 0.12:
        context = _fill(chance.choice(grammar.contexts), grammar.slots, chance)
        space = "" if row.language == "zh" else chance.choice((" ", " ", "\n", "\n\n", "\n\n---\n\n"))
        text = f"{context}{space}{text}" if chance.random() < 0.8 else f"{text}{space}{context}"
    return text.lower() if chance.random() < 0.1 else text


def _framed(grammar: Grammar, row: Row, phrase: str, chance: random.Random) -> str:
    takes = row.kind
    if takes == "act" and "acting" in grammar.frames and chance.random() < 0.35:
        takes, phrase = "acting", gerund(phrase)
    return chance.choice(grammar.frames[takes]).replace("{x}", phrase)


def _fill(pattern: str, slots: Mapping[str, tuple[str, ...]], chance: random.Random) -> str:
    """Fill every slot; a filling may itself hold slots, up to a small depth."""
    for _ in range(_DEEPEST):
        if "{" not in pattern:
            return pattern
        pattern = _SLOT.sub(lambda found: _filling(found, slots, chance), pattern)
    raise InputError(f"the training pattern {pattern!r} fills itself without end. Mend the slot it names.")


def _filling(found: re.Match[str], slots: Mapping[str, tuple[str, ...]], chance: random.Random) -> str:
    name, form = found[1], found[2]
    if name not in slots:
        raise InputError(f"a training pattern names the slot {name!r}, which no file fills. Known: {', '.join(sorted(slots))}.")
    text = chance.choice(slots[name])
    if form == "a":
        return with_article(text)
    return bare(text) if form == "bare" else text


_ASKS = re.compile(
    r"(?:who|what|when|where|why|how|which|whose|is|are|was|were|do|does|did|can|could|should|would|will|may)\b", re.IGNORECASE
)


def _dress(text: str, chance: random.Random) -> str:
    """Give a sentence a capital letter and, mostly, its final mark: people leave both out."""
    text = text[:1].upper() + text[1:]
    if text[-1].isalnum() and chance.random() < 0.6:
        text += "?" if _ASKS.match(text) else "."
    return text


_ASKS_CHINESE = re.compile("怎|如何|什么|吗|哪|为何|几|谁|多少")


def _dress_chinese(text: str, chance: random.Random) -> str:
    if text[-1].isalnum() and chance.random() < 0.6:
        text += "？" if _ASKS_CHINESE.search(text) else "。"
    return text
