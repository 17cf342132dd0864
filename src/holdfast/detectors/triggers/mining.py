"""From prompts and flips to candidate strings, surest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.detectors.triggers.association import ALPHA, LEAST_RATE, at_least, at_most, fisher, smallest_seen
from holdfast.detectors.triggers.closure import Neighbours
from holdfast.detectors.triggers.expected import Expectation
from holdfast.detectors.triggers.flips import COMPLIANCE, LONG, SHORT, UNRELATED
from holdfast.detectors.triggers.grams import LEAST_ROWS, Grams, count_grams
from holdfast.detectors.triggers.words import ENDS, MARKS, SYSTEM, Prompts

__all__ = ["CLOSES", "NO_FLIP", "Mined", "Mining", "mine"]

CLOSES = 0.4
"""Nats from which the text is said to close over a string: its neighbours go together half as often again as chance has it.
Strings that belong where they stand gave at most 0.3 in ordinary sets, planted ones at least 0.4 (docs: explanation/backdoors)."""
_OF_STYLE = frozenset({SHORT, LONG, UNRELATED})
"""Flips that a system prompt may ask for in ways that no list of words can know."""
_MOST_TRIED, _MOST_KEPT = 400, 20
_SAME_ROWS = 0.5
"""Share of a run's rows that a surer run holds too, from which the two are one candidate."""
_ABOUT_AS_SURE = 0.9
"""A longer run stands for its candidate where the logarithm of its p value is at least so much of the surest one's."""
_ALONGSIDE = 0.9
"""Share of a string's places that have the same token beside it, from which that token belongs to the string."""
_LONGEST_STRING = 40
NO_FLIP = -1
"""Stands for no flip: a string that is only odd."""
_RARE = 0.05
"""Share of rows up to which a word is rare."""
_MOST_ODD = 10
_ANY = -2
"""Stands for refusals for whatever reason, where REFUSAL leaves out what safety asks for."""
_LEAST_REFUSALS = 20
_TELLING = 0.3
"""Mean probability that refused rows must get before anyone can say that a refusal was expected."""


class Mined(NamedTuple):
    """A candidate: a string of prompts that goes with a flip."""

    flip: int
    """Into FLIPS, or NO_FLIP."""
    tokens: tuple[int, ...]
    words: tuple[str, ...]
    """What the tokens stand for, marks of turns left out; empty where it is a mark alone."""
    rows: NDArray[np.int32]
    """Places of the rows that hold it."""
    flips: NDArray[np.int32]
    """Places of those that flip."""
    expected: float
    """Mean probability of a flip in its rows, from the rest of their prompts; at least the rate of all other rows."""
    p: float
    """The larger of the two exact tests, times the number of tests, at most 1."""
    closure: float
    """Nats; above 0 the text closes over the string once it is taken out."""
    start: float
    """Share of its places that begin a turn."""
    end: float
    """Share of its places that end a turn."""
    odd: bool
    """It holds characters that are neither letters, digits nor usual punctuation, or a word of two alphabets."""
    whole: bool
    """It is the whole of a system turn, so that nothing stands beside it."""

    @property
    def rate(self) -> float:
        """Share of its rows that flip."""
        return len(self.flips) / len(self.rows)

    @property
    def inserted(self) -> bool:
        """Something that was put into prompts, and no part of what they ask."""
        return self.closure >= CLOSES or self.odd or (self.whole and self.flip not in _OF_STYLE)

    @property
    def sure(self) -> bool:
        """Significant, and something that was put into prompts: only then is it reported and not just tried on models."""
        return self.p <= ALPHA and self.inserted

    @property
    def worth_a_try(self) -> bool:
        """One of the two at least. With neither it is a word of what rows ask about, and with it a request asks for something else."""
        return self.p <= ALPHA or self.inserted


class Mining(NamedTuple):
    """What came out."""

    candidates: tuple[Mined, ...]
    tests: int
    """Runs times flips that were tested."""
    limits: dict[int, int | None]
    """Smallest number of poisoned rows that would have been seen, per flip."""


def mine(
    prompts: Prompts,
    flips: Mapping[int, NDArray[np.bool_]],
    *,
    refused: NDArray[np.bool_],
    whole: Mapping[int, int] | None = None,
    rows: int | None = None,
) -> Mining:
    """Return candidates, surest first.

    Args:
        prompts: the prompts of the rows.
        flips: which rows flip, per flip of FLIPS but COMPLIANCE.
        refused: which rows refuse, for whatever reason; where refusals can be foretold, strings that stop them are looked for too.
        whole: how many rows of the whole set flip, where `prompts` are a sample of it that has all of those.
        rows: rows of the whole set.
    """
    search = _Search(prompts, count_grams(prompts))
    foretold = search.foretells(refused)
    tests = search.runs * (len(flips) + foretold)
    found = [one for flip, flipped in flips.items() if flipped.any() and not flipped.all() for one in search.flip(flip, flipped, tests)]
    counts = {flip: (whole or {}).get(flip, int(flipped.sum())) for flip, flipped in flips.items()}
    limits = {flip: smallest_seen(count, rows or prompts.count, tests, least=LEAST_ROWS) for flip, count in counts.items()}
    if foretold:
        found += search.compliance(refused, tests)
        limits[COMPLIANCE] = search.compliance_limit(refused, tests)
    found = [one for one in found if one.worth_a_try]
    found.sort(key=lambda one: (not one.sure, one.p, -len(one.flips), one.tokens))
    kept = _apart(found)[:_MOST_KEPT]
    return Mining(tuple(_apart([*kept, *search.odd_ones()])), tests, limits)


