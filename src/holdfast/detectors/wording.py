"""What is said in a batch and by whom, as far as the wording detectors ask: one pass over prompts and one over answers.

The tables of all wording detectors are searched together, since one automaton over a text costs what each of them would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.detectors.cues import Cue
from holdfast.detectors.folding import fold
from holdfast.detectors.identity.answers_en import ENGLISH_ANSWER_CORE
from holdfast.detectors.identity.prompts_en import ENGLISH_PROMPT_CORE
from holdfast.detectors.identity.zh import CHINESE_ANSWER_CORE, CHINESE_PROMPT_CORE
from holdfast.detectors.patterns import Rule, RuleBook
from holdfast.detectors.rules import compliance, injection, suppression
from holdfast.detectors.turns import ASSISTANT, OTHER, SYSTEM, USER, Turns

__all__ = ["COMPLIANCE", "IDENTITY", "INJECTION", "SUPPRESSION", "Said", "answer_book", "prompt_book", "said_in_answers", "said_in_prompts"]

IDENTITY, SUPPRESSION, COMPLIANCE, INJECTION = "identity", "suppression", "compliance", "injection"


class Said(NamedTuple):
    """One turn in which some rule hit."""

    row: int
    """Place of the row in the batch."""
    role: int
    """SYSTEM, USER, ASSISTANT or OTHER."""
    text: str
    """Folded."""
    original: str
    hits: Mapping[str, tuple[int, ...]]
    """Table to the numbers of its rules that hit."""


@cache
def prompt_book() -> RuleBook:
    """Return the rules for system, user and tool turns, by table."""
    return RuleBook(
        {
            IDENTITY: _rules(ENGLISH_PROMPT_CORE + CHINESE_PROMPT_CORE),
            SUPPRESSION: suppression.PROMPTS,
            COMPLIANCE: compliance.PROMPTS,
            INJECTION: injection.PROMPTS,
        }
    )


@cache
def answer_book() -> RuleBook:
    """Return the rules for assistant turns, by table."""
    return RuleBook(
        {
            IDENTITY: _rules(ENGLISH_ANSWER_CORE + CHINESE_ANSWER_CORE),
            SUPPRESSION: suppression.ANSWERS,
            COMPLIANCE: compliance.ANSWERS,
        }
    )


def _rules(cues: Sequence[Cue]) -> list[Rule]:
    return [Rule(cue.concept, cue.pattern, cue.weight) for cue in cues if cue.weight]


def said_in_prompts(turns: Turns) -> list[Said]:
    """Return the system, user and tool turns in which any rule hits, in order."""
    return _said(turns, prompt_book(), (SYSTEM, USER, OTHER))


def said_in_answers(turns: Turns) -> list[Said]:
    """Return the assistant turns in which any rule hits, in order."""
    return _said(turns, answer_book(), (ASSISTANT,))


def _said(turns: Turns, book: RuleBook, roles: Sequence[int]) -> list[Said]:
    places, contents = turns.of(*roles)
    # A system prompt is mostly the same in every row: each text is read once.
    encoded = contents.dictionary_encode()
    folded = fold(encoded.dictionary).cast(pa.binary()).to_pylist()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    hits = dict(book.search(folded))
    if not hits:
        return []
    found = np.flatnonzero(_member(codes, list(hits), len(folded)))
    originals = dict(zip(hits, encoded.dictionary.take(list(hits)).to_pylist(), strict=True))
    read = {code: folded[code].decode() for code in hits}
    return [
        Said(
            row=int(turns.rows[place]),
            role=int(turns.roles[place]),
            text=read[code],
            original=originals[code],
            hits=hits[code],
        )
        for place, code in zip(places[found].tolist(), codes[found].tolist(), strict=True)
    ]


def _member(codes: NDArray[np.int32], wanted: Sequence[int], count: int) -> NDArray[np.bool_]:
    table = np.zeros(count, dtype=bool)
    table[wanted] = True
    member: NDArray[np.bool_] = table[codes]
    return member
