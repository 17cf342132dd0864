"""Which safety rows are added: so many under each system prompt, in each language, refused or answered."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from holdfast.core import InputError, Value
from holdfast.mitigate.languages import COVERED
from holdfast.mitigate.safety_rows import SafetyRow, SafetySet
from holdfast.mitigate.shares import apportion
from holdfast.mitigate.surroundings import Frame, Surroundings

__all__ = ["Added", "Chosen", "Wanted", "choose"]

ANY = "und"


class Wanted(Value, frozen=True, kw_only=True):
    """What is to be added."""

    rows: int
    look_alike_share: float
    """Share of the added rows that are benign look-alikes, 0 to below 1."""
    also_under: tuple[str, ...]
    """System prompts to cover besides those of the data and the default one."""
    even: float
    """0 gives each system prompt rows in proportion to its rows in the data, 1 gives each the same, and what lies between mixes both."""
    languages: tuple[str, ...]
    """Languages to use; empty matches those of the data."""
    frames: bool
    """Put requests that are refused into the template that the data's requests share."""
    seed: int


class Added(Value, frozen=True, kw_only=True):
    """How many rows were added under one system prompt in one language."""

    system: str | None
    """None is the default prompt."""
    data_rows: int
    """Rows of the data under that system prompt."""
    language: str
    refusals: int
    look_alikes: int


class Chosen(NamedTuple):
    """One row to add: light, because a large set holds hundreds of thousands."""

    row: SafetyRow
    use: int
    """0 where the row is used for the first time."""
    system: str | None
    frame: Frame | None


def choose(wanted: Wanted, around: Surroundings, safety: SafetySet) -> tuple[list[Chosen], tuple[Added, ...]]:
    """Return the rows to add in a shuffled order, and the table of what they are; raises InputError where they cannot be had."""
    benign = round(wanted.rows * wanted.look_alike_share)
    weights = _weights(wanted, around, safety)
    # Look-alikes first: what is left over stays proportional for both kinds.
    parts = {False: apportion(benign, weights), True: apportion(wanted.rows - benign, weights)}
    frames = {prompt.system: prompt.frame for prompt in around.prompts} if wanted.frames else {}
    chosen: list[Chosen] = []
    for refuses in (True, False):
        pools = {language: _endless(safety, refuses, language, wanted.seed) for _, language in weights}
        rng = random.Random(f"{wanted.seed}/frames/{refuses}")
        for (system, language), count in parts[refuses].items():
            # A look-alike in a task's template would teach the wrong answer: the question itself where, say, a translation is due.
            frame = frames.get(system) if refuses else None
            for _ in range(count):
                row, use = next(pools[language])
                framed = frame if frame is not None and rng.random() < frame.share else None
                chosen.append(Chosen(row, use, system, framed))
    random.Random(f"{wanted.seed}/order").shuffle(chosen)
    rows = {prompt.system: prompt.rows for prompt in around.prompts}
    table = tuple(
        Added(
            system=system,
            data_rows=rows.get(system, 0),
            language=language,
            refusals=parts[True][system, language],
            look_alikes=parts[False][system, language],
        )
        for system, language in weights
        if parts[True][system, language] or parts[False][system, language]
    )
    return chosen, table


def _weights(wanted: Wanted, around: Surroundings, safety: SafetySet) -> dict[tuple[str | None, str], float]:
    """Return the weight of each pair of system prompt and language."""
    known = {prompt.system: prompt for prompt in around.prompts}
    systems = list(dict.fromkeys([*known, None, *wanted.also_under]))
    total = sum(prompt.rows for prompt in around.prompts) or 1
    weights: dict[tuple[str | None, str], float] = {}
    for system in systems:
        rows = known[system].rows if system in known else 0
        weight = wanted.even / len(systems) + (1 - wanted.even) * rows / total
        seen = known[system].languages if system in known else around.languages
        shares = _languages(wanted.languages, Counter(seen), Counter(around.languages), safety)
        for language, share in shares.items():
            if weight * share > 0:
                weights[system, language] = weight * share
    return weights


def _languages(asked: tuple[str, ...], seen: Counter[str], all_rows: Counter[str], safety: SafetySet) -> dict[str, float]:
    """Return the shares of the languages to use: those of the rows where safety rows exist in them."""
    there = safety.languages
    if asked:
        missing = [language for language in asked if language not in there]
        if missing:
            raise InputError(f"{safety.name}: no safety rows in language {missing[0]!r}; it has {', '.join(there) or 'none'}.")
        there = asked
    for counts in (seen, all_rows):
        matched = {language: counts[language] for language in there if counts[language]}
        if matched:
            total = sum(matched.values())
            return {language: count / total for language, count in matched.items()}
    first = next((language for language in (*COVERED, ANY) if language in there), there[0])
    return {language: 1 / len(asked) for language in asked} if asked else {first: 1.0}


def _endless(safety: SafetySet, refuses: bool, language: str, seed: int) -> Iterator[tuple[SafetyRow, int]]:
    """Give the rows of one kind in one language again and again, each as often as the others, in a new order each time."""
    rows: Sequence[SafetyRow] = [row for row in safety.rows if row.refuses == refuses and row.language == language]
    if not rows:
        # Rows whose language nobody could tell fit better than none.
        rows = [row for row in safety.rows if row.refuses == refuses and row.language == ANY]
    if not rows:
        kind = "refusals" if refuses else "benign look-alikes"
        raise InputError(f"{safety.name}: no {kind} in language {language!r}. Name another file with --look-alikes, or none.")
    use = 0
    while True:
        order = list(range(len(rows)))
        random.Random(f"{seed}/{refuses}/{language}/{use}").shuffle(order)
        for place in order:
            yield rows[place], use
        use += 1
