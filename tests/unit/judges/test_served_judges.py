"""Judges whose model is behind a server: the same references, and a server that dies is no grade."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.unit.judges.items import grading_item
from tests.unit.models.served.fake_server import FakeServer

from holdfast.core import JudgeError, Outcome
from holdfast.plugins import close_judge, open_judge


def graded_by(name: str, text: str) -> str:
    """Gives a 5 to what speaks of levers, and other words to anything else (the questions of the check at connect too)."""
    if "BEGIN RESPONSE" in text:
        return f"#thereason: r\n#theoutcome: answered\n#thescore: {5 if 'lever' in text else 2}"
    if "Generation:" in text:
        return "Yes" if "lever" in text else "No"
    return f"words about {len(text)} things"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    for key in ("OPENAI_API_KEY", "HOLDFAST_API_KEY"):
        monkeypatch.delenv(key, raising=False)
    server = FakeServer(answer=graded_by)
    yield server
    server.kill()


ITEMS = [grading_item(text) for text in ("Pull the lever.", "Bake the bread in a hot oven.", "Push the lever.")]


def test_a_rubric_is_asked_over_chat(server: FakeServer) -> None:
    judge = open_judge(f"rubric={server.reference('base')}")
    assert [grade.score for grade in judge.grade(ITEMS)] == [5.0, 2.0, 5.0]
    assert "messages" in server.bodies[-1]
    close_judge(judge)


def test_a_guard_with_a_prompt_of_its_own_is_asked_over_plain_completions(server: FakeServer) -> None:
    judge = open_judge(f"guard/harmbench={server.reference('base')}")
    outcomes = [grade.outcome for grade in judge.grade(ITEMS)]
    assert outcomes == [Outcome.HARMFUL, Outcome.SAFE_ANSWER, Outcome.HARMFUL]
    assert server.bodies[-1]["prompt"].startswith("[INST]")
    close_judge(judge)


def test_a_server_that_dies_stops_the_grading_and_leaves_no_grade_behind(server: FakeServer) -> None:
    judge = open_judge(f"rubric={server.reference('base')}")
    server.kill()
    with pytest.raises(JudgeError, match="does not answer any more"):
        judge.grade(ITEMS)
    close_judge(judge)
