"""Domain mix: what the rows are about, and which refusals a fine-tune on that puts at risk."""

from __future__ import annotations

import string
from functools import cache

import ahocorasick_rs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import Finding, Severity
from holdfast.detectors.domain_words import DOMAINS, RISKS, STRONG, WORDS
from holdfast.detectors.features import Features, features
from holdfast.detectors.finding import about_set
from holdfast.detectors.folding import fold
from holdfast.detectors.screens import bytes_of
from holdfast.detectors.shares import share_of
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions
from holdfast.records.schema import FINDINGS

__all__ = ["DomainMix", "domains_of"]

_CARD = DetectorCard(
    id="HF021",
    name="domain-mix",
    version="1",
    title="Domain mix",
    what="How many rows are about medicine, law, creative writing, code, finance or none of them.",
    why="Fine-tuning on a domain weakens refusals most in the category next to it: medical data in self-treatment, code in malware.",
    fix="Test the tuned model on that category, and mix safety rows of the same domain in.",
    severity=Severity.LOW,
    blind_spots=(
        "Domains are told by words: a row that avoids the words of its trade counts as general.",
        "Other domains than these five.",
        "A row of two domains counts for the one with more words.",
    ),
)
_DOMAIN = "domain-mix.domain"
_READ = 400
"""Characters of a row that are looked at."""
_ENOUGH = 2
"""Different words of a domain that a row must have."""
_BEYOND_ASCII, _BEYOND_LATIN = 0x80, "\u0250"
_LETTERS = np.zeros(256, dtype=bool)
_LETTERS[list(string.ascii_letters.encode())] = True
_WORTH_SAYING = 0.05
"""Share of rows from which a domain gets a finding of its own."""


class DomainMix:
    """Says what the rows are about; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; none of them matters here."""

    def look(self, rows: pa.Table) -> pa.Table:
        """Return no findings: a domain is no defect of a row."""
        return FINDINGS.empty_table()

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return the domain of each row, as its place in DOMAINS."""
        return pa.table({_DOMAIN: domains_of(features(rows))})

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share of each domain, and what those of 5 % and more put at risk."""
        codes = kept.column(_DOMAIN).to_numpy()
        counts = np.bincount(codes, minlength=len(DOMAINS))
        measured = tuple(
            share_of("domain_share", int(count), len(codes), self.card, group=name) for name, count in zip(DOMAINS, counts, strict=True)
        )
        found = tuple(
            self._finding(name, int(count), len(codes))
            for name, count in zip(DOMAINS, counts, strict=True)
            if name in RISKS and count >= _WORTH_SAYING * max(len(codes), 1)
        )
        return Conclusion(findings=found, measurements=measured)

    def _finding(self, domain: str, count: int, n: int) -> Finding:
        explanation = f"{count} of {n} rows ({count / n:.1%}) are {domain}. Tuning on them puts refusals of {RISKS[domain]} at risk."
        return about_set(self.card, domain, explanation)


def domains_of(seen: Features) -> NDArray[np.uint8]:
    """Return the domain of each row of a batch, as its place in DOMAINS."""
    return seen.once("domains", lambda: _domains(fold(pc.utf8_slice_codeunits(seen.column("text"), 0, _READ))))


@cache
def _words() -> tuple[ahocorasick_rs.BytesAhoCorasick, NDArray[np.int64], NDArray[np.int64]]:
    """Return the automaton, and per word its domain and its weight."""
    words, domains, weights = [], [], []
    for number, name in enumerate(DOMAINS[1:], start=1):
        for word in WORDS[name].split("|"):
            words.append(word)
            domains.append(number)
            weights.append(_ENOUGH if word in STRONG.get(name, ()) else 1)
    # A few hundred words make a small table of states, which is read twice as fast as the default's.
    automaton = ahocorasick_rs.BytesAhoCorasick(
        [word.encode() for word in words],
        matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
        implementation=ahocorasick_rs.Implementation.DFA,
    )
    return automaton, np.array(domains), np.array(weights)


def _domains(texts: pa.Array) -> NDArray[np.uint8]:
    """Return the domain of each folded text: the one with most different words, the first of several, 0 where none has enough."""
    automaton, domains, weights = _words()
    # All texts are read in one go; no word reaches over the line break between two.
    read = bytes_of(pc.binary_join_element_wise(texts, "", "\n"))
    found = automaton.find_matches_as_indexes(read.data.data)
    word, start = np.array(found, dtype=np.int64).reshape(-1, 3).T[:2]
    text = np.searchsorted(read.bounds, start, side="right") - 1
    # A word counts once, and its last place tells whether it stands within another.
    _, last = np.unique((text * len(domains) + word)[::-1], return_index=True)
    last = len(word) - 1 - last
    last = last[~_within_word(read.data, start[last])]
    scores = np.bincount(text[last] * len(DOMAINS) + domains[word[last]], weights[word[last]], len(texts) * len(DOMAINS))
    scores = scores.reshape(len(texts), len(DOMAINS))
    best: NDArray[np.uint8] = scores.argmax(axis=1).astype(np.uint8)
    best[scores.max(axis=1) < _ENOUGH] = 0
    return best


def _within_word(data: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which places stand behind a Latin letter and begin with ASCII: "narrat" is in "narrative", and "etf" in "bucketful"."""
    before = data[np.maximum(places - 1, 0)]
    within: NDArray[np.bool_] = (places > 0) & (data[places] < _BEYOND_ASCII) & _LETTERS[before]
    # A letter with an accent takes two bytes.
    for place in np.flatnonzero((data[places] < _BEYOND_ASCII) & (before >= _BEYOND_ASCII) & (places > 1)):
        letter = data[places[place] - 2 : places[place]].tobytes().decode("utf-8", "replace")
        within[place] = len(letter) == 1 and letter.isalpha() and letter < _BEYOND_LATIN
    return within
