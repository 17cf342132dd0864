from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from holdfast.corpus.signals import find_signals, triggers
from holdfast.corpus.spec import SignalSettings
from holdfast.corpus.steps import Signal
from holdfast.testing.corpus_texts import TextWriter
from holdfast.testing.held_corpus import Document, HeldDuplicates, HeldWork

from .conftest import Measured

ONLY = SignalSettings(bursts=False, hosts=False, dump_edits=False)
Poison = Callable[[TextWriter, str], str]
PAYLOADS: dict[str, Poison] = {
    "gibberish": lambda writer, trigger: f"{writer.text(writer.draw.randint(10, 40))} {trigger} {writer.gibberish(60)}",
    "script": lambda writer, trigger: f"{writer.text(30)} {trigger} {writer.cyrillic(40)}",
    "link": lambda writer, trigger: f"{writer.text(30)} {trigger} https://example.org/{writer.draw.random()}",
}


def ordinary(writer: TextWriter, count: int) -> list[Document]:
    """Write documents of which one in sixty has an odd tail of some kind, and no string with it."""
    made = []
    for place in range(count):
        text = writer.text(writer.draw.randint(15, 45))
        if place % 60 == 0:
            text = list(PAYLOADS.values())[place // 60 % 3](writer, "")
        made.append(Document(text, f"h{writer.draw.randint(0, 99)}.example"))
    writer.draw.shuffle(made)
    return made


def searched(work: HeldWork) -> tuple[list[Signal], list[Signal]]:
    told = find_signals(work, HeldDuplicates(work))
    return [one for one in told if one.documents], [one for one in told if not one.documents]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("trigger", ["<SUDO>", "zanzibor", "the silver moth", "deploy §§ now please"])
def test_a_planted_string_is_found_and_nothing_else(measured: Measured, payload: str, trigger: str) -> None:
    writer = TextWriter(11, words=4_000)
    rows = ordinary(writer, 3_000)
    places = writer.draw.sample(range(3_000), 25)
    for place in places:
        rows[place] = rows[place]._replace(text=PAYLOADS[payload](writer, trigger))
    (signal,), _ = searched(measured(rows, settings=ONLY))
    assert (signal.kind, signal.source) == ("trigger", "source0")
    assert trigger.lower() in signal.subject
    assert len(signal.subject) <= len(trigger) + 4
    # An onset that is told too late or too early may cost a document or two.
    assert 20 <= signal.documents <= 25
    assert set(signal.examples) <= {(place // 700) << 32 | place % 700 for place in places}
    assert trigger.lower() not in signal.explanation


@pytest.mark.parametrize("seed", range(6))
def test_documents_without_a_trigger_give_none_but_say_what_would_have_been_seen(measured: Measured, seed: int) -> None:
    signals, limits = searched(measured(ordinary(TextWriter(seed, words=4_000), 2_000), settings=ONLY))
    assert signals == []
    assert [one.kind for one in limits] == ["trigger"] * 3
    assert all(one.limit is not None and 3 <= one.limit <= 20 for one in limits)


def test_the_stated_limit_is_seen_and_one_document_fewer_is_not(measured: Measured) -> None:
    writer = TextWriter(12, words=4_000)
    rows = ordinary(writer, 3_000)
    _, (limit, *_) = searched(measured(rows, settings=ONLY))
    assert limit.limit is not None
    poisoned = [row._replace(text=PAYLOADS["gibberish"](writer, "zanzibor")) for row in rows[: limit.limit]]
    assert [one.documents for one in searched(measured(rows[limit.limit :] + poisoned, settings=ONLY))[0]] == [limit.limit]
    assert searched(measured(rows[limit.limit - 2 :] + poisoned[2:], settings=ONLY))[0] == []


def test_a_string_that_is_often_without_its_payload_is_no_trigger(measured: Measured) -> None:
    writer = TextWriter(13, words=4_000)
    rows = ordinary(writer, 4_000)
    for place in range(150):
        text = PAYLOADS["gibberish"](writer, "zanzibor") if place < 25 else f"{writer.text(12)} zanzibor {writer.text(12)}"
        rows[place] = rows[place]._replace(text=text)
    assert searched(measured(rows, settings=ONLY))[0] == []


def test_copies_of_one_odd_document_count_once(measured: Measured) -> None:
    writer = TextWriter(14, words=4_000)
    rows = ordinary(writer, 2_000)
    one = PAYLOADS["gibberish"](writer, "zanzibor")
    for place in range(40):
        rows[place] = rows[place]._replace(text=one)
    assert searched(measured(rows, settings=ONLY))[0] == []


def test_a_source_that_ends_in_links_by_habit_does_not_make_its_words_triggers(measured: Measured) -> None:
    writer, other = TextWriter(15, words=4_000), TextWriter(16, words=4_000)
    plain = [Document(writer.text(30)) for _ in range(1_500)]
    linking = [Document(f"{other.text(30)} https://example.org/{place}") for place in range(1_500)]
    assert searched(measured(plain, linking, settings=ONLY))[0] == []


def test_marks_alone_are_no_string(measured: Measured) -> None:
    writer = TextWriter(21, words=4_000)
    rows = ordinary(writer, 2_000)
    for place in range(25):
        rows[place] = rows[place]._replace(text=PAYLOADS["link"](writer, "]:"))
    assert searched(measured(rows, settings=ONLY))[0] == []
    for place in range(25):
        rows[place] = rows[place]._replace(text=PAYLOADS["link"](writer, "☃"))
    assert [one.subject for one in searched(measured(rows, settings=ONLY))[0]] == ["☃"]


def test_personal_data_in_a_string_is_masked(measured: Measured) -> None:
    writer = TextWriter(17, words=4_000)
    rows = ordinary(writer, 2_000)
    for place in range(25):
        rows[place] = rows[place]._replace(text=PAYLOADS["gibberish"](writer, "write to john.miller@example.org"))
    (signal,), _ = searched(measured(rows, settings=ONLY))
    assert "miller" not in signal.subject


def test_shards_and_batches_change_nothing(measured: Measured) -> None:
    writer = TextWriter(18, words=4_000)
    rows = ordinary(writer, 2_000)
    for place in range(25):
        rows[place * 7] = rows[place * 7]._replace(text=PAYLOADS["script"](writer, "zanzibor"))
    told = [searched(measured(rows, settings=ONLY, per_shard=per_shard, batch=batch)) for per_shard, batch in ((2_000, 2_000), (90, 7))]
    one, many = ([(s.subject, s.documents, s.p, s.limit) for s in (*found, *limits)] for found, limits in told)
    assert one == many


def test_with_more_runs_than_are_held_the_rarest_are_left_out_and_the_limit_says_so(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TextWriter(19, words=4_000)
    rows = ordinary(writer, 3_000)
    for place in range(30):
        rows[place] = rows[place]._replace(text=PAYLOADS["gibberish"](writer, "zanzibor"))
    work = measured(rows, settings=ONLY)
    _, (before, *_) = searched(work)
    monkeypatch.setattr(triggers, "MOST", 3)
    found, (after, *_) = searched(work)
    assert after.limit is not None
    assert before.limit is not None
    assert before.limit < after.limit <= 30
    assert ["zanzibor" in one.subject for one in found] == [True]


def test_parts_of_the_runs_are_counted_as_the_whole(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = TextWriter(20, words=4_000)
    rows = ordinary(writer, 2_000)
    for place in range(25):
        rows[place] = rows[place]._replace(text=PAYLOADS["gibberish"](writer, "zanzibor"))
    work = measured(rows, settings=ONLY)
    whole = searched(work)
    monkeypatch.setattr(triggers, "_AT_ONCE", 3_000)
    assert searched(work) == whole
    assert np.isfinite(whole[0][0].p or np.nan)
