"""How often clean corpora raise an alarm: at most as often as promised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from holdfast.corpus.signals import find_signals
from holdfast.testing.corpus_texts import TextWriter
from holdfast.testing.held_corpus import Document, HeldDuplicates

from .conftest import Measured

END = datetime(2026, 11, 1, tzinfo=UTC)
SEEDS, ROWS = 60, 2_000


@pytest.mark.slow
def test_clean_corpora_with_odd_tails_and_copies_raise_hardly_an_alarm(measured: Measured) -> None:
    alarms = []
    for seed in range(SEEDS):
        writer = TextWriter(seed, words=2_000)
        draw = writer.draw
        rows = []
        for text in writer.texts(draw.choices(range(15, 45), k=ROWS)):
            odd = draw.random() * 20
            tail = writer.gibberish(60) if odd < 1 else writer.cyrillic(30) if odd < 2 else "https://a.example/x" if odd < 3 else ""
            host = f"h{int(draw.paretovariate(0.7)) % 120}.example"
            rows.append(Document(f"{text} {tail}", host, f"w{draw.randint(0, 40)}", END - timedelta(days=draw.randint(0, 300))))
        for place in draw.sample(range(ROWS), ROWS // 25):
            rows[place] = rows[place]._replace(text=rows[draw.randrange(ROWS)].text)
        work = measured(rows)
        alarms += [one for one in find_signals(work, HeldDuplicates(work)) if one.documents]
    # Four families of tests at one in a hundred each: 2.4 alarms expected at the worst; 8 would come about once in 300 times.
    assert len(alarms) < 8
