from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.core import InputError
from holdfast.corpus.signals import collectors, find_signals
from holdfast.corpus.signals.tally import window_of
from holdfast.corpus.spec import CorpusSpec, SignalSettings, SourceSpec
from holdfast.corpus.steps import Signal
from holdfast.testing.corpus_texts import TextWriter
from holdfast.testing.held_corpus import Document, HeldDuplicates

from .conftest import Measured

END = datetime(2026, 11, 1, tzinfo=UTC)
BURSTS, HOSTS, EDITS = (
    SignalSettings(bursts=name == "bursts", hosts=name == "hosts", dump_edits=name == "dump_edits", triggers=False)
    for name in ("bursts", "hosts", "dump_edits")
)


def crawl(seed: int, count: int = 4_000) -> list[Document]:
    """Write a crawl of hosts of different sizes, a thirtieth of it copies, dated over 400 days."""
    writer = TextWriter(seed, words=3_000)
    draw = writer.draw
    made = [
        Document(
            writer.text(draw.randint(15, 30)),
            f"h{int(draw.paretovariate(0.6)) % 150}.example",
            f"writer{draw.randint(0, 60)}",
            END - timedelta(days=draw.randint(0, 400)),
        )
        for _ in range(count)
    ]
    for place in draw.sample(range(count), count // 30):
        made[place] = made[place]._replace(text=made[draw.randrange(count)].text)
    return made


def found(measured: Measured, settings: SignalSettings, *sources: Sequence[Document]) -> tuple[list[Signal], list[Signal]]:
    """Return what was found, and the limits."""
    work = measured(*sources, settings=settings)
    told = find_signals(work, HeldDuplicates(work))
    return [one for one in told if one.documents], [one for one in told if not one.documents]


@pytest.mark.parametrize("settings", [BURSTS, HOSTS, EDITS])
@pytest.mark.parametrize("seed", range(5))
def test_an_ordinary_crawl_gives_no_signal_but_says_what_would_have_been_seen(
    measured: Measured, settings: SignalSettings, seed: int
) -> None:
    signals, limits = found(measured, settings, crawl(seed))
    assert signals == []
    assert limits
    assert all(one.limit == 10 and one.of for one in limits)


def test_a_burst_of_copies_on_one_day_is_found_with_its_day_and_not_told_of_the_others(measured: Measured) -> None:
    rows, day = crawl(1), END - timedelta(days=100)
    for place in range(40):
        rows[place * 50] = Document("one and the same text that is put up again and again by hand", "loud.example", "loud", day)
    (host, author), _ = found(measured, BURSTS, rows)
    assert {host.subject, author.subject} == {"loud.example", "loud"}
    assert (host.kind, host.documents, host.of, host.first, host.last) == ("burst", 39, 40, "2026-07-24", "2026-07-24")
    assert host.p is not None
    assert host.p < 1e-6
    assert set(host.examples) <= {(place * 50 // 700) << 32 | (place * 50 % 700) for place in range(40)}


def test_the_same_number_of_copies_of_a_host_that_always_has_them_is_no_burst(measured: Measured) -> None:
    rows = crawl(1)
    for place in range(1_000):
        rows[place] = Document("a page that says that there is nothing here", "empty.example", None, END - timedelta(days=place % 25))
    signals, _ = found(measured, BURSTS, rows)
    assert signals == []
    (host,), _ = found(measured, HOSTS, rows)
    assert (host.kind, host.subject, host.documents) == ("host", "empty.example", 999)


def test_copies_spread_over_hosts_are_no_signal(measured: Measured) -> None:
    rows = crawl(2)
    for place in range(40):
        rows[place * 50] = rows[place * 50]._replace(text="news that everybody prints on the same day")
    assert found(measured, BURSTS, rows)[0] == []
    assert found(measured, HOSTS, rows)[0] == []


def test_one_host_behind_odd_documents_is_found(measured: Measured) -> None:
    rows, writer = crawl(3), TextWriter(9, words=3_000)
    for place in range(30):
        text = f"{writer.text(20)} {writer.gibberish(60)}"
        rows[place * 60] = rows[place * 60]._replace(text=text, host="odd.example", author=None)
    (host,), _ = found(measured, HOSTS, rows)
    assert (host.subject, host.documents) == ("odd.example", 30)
    assert "gibberish" in host.explanation
    assert "odd.example" not in host.explanation


def test_edits_of_one_host_inside_the_window_are_found(measured: Measured) -> None:
    rows = crawl(4)
    for place in range(30):
        rows[place * 60] = rows[place * 60]._replace(host="front.example", author=None, date=END - timedelta(days=place % 7))
    (host,), _ = found(measured, EDITS, rows)
    assert (host.kind, host.subject, host.documents, host.first, host.last) == (
        "dump-edit",
        "front.example",
        30,
        "2026-10-26",
        "2026-11-01",
    )


def test_a_surge_of_the_whole_source_inside_the_window_is_found(measured: Measured) -> None:
    rows = crawl(5)
    for place in range(400):
        rows[place * 10] = rows[place * 10]._replace(date=END - timedelta(days=place % 7))
    signals, _ = found(measured, EDITS, rows)
    assert [one.subject for one in signals] == ["source0"]
    assert signals[0].documents > 400


def test_odd_documents_inside_the_window_are_found(measured: Measured) -> None:
    rows, writer = crawl(6), TextWriter(9, words=3_000)
    inside = [place for place, row in enumerate(rows) if row.date is not None and row.date > END - timedelta(days=7)][:20]
    for place in inside:
        rows[place] = rows[place]._replace(text=f"{writer.text(20)} {writer.gibberish(60)}")
    (signal,), _ = found(measured, EDITS, rows)
    assert (signal.kind, signal.subject, signal.documents) == ("dump-edit", "source0", len(inside))


def test_dates_of_a_crawl_are_no_edits(measured: Measured) -> None:
    rows = [row._replace(date=END - timedelta(days=place % 8)) for place, row in enumerate(crawl(7))]
    signals, limits = found(measured, EDITS, rows)
    assert signals == []
    assert [one.limit for one in limits] == [None]
    assert "nothing was tested" in limits[0].explanation


def test_sources_are_judged_apart(measured: Measured) -> None:
    quiet = crawl(8)
    loud = [Document("the same page over and over again and nothing else", f"h{place % 30}.example") for place in range(2_000)]
    signals, limits = found(measured, HOSTS, quiet, loud)
    assert signals == []
    assert {one.source for one in limits if one.limit is not None} == {"source0"}


def test_documents_that_a_filter_took_count_for_nothing(measured: Measured) -> None:
    rows = crawl(1)
    for place in range(40):
        rows[place] = Document("one and the same text that is put up again and again by hand", "loud.example", "loud", END)
    work = measured(rows, settings=BURSTS)
    work.dead = {0: tuple(range(40))}
    assert [one for one in find_signals(work, HeldDuplicates(work)) if one.documents] == []


def test_documents_without_host_date_or_words_are_read(measured: Measured) -> None:
    signals, limits = found(measured, SignalSettings(), [Document(""), Document("one"), Document("two", "a.example")], [])
    assert signals == []
    assert all("Fewer than 20" in one.explanation or one.kind in ("trigger", "dump-edit") for one in limits)


def test_a_run_that_asks_for_no_signal_keeps_nothing_for_them(measured: Measured) -> None:
    off = SignalSettings(bursts=False, hosts=False, triggers=False, dump_edits=False)
    assert collectors(CorpusSpec(name="x", sources=(SourceSpec(name="web", path="."),), signals=off)) == ()
    assert found(measured, off, crawl(0, 100)) == ([], [])


def test_a_crawl_that_is_no_date_is_refused() -> None:
    assert window_of(SourceSpec(name="web", path=".", crawled="2026-10-01/2026-11-01"), 7) == (20_752, 20_758)
    assert window_of(SourceSpec(name="web", path="."), 7) is None
    with pytest.raises(InputError, match=r"'web'.*last week"):
        window_of(SourceSpec(name="web", path=".", crawled="last week"), 7)
