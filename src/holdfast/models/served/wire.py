"""The two forms of a request that every server knows, and what comes back, read strictly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from holdfast.core import FinishReason, Message, Value
from holdfast.models.thinking import split_thinking

__all__ = ["Answer", "Garbage", "TokenChance", "Withheld", "chat_body", "prompt_tokens", "read_chances", "read_chat", "read_completion"]

_FINISHES = {"length": FinishReason.LENGTH, "max_tokens": FinishReason.LENGTH}


class Garbage(Exception):
    """The answer has not the form that was expected; its text says where, and quotes nothing."""


class Withheld(Exception):
    """The server wrote no answer of the model: a filter, or a call of a tool. Its text says which."""


class Answer(Value, frozen=True, kw_only=True):
    """What a server answered."""

    text: str
    thinking: str | None
    tokens: int | None
    finish: FinishReason


class TokenChance(Value, frozen=True, kw_only=True):
    """The chosen token of a position, its log probability in nats, and the likeliest tokens there."""

    token: str
    log_prob: float
    likeliest: tuple[tuple[str, float], ...] = ()


def chat_body(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return messages as the wire has them."""
    return [{"role": message.role, "content": message.content} for message in messages]


def read_chat(body: dict[str, Any], *, most_tokens: int) -> Answer:
    """Return the first choice of a chat completion; raises Garbage or Withheld."""
    choice = _choice(body)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise Garbage("the first choice has no message")
    if message.get("tool_calls"):
        raise Withheld("the model called a tool instead of answering")
    text = message.get("content")
    if text is None:
        text = message.get("refusal") or ""
    if not isinstance(text, str):
        raise Garbage("the content of the message is not text")
    apart = message.get("reasoning_content") or message.get("reasoning")
    return _answer(text, apart if isinstance(apart, str) else None, choice, body, most_tokens)


def read_completion(body: dict[str, Any], *, most_tokens: int) -> Answer:
    """Return the first choice of a plain completion; raises Garbage or Withheld."""
    choice = _choice(body)
    if not isinstance(choice.get("text"), str):
        raise Garbage("the first choice has no text")
    return _answer(choice["text"], None, choice, body, most_tokens)


def prompt_tokens(body: dict[str, Any]) -> int | None:
    """Return how many tokens the server says it read; None where it does not say."""
    return _count(body, "prompt_tokens")


def read_chances(body: dict[str, Any]) -> list[TokenChance]:
    """Return the log probabilities that came with an answer, of either form; empty where none came or they are no log probabilities."""
    try:
        logs = _choice(body).get("logprobs")
        if not isinstance(logs, dict):
            return []
        if isinstance(logs.get("content"), list):
            return [_chance(entry) for entry in logs["content"]]
        tops = logs.get("top_logprobs") or [None] * len(logs["tokens"])
        return [
            TokenChance(token=token, log_prob=_log_prob(chance), likeliest=tuple((top or {}).items()))
            for token, chance, top in zip(logs["tokens"], logs["token_logprobs"], tops, strict=True)
            if chance is not None
        ]
    except (Garbage, KeyError, TypeError, ValueError):
        return []


def _chance(entry: dict[str, Any]) -> TokenChance:
    likeliest = tuple((str(top["token"]), _log_prob(top["logprob"])) for top in entry.get("top_logprobs") or ())
    return TokenChance(token=str(entry["token"]), log_prob=_log_prob(entry["logprob"]), likeliest=likeliest)


def _log_prob(value: Any) -> float:
    number = float(value)
    if math.isnan(number) or number > 1e-3:
        raise ValueError(value)
    return number


def _choice(body: dict[str, Any]) -> dict[str, Any]:
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Garbage("the answer holds no choice")
    choice: dict[str, Any] = choices[0]
    return choice


def _answer(text: str, thinking: str | None, choice: dict[str, Any], body: dict[str, Any], most_tokens: int) -> Answer:
    why = choice.get("finish_reason")
    if why == "content_filter":
        raise Withheld("a content filter of the server withheld the answer")
    tokens = _count(body, "completion_tokens")
    if thinking is None:
        thinking, text = split_thinking(text)
    # Where a server says neither 'stop' nor 'length', the count tells.
    cut = tokens is not None and tokens >= most_tokens and why != "stop"
    finish = FinishReason.LENGTH if cut else _FINISHES.get(why if isinstance(why, str) else "", FinishReason.STOP)
    return Answer(text=text, thinking=thinking or None, tokens=tokens, finish=finish)


def _count(body: dict[str, Any], name: str) -> int | None:
    usage = body.get("usage")
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
