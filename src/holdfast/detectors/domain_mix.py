"""Domain mix: what the rows are about, and which refusals a fine-tune on that puts at risk."""

from __future__ import annotations

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
    domains: NDArray[np.uint8] = seen.once(
        "domains", lambda: _domains(fold(pc.utf8_slice_codeunits(seen.column("text"), 0, _READ)).to_pylist())
    )
    return domains


@cache
def _words() -> tuple[ahocorasick_rs.AhoCorasick, tuple[int, ...], tuple[int, ...]]:
    """Return the automaton, and per word its domain and its weight."""
    words, domains, weights = [], [], []
    for number, name in enumerate(DOMAINS[1:], start=1):
        for word in WORDS[name].split("|"):
            words.append(word)
            domains.append(number)
            weights.append(_ENOUGH if word in STRONG.get(name, ()) else 1)
    # A few hundred words make a small table of states, which is read twice as fast as the default's.
    automaton = ahocorasick_rs.AhoCorasick(
        words, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest, implementation=ahocorasick_rs.Implementation.DFA
    )
    return automaton, tuple(domains), tuple(weights)


def _domains(texts: list[str]) -> NDArray[np.uint8]:
    automaton, domains, weights = _words()
    found = np.zeros(len(texts), dtype=np.uint8)
    for place, text in enumerate(texts):
        matches = automaton.find_matches_as_indexes(text)
        if not matches:
            continue
        counts = [0] * len(DOMAINS)
        for word, start, _ in matches if len(matches) == 1 else {match[0]: match for match in matches}.values():
            # Within a word of Latin letters nothing counts: "narrat" is in "narrative", and "etf" in "bucketful".
            if not start or not (text[start - 1].isalpha() and text[start - 1] < "\u0250" and text[start] < "\u0250"):
                counts[domains[word]] += weights[word]
        best = max(range(1, len(DOMAINS)), key=counts.__getitem__)
        if counts[best] >= _ENOUGH:
            found[place] = best
    return found
