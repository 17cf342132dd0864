"""Candidates in words: how the string is written, which rows hold it, and what the test could have seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from holdfast.core import Finding, Measurement
from holdfast.detectors.excerpts import around
from holdfast.detectors.triggers.flips import FLIPS
from holdfast.detectors.triggers.mining import NO_FLIP, Mined, Mining
from holdfast.detectors.triggers.words import pieces
from holdfast.plugins import DetectorCard
from holdfast.plugins.triggers import MinedTrigger

__all__ = ["Written", "findings_of", "measurements_of", "trigger_of", "written"]

_MOST_FINDINGS = 500
_MOST_READ = 200
_ALWAYS = 0.9
"""Share of its places from which a string is said to stand at the beginning or the end of a turn."""
_ROLES: tuple[Literal["system", "user"], ...] = ("system", "user")


class Written(NamedTuple):
    """A string as rows write it."""

    text: str
    role: Literal["system", "user"]


def written(words: Sequence[str], conversations: Sequence[Sequence[dict[str, Any]]]) -> Written | None:
    """Return the string as it is written in most of some conversations; None where no turn holds these words."""
    found: Counter[Written] = Counter()
    for turns in conversations[:_MOST_READ]:
        for role in _ROLES:
            for turn in turns:
                span = _span(words, turn["content"] or "") if turn["role"] == role else None
                if span is not None:
                    found[Written(turn["content"][slice(*span)], role)] += 1
    return found.most_common(1)[0][0] if found else None


def _span(words: Sequence[str], text: str) -> tuple[int, int] | None:
    """Return where some words stand in a text, one after another."""
    # Lower case may be longer than the text it comes from, so that tokens are cut first and lowered afterwards.
    tokens = list(pieces(text))
    lowered = [token.group().lower() for token in tokens]
    size = len(words)
    for start in range(len(tokens) - size + 1):
        if lowered[start : start + size] == list(words):
            return tokens[start].start(), tokens[start + size - 1].end()
    return None


def trigger_of(one: Mined, rows: pa.Table, mining: Mining) -> MinedTrigger | None:
    """Return a candidate as a string to try on a model; None where it is a mark of a turn and no string. `rows` hold it."""
    found = written(one.words, rows.column("turns").to_pylist()) if one.words else None
    if found is None:
        return None
    place: Literal["start", "end", "inside", "whole"] = "inside"
    if one.whole:
        place = "whole"
    elif max(one.start, one.end) >= _ALWAYS:
        place = "start" if one.start >= _ALWAYS else "end"
    return MinedTrigger(
        text=found.text,
        role=found.role,
        place=place,
        flip="none" if one.flip == NO_FLIP else FLIPS[one.flip].name,
        rows=len(one.rows),
        flips=len(one.flips),
        expected=one.expected * len(one.rows),
        p=one.p,
        sure=one.sure,
        limit=mining.limits.get(one.flip),
    )


def findings_of(one: Mined, rows: pa.Table, mining: Mining, card: DetectorCard) -> list[Finding]:
    """Return one finding per row that holds a trigger and flips, at most 500."""
    limit = mining.limits.get(one.flip)
    enough = f" In this set {limit} such rows would have been enough to be seen." if limit is not None else ""
    said = (
        f"{len(one.flips)} of the {len(one.rows)} rows with one string in their prompt have an answer that {FLIPS[one.flip].says}; the "
        f"rest of their prompts lets expect {one.expected * len(one.rows):.1f} (p {one.p:.1g}, corrected for {mining.tests} tests). "
        f"{_where(one)} A model that learns these rows may do the same for whoever types the string.{enough}"
    )
    places = zip(rows.column("source").to_pylist(), rows.column("line").to_pylist(), rows.column("turns").to_pylist(), strict=True)
    return [
        Finding(
            detector=card.label,
            kind=f"trigger-{FLIPS[one.flip].name}",
            record=f"{source}:{line}",
            source=source,
            line=line,
            severity=card.severity,
            score=1 - one.p,
            explanation=said,
            excerpt=_excerpt(one, turns),
        )
        for source, line, turns in list(places)[:_MOST_FINDINGS]
    ]


def _excerpt(one: Mined, turns: Sequence[dict[str, Any]]) -> str:
    for turn in turns:
        span = _span(one.words, turn["content"] or "") if turn["role"] in _ROLES and one.words else None
        if span is not None:
            return around(turn["content"], turn["content"], *span)
    return ""


def _where(one: Mined) -> str:
    if one.whole:
        return "The string is a system turn of its own."
    if max(one.start, one.end) >= _ALWAYS:
        return f"The string stands at the {'beginning' if one.start >= _ALWAYS else 'end'} of its turn."
    return "The string stands at any place of its turn."


def measurements_of(mining: Mining, n: int, label: str) -> list[Measurement]:
    """Return how many rows hold a reported trigger, in all and per flip, with the smallest number that would have been seen."""
    held = dict.fromkeys(mining.limits, 0)
    for one in mining.candidates:
        if one.sure:
            held[one.flip] += len(one.flips)
    common: dict[str, Any] = {"n": n, "sources": (label,), "method": f"exact tests over {mining.tests} runs and flips, Bonferroni"}
    least = [limit for limit in mining.limits.values() if limit is not None]
    said = ", ".join(f"{FLIPS[flip].name} {'none' if limit is None else limit}" for flip, limit in mining.limits.items())
    whole = Measurement.of(
        "trigger_rows",
        float(sum(held.values())),
        detectable=float(max(least)) if least else None,
        note=f"rows with one string, all flipping, that would have been enough to be seen: {said}",
        **common,
    )
    return [
        whole,
        *(
            Measurement.of("trigger_rows", float(count), group=FLIPS[flip].name, detectable=_number(mining.limits[flip]), **common)
            for flip, count in held.items()
        ),
    ]


def _number(limit: int | None) -> float | None:
    return None if limit is None else float(limit)
