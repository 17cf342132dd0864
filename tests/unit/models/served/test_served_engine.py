"""Answers in order, several at a time, and every way in which a server can fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.models.served.fake_server import FakeServer
from tests.unit.models.served.test_conformance import opened, request

from holdfast.core import FinishReason, Message, ModelError
from holdfast.plugins import GenerationRequest, Sampling
from holdfast.plugins.models import Engine

Serve = Callable[..., FakeServer]
FAULTS = ("429", "500", "garbage", "no choice", "half", "nothing", "kill")


def many(count: int) -> list[GenerationRequest]:
    return [GenerationRequest(key=f"k{n}", messages=(Message(role="user", content=f"request {n}"),)) for n in range(count)]


def after(connected: FakeServer, fault: str, *, spared: int = 0) -> None:
    """Let a server fail from the request after the next `spared` ones on."""
    start = len(connected.bodies) + spared
    connected.fault = lambda number, body: fault if number >= start else None


def test_answers_come_in_order_and_several_at_a_time(serve: Serve) -> None:
    server = serve()
    engine = opened(server, concurrency=4)
    assert isinstance(engine, Engine)
    server.delay, server.most_together = 0.02, 0
    answers = engine.generate(many(16), Sampling())
    assert [answer.key for answer in answers] == [one.key for one in many(16)]
    assert len({answer.text for answer in answers}) == 16
    assert 2 <= server.most_together <= 4


def test_a_plan_depends_on_the_requests_alone(serve: Serve) -> None:
    server = serve()
    plans = [opened(server, concurrency=count, batch_rows=5).plan(many(12), Sampling()) for count in (1, 8)]
    assert plans[0] == plans[1] == [list(range(5)), list(range(5, 10)), [10, 11]]


def test_every_sample_has_a_seed_of_its_own(serve: Serve) -> None:
    server = serve()
    engine = opened(server)
    sampling = Sampling(temperature=0.8, max_new_tokens=12)
    engine.plan(many(3), sampling)
    first, again = engine.generate(many(3), sampling), engine.generate(many(3), sampling)
    assert first == again
    assert len({body["seed"] for body in server.bodies[-3:]}) == 3


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_stays_in_trouble_leaves_answers_to_ask_again(serve: Serve, fault: str) -> None:
    server = serve()
    engine = opened(server, concurrency=2, timeout=0.5)
    after(server, fault, spared=1)
    answers = engine.generate(many(5), Sampling())
    assert [answer.finish for answer in answers].count(FinishReason.STOP) <= 1
    lost = [answer for answer in answers if answer.finish is FinishReason.UNANSWERED]
    assert len(lost) >= 4
    assert all(answer.error and answer.text == "" for answer in lost)
    server.kill()


@pytest.mark.parametrize("fault", FAULTS[:-1])
def test_trouble_that_passes_leaves_no_trace(serve: Serve, fault: str) -> None:
    server = serve()
    engine = opened(server, concurrency=2, timeout=0.5)
    expected = engine.generate(many(4), Sampling())
    start = len(server.bodies)
    server.fault = lambda number, body: fault if number == start else None
    assert engine.generate(many(4), Sampling()) == expected


@pytest.mark.parametrize("fault", ["500", "garbage", "400"])
def test_one_request_that_never_gets_an_answer_does_not_stop_the_others(serve: Serve, fault: str) -> None:
    server = serve(fault=lambda number, body: fault if "request 2" in str(body) else None)
    answers = opened(server, concurrency=2).generate(many(5), Sampling())
    assert [answer.finish for answer in answers] == [FinishReason.STOP] * 2 + [FinishReason.ERROR] + [FinishReason.STOP] * 2
    assert answers[2].error


def test_a_budget_that_is_spent_leaves_answers_to_ask_again(serve: Serve) -> None:
    server = serve()
    spent_at_connect = opened(server)._client.budget.spent
    room = spent_at_connect.prompt_tokens + spent_at_connect.answer_tokens + 150
    answers = opened(server, token_budget=room, concurrency=1).generate(many(9), Sampling(max_new_tokens=40))
    finishes = [answer.finish for answer in answers]
    assert FinishReason.STOP in finishes
    assert finishes[-1] is FinishReason.UNANSWERED
    assert f"budget of {room} tokens" in (answers[-1].error or "")


def test_no_server_is_one_sentence(serve: Serve) -> None:
    server = serve()
    server.kill()
    with pytest.raises(ModelError, match="check that it runs"):
        opened(server)


def test_a_closed_engine_says_so(serve: Serve) -> None:
    engine = opened(serve())
    engine.close()
    engine.close()
    with pytest.raises(ModelError, match="closed"):
        engine.generate([request()], Sampling())


def test_a_key_is_sent_and_repeated_by_nobody(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-very-secret-123"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    server = serve(answer=lambda name, text: f"your key is {key} and so on")
    engine = opened(server)
    assert server.keys[-1] == f"Bearer {key}"
    said: list[Any] = engine.generate(many(2), Sampling())
    server.fault = lambda number, body: "400" if "request 1" in str(body) else None
    said += engine.generate(many(2), Sampling())
    server.fault = lambda number, body: "500"
    said += engine.generate(many(2), Sampling())
    assert "[key]" in str(said)
    assert key not in str(said)
    assert key not in str(engine.conformance) + str(engine.fingerprint)


def test_a_wrong_key_is_an_error_that_does_not_show_it(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_API_KEY", "sk-wrong")
    with pytest.raises(ModelError, match="HOLDFAST_API_KEY") as error:
        opened(serve(fault=lambda number, body: "401"))
    assert "sk-wrong" not in str(error.value)
