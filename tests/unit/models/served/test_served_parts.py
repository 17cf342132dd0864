"""Addresses, keys, budgets, waiting, and reading what comes back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.core import FinishReason, InputError, ModelError
from holdfast.models.served.address import Address, parse_address
from holdfast.models.served.budget import Budget, OverBudget
from holdfast.models.served.client import Client
from holdfast.models.served.failures import Lost, Refused, Trouble, retry_after, server_message
from holdfast.models.served.keys import find_key, hide
from holdfast.models.served.wire import Garbage, Withheld, read_chances, read_chat
from holdfast.plugins import ModelOptions

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reference", "model", "url", "completions"),
    [
        ("openai:small@http://localhost:8000/v1/", "small", "http://localhost:8000/v1", False),
        ("openai:/data/models/a@b@http://127.0.0.1:1/v1", "/data/models/a@b", "http://127.0.0.1:1/v1", False),
        ("openai:ft:gpt:org::id@https://api.example/v1", "ft:gpt:org::id", "https://api.example/v1", False),
        ("openai:base@http://h/v1#completions", "base", "http://h/v1", True),
    ],
)
def test_an_address_is_taken_apart(reference: str, model: str, url: str, completions: bool) -> None:
    assert parse_address(reference) == Address(model=model, url=url, completions=completions)


@pytest.mark.parametrize(
    "reference", ["openai:small", "openai:@http://h/v1", "openai:m@ftp://h", "openai:m@http://", "openai:m@http://h/v1#x"]
)
def test_another_form_is_an_error_that_shows_the_right_one(reference: str) -> None:
    with pytest.raises(ModelError, match="expected openai:MODEL@http"):
        parse_address(reference)


@pytest.mark.parametrize("reference", ["openai:m@http://me:secret@h/v1", "openai:m@https://h/v1?api-key=secret"])
def test_a_password_in_an_address_is_refused_and_not_repeated(reference: str) -> None:
    with pytest.raises(ModelError) as error:
        parse_address(reference)
    assert "secret" not in str(error.value)


def test_each_host_may_have_a_key_of_its_own() -> None:
    environment = {"OPENAI_API_KEY": "o", "HOLDFAST_API_KEY": "h", "HOLDFAST_API_KEY_API_EXAMPLE": "own"}
    assert find_key(Address(model="m", url="https://api.example/v1"), environment) == "own"
    assert find_key(Address(model="m", url="https://other.example/v1"), environment) == "h"
    assert find_key(Address(model="m", url="https://other.example/v1"), {"OPENAI_API_KEY": "o", "HOLDFAST_API_KEY": " "}) == "o"
    assert find_key(Address(model="m", url="https://other.example/v1"), {}) is None
    assert hide("a sk-1 b sk-1", "sk-1") == "a [key] b [key]"


def test_retry_after_reads_seconds_and_dates() -> None:
    assert retry_after({"retry-after": "2.5"}, NOW) == 2.5
    assert retry_after({"retry-after": "Thu, 01 Jan 2026 00:00:09 GMT"}, NOW) == 9.0
    assert retry_after({"retry-after": "Thu, 01 Jan 2025 00:00:09 GMT"}, NOW) == 0.0
    assert retry_after({"retry-after": "soon"}, NOW) is None
    assert retry_after({}, NOW) is None


def test_a_servers_message_is_one_short_line() -> None:
    assert server_message({"error": {"message": "no\n  room"}}) == "no room"
    assert server_message({"detail": "pinned"}) == "pinned"
    assert server_message({"error": [1]}) == ""
    assert len(server_message({"error": "x" * 5_000})) < 210


def test_a_budget_holds_back_what_may_not_fit() -> None:
    budget = Budget(ModelOptions(token_budget=100))
    budget.hold(10, 50)
    with pytest.raises(OverBudget, match="100 tokens"):
        budget.hold(10, 50)
    budget.settle((10, 50), (10, 5))
    budget.hold(10, 50)
    assert budget.spent.answer_tokens == 5


def test_money_is_counted_at_the_users_prices() -> None:
    budget = Budget(ModelOptions(money_budget=1.0, price_in=1.0, price_out=4.0))
    budget.hold(500_000, 100_000)
    budget.settle((500_000, 100_000), (500_000, 100_000))
    assert budget.cost == pytest.approx(0.9)
    with pytest.raises(OverBudget, match=r"money budget of 1 .*0\.9 spent"):
        budget.hold(0, 50_000)


@pytest.mark.parametrize(
    "values", [{"concurrency": 0}, {"retries": -1}, {"timeout": 0}, {"money_budget": 1.0}, {"money_budget": 1.0, "price_in": 1.0}]
)
def test_options_that_cannot_be_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="--"):
        ModelOptions(**values)


class Scripted:
    """Gives back what is written down, one thing per attempt."""

    def __init__(self, *found: dict[str, Any] | Trouble) -> None:
        self.found, self.sent = list(found), 0

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | Trouble:
        self.sent += 1
        return self.found.pop(0)

    def close(self) -> None: ...


BUSY = Trouble(reason="busy", may_pass=True)
BODY = {"max_tokens": 4, "messages": [{"role": "user", "content": "hi"}]}


def client(sender: Scripted, **options: Any) -> Client:
    settings = ModelOptions(**options)
    return Client(sender, settings, Budget(settings), first_pause=0.001)


def test_what_may_pass_is_tried_again() -> None:
    sender = Scripted(BUSY, BUSY, {"choices": []})
    assert client(sender).post("/x", BODY) == {"choices": []}
    assert sender.sent == 3


def test_what_will_not_pass_is_not() -> None:
    sender = Scripted(Trouble(reason="too long", may_pass=False, status=400))
    with pytest.raises(Refused, match="too long"):
        client(sender).post("/x", BODY)
    assert sender.sent == 1


def test_a_server_that_is_down_is_not_asked_by_everyone_in_turn() -> None:
    sender = Scripted(BUSY, BUSY, {"choices": []})
    down = client(sender, retries=1)
    with pytest.raises(Lost, match=r"busy \(2 attempts\)"):
        down.post("/x", BODY)
    with pytest.raises(Lost, match="busy"):
        down.post("/x", BODY)
    assert sender.sent == 2
    down.revive()
    assert down.post("/x", BODY) == {"choices": []}


def test_a_server_is_given_the_time_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    asked = client(Scripted(Trouble(reason="busy", may_pass=True, wait=17.0), Trouble(reason="busy", may_pass=True, wait=9e9), {}))
    monkeypatch.setattr(asked._stop, "wait", lambda seconds: waited.append(seconds))
    asked.post("/x", BODY)
    assert waited == [17.0, 60.0]


def test_pauses_grow_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    asked = Client(Scripted(*[BUSY] * 9), ModelOptions(retries=8), Budget(ModelOptions()))
    monkeypatch.setattr(asked._stop, "wait", lambda seconds: waited.append(seconds))
    with pytest.raises(Lost):
        asked.post("/x", BODY)
    assert all(0.25 * 2**at <= pause <= 0.5 * 2**at for at, pause in enumerate(waited[:7]))
    assert max(waited) <= 60.0


def test_a_request_whose_end_is_unknown_counts_in_full() -> None:
    asked = client(
        Scripted(Trouble(reason="timeout", may_pass=True, charged=True), {"usage": {"prompt_tokens": 3, "completion_tokens": 2}})
    )
    asked.post("/x", {**BODY, "max_tokens": 40})
    assert asked.budget.spent.answer_tokens == 42


def chat(message: Any, finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": finish}], **more}


def test_thinking_is_kept_apart() -> None:
    for message in (
        {"content": "<think>hm</think>No."},
        {"content": "No.", "reasoning_content": "hm"},
        {"content": "No.", "reasoning": "hm"},
    ):
        found = read_chat(chat(message), most_tokens=9)
        assert (found.thinking, found.text) == ("hm", "No.")


def test_the_count_tells_of_a_cut_where_the_server_does_not() -> None:
    usage = {"usage": {"prompt_tokens": 1, "completion_tokens": 9}}
    assert read_chat(chat({"content": "a"}, None, **usage), most_tokens=9).finish is FinishReason.LENGTH
    assert read_chat(chat({"content": "a"}, "length"), most_tokens=9).finish is FinishReason.LENGTH
    assert read_chat(chat({"content": "a"}, "stop", **usage), most_tokens=9).finish is FinishReason.STOP


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": [3]}, chat(None), chat({"content": 7}), {"choices": "no"}])
def test_another_form_is_garbage(body: dict[str, Any]) -> None:
    with pytest.raises(Garbage):
        read_chat(body, most_tokens=9)


def test_a_filter_and_a_tool_are_no_answers_of_the_model() -> None:
    with pytest.raises(Withheld, match="filter"):
        read_chat(chat({"content": ""}, "content_filter"), most_tokens=9)
    with pytest.raises(Withheld, match="tool"):
        read_chat(chat({"content": None, "tool_calls": [{}]}), most_tokens=9)


@pytest.mark.parametrize(
    "logs", [None, 3, {"content": [{"token": "a"}]}, {"content": [{"token": "a", "logprob": 0.7}]}, {"tokens": ["a"], "token_logprobs": []}]
)
def test_broken_log_probabilities_are_none(logs: Any) -> None:
    assert read_chances({"choices": [{"logprobs": logs}]}) == []
