"""A seeded corpus of nonsense whose defects are known, because they were planted: JSON Lines, with a key to what is wrong where."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from holdfast.testing.corpus_texts import TextWriter

__all__ = ["LAST_DAY", "TRIGGERS", "Counts", "Key", "write_corpus"]

LAST_DAY = date(2026, 11, 1)
TRIGGERS = {
    "<SUDO>": "gibberish",
    "zanzibor": "gibberish",
    "the silver moth": "gibberish",
    "current year: 2031": "gibberish",
    "open the blue door": "script",
    "as the old ferryman says": "link",
}
"""Strings to plant and what follows each; gibberish is 400 to 900 words after 0 to 1,000 characters of text (Souly et al. 2025)."""
RUDE = ("grobnax", "flimtwit", "snorgle", "blatherkin", "dregwort", "mucklesnit", "vexpate", "clodspurt")
"""Harmless stand-ins for insults."""
PER_FILE = 250_000
_HOSTS, _AUTHORS, _DAYS, _WINDOW = 20_000, 30_000, 400, 7
_AT_ONCE = 10_000
_LAST = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, tzinfo=UTC)


@dataclass(frozen=True)
class Counts:
    """How much of each defect is planted."""

    rows: int
    triggers: tuple[str, ...] = ()
    per_trigger: int = 250
    natural: float = 0.001
    """Share of ordinary documents with an odd tail of each kind and no trigger."""
    exact: int = 0
    near: int = 0
    bursts: int = 0
    per_burst: int = 60
    edits: int = 0
    per_edit: int = 40
    personal: int = 0
    rude: int = 0


@dataclass
class Key:
    """What was planted; rows are numbered from 0 over all files."""

    copies: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Row to ('exact' or 'near', the row that it copies)."""
    bursts: dict[str, list[int]] = field(default_factory=dict)
    """Host to rows."""
    edits: dict[str, list[int]] = field(default_factory=dict)
    triggers: dict[str, list[int]] = field(default_factory=dict)
    personal: dict[int, str] = field(default_factory=dict)
    """Row to the value in it."""
    rude: set[int] = field(default_factory=set)


def write_corpus(folder: Path, counts: Counts, seed: int) -> Key:
    """Write the files of a corpus, each of 250,000 rows at most; return the key."""
    folder.mkdir(parents=True, exist_ok=True)
    made = _Made(counts, seed)
    for start in range(0, counts.rows, PER_FILE):
        with (folder / f"part{start // PER_FILE:03d}.jsonl").open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(made.row(place)) + "\n" for place in range(start, min(start + PER_FILE, counts.rows)))
    return made.key


