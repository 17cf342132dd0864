"""A waiver covers what its owner saw, and nothing worse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, text

from holdfast.core import Decision, GateResult, InputError, Measurement
from holdfast.history import FinishedRun, History, Waived, tables
from holdfast.history.waived import refuse_controls

_DAY = date(9999, 12, 31)


def _gate(value: float | None, *, decision: Decision = Decision.FAIL, bar: str = "at most 10 points", group: str = "all") -> GateResult:
    measured = (
        Measurement.missing("refusal_rate", "the server was away", side="drop", group=group)
        if value is None
        else Measurement.of("refusal_rate", value, n=100, side="drop", group=group)
    )
    place = "default" if group == "all" else f"default/{group}"
    return GateResult(
        gate="g",
        metric="refusal_rate",
        decision=decision,
        blocking=True,
        threshold=bar,
        why="It fell.",
        failing=(place,),
        measurements=(measured,),
    )


@pytest.fixture
def history(tmp_path: Path, a_run: FinishedRun) -> Iterator[History]:
    with History(f"sqlite:///{tmp_path / 'history.db'}") as opened:
        opened.record(a_run)
        yield opened


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (_gate(0.69), ""),
        (_gate(0.69 + 1e-12), ""),
        (_gate(0.4), ""),
        (_gate(0.7), "default was 0.69 then, and is 0.7 now"),
        (_gate(0.4, group="malware"), "default/malware passed then"),
        (_gate(None), "default was measured then, and is not now"),
    ],
)
def test_a_waiver_covers_nothing_worse_than_what_was_seen(later: GateResult, said: str) -> None:
    assert Waived.of(_gate(0.69), "base").exceeded(later, "base") == said


def test_of_a_floor_less_is_worse() -> None:
    seen = Waived.of(_gate(-0.3, bar="at least -10 points"), None)
    assert not seen.exceeded(_gate(-0.2, bar="at least -10 points"), None)
    assert "is -0.4 now" in seen.exceeded(_gate(-0.4, bar="at least -10 points"), None)


def test_what_could_not_be_decided_then_and_fails_now_is_worse() -> None:
    seen = Waived.of(_gate(0.1, decision=Decision.UNDECIDED), None)
    assert "fails now" in seen.exceeded(_gate(0.1), None)
    assert not Waived.of(_gate(0.1), None).exceeded(_gate(0.1, decision=Decision.UNDECIDED), None)


def test_a_value_that_is_missing_is_no_better_than_one_that_was_and_its_bound_counts() -> None:
    assert not Waived.of(_gate(None), None).exceeded(_gate(None), None)
    assert "measured then" in Waived.of(_gate(None), None).exceeded(_gate(0.2), None)
    bounded = _gate(None)
    bounded = replace(bounded, measurements=(replace(bounded.measurements[0], low=0.2, high=0.5),))
    wider = replace(bounded, measurements=(replace(bounded.measurements[0], high=0.6),))
    assert Waived.of(bounded, None).exceeded(wider, None)


def test_another_base_is_another_comparison(history: History, a_run: FinishedRun) -> None:
    waiver = history.waive(a_run.models[1].id, _gate(0.69), base="one", reason="a pilot", owner="Ada", expires=_DAY)
    assert waiver.covers(_gate(0.69), "one")
    assert not waiver.covers(_gate(0.1), "another")
    assert not waiver.covers(_gate(0.1), None)
    assert history.waivers() == (waiver,)


def test_a_database_from_before_what_was_seen_was_kept_is_read_and_its_waivers_cover_nothing(
    history: History, a_run: FinishedRun, tmp_path: Path
) -> None:
    waiver = history.waive(a_run.models[1].id, _gate(0.69), reason="a pilot", owner="Ada", expires=_DAY)
    with history.writing() as connection:
        connection.execute(text("DROP TABLE holdfast_waived_results"))
    with History(f"sqlite:///{tmp_path / 'history.db'}") as again:
        (old,) = again.waivers()
        assert (old.id, old.seen) == (waiver.id, None)
        assert old.concerns(_gate(0.69))
        assert not old.covers(_gate(0.69))
        assert again.waive(a_run.models[1].id, _gate(0.69), reason="again", owner="Ada", expires=_DAY).covers(_gate(0.69))
        with again.writing() as connection:
            connection.execute(delete(tables.waived_results))


@pytest.mark.parametrize("words", ["a\nb", "\x1b[31mred", "a\u202eb", "a\u2028b", "\r"])
def test_words_that_steer_a_terminal_are_refused(history: History, a_run: FinishedRun, words: str) -> None:
    for given in ({"reason": words, "owner": "Ada"}, {"reason": "a pilot", "owner": words}):
        with pytest.raises(InputError, match="control character"):
            history.waive(a_run.models[1].id, _gate(0.69), reason=given["reason"], owner=given["owner"], expires=_DAY)
    with pytest.raises(InputError, match="control character"):
        history.release(words, history.runs()[0])
    assert (history.waivers(), history.releases()) == ((), ())


def test_words_of_any_script_are_taken(history: History) -> None:
    for words in ("试点，十名员工\u3000不公开", "می\u200cخواهم", "naïve café"):
        refuse_controls(words, "--owner")


@pytest.mark.parametrize("name", ["", "  "])
def test_a_release_needs_a_name(history: History, name: str) -> None:
    with pytest.raises(InputError, match="needs a name"):
        history.release(name, history.runs()[0])
