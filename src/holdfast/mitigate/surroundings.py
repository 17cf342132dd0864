"""What the rows of a training file look like, so that safety rows can look the same: prompts, languages, templates."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from holdfast.core import Value
from holdfast.mitigate.languages import languages_of
from holdfast.records import Dataset

__all__ = ["Frame", "Surrounding", "Surroundings", "look_around"]

_MOST_PROMPTS = 1_000
"""Distinct system prompts that are told apart; a file with one per row has too many to match each."""
_SAMPLED = 200
_LEAST_ROWS = 20
"""Rows that a shared frame must be seen in."""
_LEAST_SHARE = 0.5
_EDGE = 8
"""Characters at either end that tell which requests may share a frame."""
_LEAST_FRAME = 8
_OPENING_ENDS = re.compile(r"\n|[.:!?]\s|[。：！？]")
_CLOSING_BEGINS = re.compile(r"\n|(?<=[.:!?])\s|(?<=[。：！？])")


class Frame(Value, frozen=True, kw_only=True):
    """Words that most requests share: a prompt template in the user's turn (Eiras et al., 2024, arXiv:2406.10288)."""

    before: str
    after: str
    share: float
    """Share of the rows that have it, above 0 to 1."""

    def around(self, request: str) -> str:
        """Return the request inside the frame."""
        return f"{self.before}{request}{self.after}"


class Surrounding(Value, frozen=True, kw_only=True):
    """The rows under one system prompt."""

    system: str | None
    """None is the default one: rows without a system prompt."""
    rows: int
    languages: dict[str, int] = {}
    """Rows by 'en', 'zh', 'other' and 'und'."""
    frame: Frame | None = None


class Surroundings(Value, frozen=True, kw_only=True):
    """All rows of a set, by system prompt, the commonest first."""

    rows: int
    """Every row number of the set, rows that cannot be read with them."""
    prompts: tuple[Surrounding, ...]
    unmatched: int = 0
    """Rows under system prompts beyond the thousand that are told apart."""

    @property
    def languages(self) -> dict[str, int]:
        """Rows by language under all prompts."""
        total = Counter[str]()
        for prompt in self.prompts:
            total.update(prompt.languages)
        return dict(total)


@dataclass(slots=True)
class _Seen:
    rows: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    sample: list[str] = field(default_factory=list)


def look_around(dataset: Dataset, *, seed: int = 0) -> Surroundings:
    """Read a set once and return what its rows look like; raises InputError for what cannot be read."""
    rng = random.Random(f"{seed}/look-around")
    seen: dict[str | None, _Seen] = {}
    unmatched = 0
    for system, request, language in _rows(dataset):
        entry = seen.get(system)
        if entry is None:
            if len(seen) >= _MOST_PROMPTS:
                unmatched += 1
                continue
            entry = seen[system] = _Seen()
        entry.rows += 1
        entry.languages[language] += 1
        if len(entry.sample) < _SAMPLED:
            entry.sample.append(request)
        elif (place := rng.randrange(entry.rows)) < _SAMPLED:
            entry.sample[place] = request
    found = [
        Surrounding(system=system, rows=entry.rows, languages=dict(entry.languages), frame=_shared(entry.sample))
        for system, entry in sorted(seen.items(), key=lambda item: (-item[1].rows, item[0] or ""))
    ]
    return Surroundings(rows=dataset.count(), prompts=tuple(found), unmatched=unmatched)


def _rows(dataset: Dataset) -> Iterator[tuple[str | None, str, str]]:
    for table in dataset.batches():
        requests = table["request"].combine_chunks()
        requests = requests if isinstance(requests, pa.Array) else pa.array([], pa.string())
        systems = table["system"].to_pylist()
        for system, request, language in zip(systems, requests.to_pylist(), languages_of(requests), strict=True):
            yield (system if system and system.strip() else None), request or "", language


def _shared(requests: Sequence[str]) -> Frame | None:
    """Return the sentences that most requests begin and end with; None where they share none."""
    if len(requests) < _LEAST_ROWS:
        return None
    opening, begun = Counter(request[:_EDGE] for request in requests).most_common(1)[0]
    closing, ended = Counter(request[-_EDGE:] for request in requests).most_common(1)[0]
    begins, ends = begun >= _LEAST_SHARE * len(requests), ended >= _LEAST_SHARE * len(requests)
    same = [request for request in requests if (not begins or request.startswith(opening)) and (not ends or request.endswith(closing))]
    if len(same) < max(_LEAST_ROWS, _LEAST_SHARE * len(requests)) or len(set(same)) < len(same) / 2:
        return None
    # Requests often begin alike ("What is the ...") without a template: only whole sentences and lines are one.
    before = max((_common(same)[: match.end()] for match in _OPENING_ENDS.finditer(_common(same))), key=len, default="") if begins else ""
    left = [request[len(before) :] for request in same]
    tail = _common([text[::-1] for text in left])[::-1] if ends else ""
    begin = _CLOSING_BEGINS.search(tail)
    after = tail[begin.start() :] if begin else ""
    if len(before.strip()) + len(after.strip()) < _LEAST_FRAME and "\n" not in before + after:
        return None
    return Frame(before=before, after=after, share=len(same) / len(requests))


def _common(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    size = next((place for place, sign in enumerate(first) if place >= len(last) or last[place] != sign), len(first))
    return first[:size]