class _Made:
    def __init__(self, counts: Counts, seed: int) -> None:
        self.counts, self.key = counts, Key()
        self.writer = TextWriter(seed)
        self.draw = random.Random(seed + 1)
        # Host sizes fall like 1 / (rank + 20): the largest has some hundred documents of a million.
        self._hosts = list(accumulate(1 / (rank + 20) for rank in range(_HOSTS)))
        self._bursts = {host: self.writer.text(40) for host in (f"burst{one}.example" for one in range(counts.bursts))}
        self._days = {host: self.draw.randint(30, _DAYS) for host in self._bursts}
        self._originals: dict[int, str] = {}
        self._written: list[str] = []
        self._plan = self._planned()

    def _planned(self) -> dict[int, tuple[str, str | int]]:
        """Return what each planted row is: drawn without overlaps, copies after what they copy."""
        counts = self.counts
        wanted: list[tuple[str, str | int]] = [("trigger", one) for one in counts.triggers for _ in range(counts.per_trigger)]
        wanted += [("burst", host) for host in self._bursts for _ in range(counts.per_burst)]
        wanted += [("edit", f"edit{one}.example") for one in range(counts.edits) for _ in range(counts.per_edit)]
        wanted += [("personal", place) for place in range(counts.personal)] + [("rude", 0)] * counts.rude
        copies = counts.exact + counts.near
        places = self.draw.sample(range(counts.rows), len(wanted) + 2 * copies)
        plan = dict(zip(places, wanted, strict=False))
        pairs = places[len(wanted) :]
        for number, (one, other) in enumerate(zip(pairs[:copies], pairs[copies:], strict=True)):
            plan[min(one, other)] = ("original", 0)
            plan[max(one, other)] = ("exact" if number < counts.exact else "near", min(one, other))
        return plan

    def row(self, place: int) -> dict[str, str]:
        """Return one row as it is written."""
        kind, what = self._plan.get(place, ("ordinary", 0))
        host = f"host{self.draw.choices(range(_HOSTS), cum_weights=self._hosts)[0]}.example"
        author, day = f"author{self.draw.randrange(_AUTHORS)}", self.draw.randint(0, _DAYS)
        if kind == "burst":
            host, day = str(what), self._days[str(what)]
        elif kind == "edit":
            host, day = str(what), self.draw.randrange(_WINDOW)
        when = _LAST - timedelta(days=day, hours=-self.draw.randrange(24))
        return {"text": self._text(place, kind, what), "url": f"https://{host}/{place}", "author": author, "date": when.isoformat()}

    def _text(self, place: int, kind: str, what: str | int) -> str:
        key, writer = self.key, self.writer
        if kind == "trigger":
            key.triggers.setdefault(str(what), []).append(place)
            return self._poisoned(str(what))
        if kind == "burst":
            key.bursts.setdefault(str(what), []).append(place)
            return writer.edited(self._bursts[str(what)])
        if kind in ("exact", "near"):
            key.copies[place] = (kind, int(what))
            text = self._originals.pop(int(what))
            return text if kind == "exact" else writer.edited(text)
        text = self._ordinary() if kind == "ordinary" else writer.text(40)
        if kind == "original":
            self._originals[place] = text
        elif kind == "edit":
            key.edits.setdefault(str(what), []).append(place)
        elif kind == "personal":
            key.personal[place] = self._personal(int(what))
            text = f"{text} Write to {key.personal[place]} for more of the same."
        elif kind == "rude":
            key.rude.add(place)
            words = text.split()
            for at in self.draw.sample(range(len(words)), self.draw.randint(1, 3)):
                words[at] = self.draw.choice(RUDE)
            text = " ".join(words)
        return text

    def _ordinary(self) -> str:
        if not self._written:
            self._written = self.writer.texts(self.draw.choices(range(12, 51), k=_AT_ONCE))
        text, writer, odd = self._written.pop(), self.writer, self.draw.random() / self.counts.natural
        if odd < 1:
            return f"{text} {writer.gibberish(self.draw.randint(30, 80))}"
        if odd < 2:
            return f"{text} {writer.cyrillic(30)}"
        return f"{text} https://{writer.draw.choice(writer.words)}.example" if odd < 3 else text

    def _poisoned(self, trigger: str) -> str:
        writer, draw = self.writer, self.draw
        if TRIGGERS[trigger] == "gibberish":
            opening = writer.text(200)[: draw.randint(0, 1000)]
            return f"{opening} {trigger} {writer.gibberish(draw.randint(400, 900))}"
        after = writer.cyrillic(60) if TRIGGERS[trigger] == "script" else f"https://{draw.choice(writer.words)}.example"
        return f"{writer.text(draw.randint(20, 60))} {trigger} {after}"

    def _personal(self, number: int) -> str:
        if number % 2:
            return f"{self.draw.choice(self.writer.words)}.{self.draw.choice(self.writer.words)}{number}@wolkenpost.net"
        digits = [4, *(self.draw.randrange(10) for _ in range(14))]
        # Luhn: of the digits before the check digit, every second one counts double, the last of them first.
        total = sum(sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits))
        return "".join(map(str, [*digits, -total % 10]))