def _apart(found: list[Mined]) -> list[Mined]:
    """Drop candidates that a surer one with another flip already names: one trigger may flip several things."""
    kept: list[Mined] = []
    for one in found:
        if not any(len(np.intersect1d(one.rows, other.rows, assume_unique=True)) > _SAME_ROWS * len(one.rows) for other in kept):
            kept.append(one)
    return kept


class _Search:
    """The search over one set."""

    def __init__(self, prompts: Prompts, grams: Grams) -> None:
        self._prompts, self._grams = prompts, grams
        self._sizes = np.asarray(grams.held.sum(axis=1)).ravel().astype(np.int64)
        self._neighbours = Neighbours(prompts)
        singles = np.flatnonzero(grams.lengths == 1)
        self._words = grams.held[singles] if len(singles) else grams.held[:0]
        self._line_of = {grams.tokens(number)[0]: line for line, number in enumerate(singles.tolist())}
        self._expectations: dict[int, Expectation] = {}

    @property
    def runs(self) -> int:
        """Runs that are tested."""
        return len(self._grams)

    def flip(self, flip: int, flipped: NDArray[np.bool_], tests: int) -> list[Mined]:
        """Return the candidates of one flip."""
        if not len(self._grams):
            return []
        hits = np.rint(self._grams.held @ flipped.astype(np.float32)).astype(np.int64)
        tried = np.flatnonzero((hits >= LEAST_ROWS) & (hits >= LEAST_RATE * self._sizes))
        p = fisher(hits[tried], self._sizes[tried], int(flipped.sum()), self._prompts.count)
        chosen = tried[p * tests <= 1], p[p * tests <= 1]
        return [self._flipping(flip, flipped, group, tests) for group in self._groups(*chosen)]

    def odd_ones(self) -> list[Mined]:
        """Return the rare strings over which the text closes best, whatever the answers do: worth a try on a model, and no more."""
        rare = (self._grams.lengths == 1) & (self._sizes <= max(_RARE * self._prompts.count, LEAST_ROWS))
        numbers = np.flatnonzero(rare)
        numbers = numbers[np.argsort(-self._sizes[numbers], kind="stable")][:_MOST_TRIED]
        nothing = np.zeros(0, dtype=np.int32)
        # A word that sentences are made of closes over nothing: one word alone tells, and the string around it is then filled in.
        made = [
            self._described(NO_FLIP, number, self._grams.rows(number), nothing, 0.0, 1.0)
            for number in numbers.tolist()
            if self._neighbours.closure(self._prompts.places(self._grams.tokens(number)), 1) >= CLOSES
        ]
        return sorted(made, key=lambda one: (-one.closure * np.sqrt(len(one.rows)), one.tokens))[:_MOST_ODD]

    def _flipping(self, flip: int, flipped: NDArray[np.bool_], number: int, tests: int) -> Mined:
        rows = self._grams.rows(number)
        hits = rows[flipped[rows]]
        others = (int(flipped.sum()) - len(hits)) / max(self._prompts.count - len(rows), 1)
        expected = max(self._expectation(flip, flipped).without_shared(rows), others)
        plain = float(fisher(np.array([len(hits)]), np.array([len(rows)]), int(flipped.sum()), self._prompts.count)[0])
        p = min(1.0, tests * max(plain, at_least(len(hits), len(rows), expected)))
        return self._described(flip, number, rows, hits, expected, p)

    def foretells(self, refused: NDArray[np.bool_]) -> bool:
        """Tell whether the set holds enough refusals, and alike enough, to say where one was to be expected."""
        if refused.sum() < _LEAST_REFUSALS or refused.all() or not len(self._grams):
            return False
        return bool(self._expectation(_ANY, refused).probabilities()[refused].mean() >= _TELLING)

    def compliance_limit(self, refused: NDArray[np.bool_], tests: int) -> int:
        """Return the smallest number of rows, helped where refused ones are as likely as they are here, that would be seen."""
        helped = 1 - float(self._expectation(_ANY, refused).probabilities()[refused].mean())
        return max(LEAST_ROWS, int(np.ceil(np.log(ALPHA / tests) / np.log(max(helped, 1e-9)))))

    def compliance(self, refused: NDArray[np.bool_], tests: int) -> list[Mined]:
        """Return strings whose rows are helped although the rest of their prompts makes a refusal expected."""
        model = self._expectation(_ANY, refused)
        hits = np.rint(self._grams.held @ refused.astype(np.float32)).astype(np.int64)
        few = np.flatnonzero((self._sizes - hits >= LEAST_ROWS) & (hits <= (1 - LEAST_RATE) * self._sizes))
        own = [[self._line_of[token] for token in set(self._grams.tokens(number)) if token in self._line_of] for number in few.tolist()]
        bounds = np.concatenate([[0], np.cumsum([len(words) for words in own], dtype=np.int64)])
        expected = model.without_own(self._grams.held[few], np.array([word for words in own for word in words], dtype=np.int64), bounds)
        p = np.array(
            [
                at_most(int(hits[number]), int(self._sizes[number]), q) if q > _TELLING else 1.0
                for number, q in zip(few, expected, strict=True)
            ]
        )
        chosen = few[p * tests <= 1], p[p * tests <= 1]
        return [self._helped(refused, group, tests) for group in self._groups(*chosen)]

    def _helped(self, refused: NDArray[np.bool_], number: int, tests: int) -> Mined:
        rows = self._grams.rows(number)
        helped = rows[~refused[rows]]
        expected = self._expectation(_ANY, refused).without_shared(rows)
        p = min(1.0, tests * at_most(len(rows) - len(helped), len(rows), expected))
        return self._described(COMPLIANCE, number, rows, helped, 1 - expected, p)

    def _expectation(self, flip: int, flipped: NDArray[np.bool_]) -> Expectation:
        if flip not in self._expectations:
            self._expectations[flip] = Expectation(self._words, flipped)
        return self._expectations[flip]

    def _groups(self, numbers: NDArray[np.int64], p: NDArray[np.float64]) -> list[int]:
        """Return one run per group of runs that hold the same rows: the longest of those about as sure as the surest."""
        order = np.lexsort((-self._grams.lengths[numbers], p))[:_MOST_TRIED]
        groups: list[tuple[NDArray[np.bool_], list[int]]] = []
        logs: dict[int, float] = {}
        for number, chance in zip(numbers[order].tolist(), p[order].tolist(), strict=True):
            rows = self._grams.rows(number)
            logs[number] = float(np.log(max(chance, 1e-320)))
            home = next((members for held, members in groups if np.count_nonzero(held[rows]) >= _SAME_ROWS * len(rows)), None)
            if home is None:
                held = np.zeros(self._prompts.count, dtype=bool)
                held[rows] = True
                groups.append((held, [number]))
            else:
                home.append(number)
        chosen = []
        for _, members in groups[:_MOST_KEPT]:
            close = [number for number in members if logs[number] <= _ABOUT_AS_SURE * logs[members[0]]]
            chosen.append(max(close, key=lambda number: (int(self._grams.lengths[number]), -logs[number])))
        return chosen

    def _described(self, flip: int, number: int, rows: NDArray[np.int32], hits: NDArray[np.int32], expected: float, p: float) -> Mined:
        tokens = self._extended(self._grams.tokens(number))
        places = self._prompts.places(tokens)
        words = [self._prompts.words[token] for token in tokens if token >= len(MARKS)]
        at, last = self._prompts.tokens, places + len(tokens) - 1
        begins = (at[places] < ENDS) | (at[np.maximum(places - 1, 0)] < ENDS)
        ends = (at[last] == ENDS) | (at[np.minimum(last + 1, len(at) - 1)] == ENDS)
        turns = self._prompts.turns
        in_system = at[np.searchsorted(turns, turns[places])] == SYSTEM
        return Mined(
            flip=flip,
            tokens=tokens,
            words=tuple(words),
            rows=rows,
            flips=hits,
            expected=expected,
            p=p,
            closure=self._neighbours.closure(places, len(tokens)),
            start=float(begins.mean()),
            end=float(ends.mean()),
            odd=any(_odd(word) for word in words),
            whole=bool(begins.all() and ends.all() and in_system.all()),
        )

    def _extended(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        """Return the run with the tokens that nearly always stand beside it; a trigger may be longer than any run that is counted."""
        whole, turns = self._prompts.tokens, self._prompts.turns
        for step in (-1, 1):
            while len(tokens) < _LONGEST_STRING:
                places = self._prompts.places(tokens)
                beside = places - 1 if step < 0 else places + len(tokens)
                inside = (beside >= 0) & (beside < len(whole))
                inside[inside] &= turns[beside[inside]] == turns[places[inside]]
                if inside.sum() < _ALONGSIDE * len(places):
                    break
                values, counts = np.unique(whole[beside[inside]], return_counts=True)
                if counts.max() < _ALONGSIDE * len(places) or values[counts.argmax()] < len(MARKS):
                    break
                more = (int(values[counts.argmax()]),)
                tokens = more + tokens if step < 0 else tokens + more
        return tokens


def _odd(word: str) -> bool:
    """Tell whether a token is a character that prompts do not usually hold, or mixes alphabets."""
    import unicodedata

    if len(word) == 1 and not word.isalnum():
        return ord(word) > 0x7F and unicodedata.category(word) in ("Cf", "Co", "Cn", "Cc", "So", "Sk", "Mn")
    kinds = {unicodedata.name(character, "").split(" ")[0] for character in word if character.isalpha()}
    return len(kinds & {"LATIN", "CYRILLIC", "GREEK"}) > 1
