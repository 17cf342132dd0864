"""Chat completions as OpenAI's clients send and read them: from a request's body to generation requests, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from holdfast.core import FinishReason, InputError, Message, Value, digest
from holdfast.plugins import Generation, GenerationRequest, Sampling

__all__ = ["ChatRequest", "chunk_body", "completion_body", "read_request"]

_ROLES = ("system", "developer", "user", "assistant")
_REFUSED = ("tools", "tool_choice", "functions", "logprobs", "top_logprobs", "logit_bias", "response_format", "audio", "modalities")
_MOST_CHOICES = 16


class ChatRequest(Value, frozen=True, kw_only=True):
    """One request for chat completions."""

    messages: tuple[Message, ...]
    sampling: Sampling
    choices: int = 1
    stream: bool = False
    stop: tuple[str, ...] = ()

    def generations(self) -> list[GenerationRequest]:
        """Return one request per choice; their noise depends on the messages, the seed and the number of the choice."""
        name = digest([(message.role, message.content) for message in self.messages])
        return [GenerationRequest(key=f"{name}/{number}", messages=self.messages) for number in range(self.choices)]


def read_request(body: Any, *, most_tokens: int, fresh_seed: Callable[[], int]) -> ChatRequest:
    """Return a request from the JSON of its body; raises InputError, which says what is not understood. Nothing is ignored in silence.

    `most_tokens` is what an answer may have where the request does not say, and at most. A request without a seed gets a fresh one.
    """
    if not isinstance(body, dict):
        raise InputError("the body must be a JSON object")
    asked = [name for name in _REFUSED if body.get(name) not in (None, False, [], {}, 0)]
    if asked:
        raise InputError(f"{asked[0]} is not supported here")
    for name in ("presence_penalty", "frequency_penalty"):
        if body.get(name) not in (None, 0):
            raise InputError(f"{name} must be 0: decoding is what the request says and nothing else")
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    seed = body.get("seed")
    sampling = Sampling(
        temperature=_number(body, "temperature", 1.0, low=0, high=2),
        top_p=_number(body, "top_p", 1.0, low=1e-6, high=1),
        seed=fresh_seed() if seed is None else _whole(seed, "seed", low=-(2**63), high=2**63),
        max_new_tokens=most_tokens if limit is None else _whole(limit, "max_tokens", low=1, high=most_tokens),
    )
    stop = body.get("stop") or ()
    stops = (stop,) if isinstance(stop, str) else tuple(stop)
    if not all(isinstance(text, str) and text for text in stops):
        raise InputError("stop must be a text or a list of texts")
    count = body.get("n")
    return ChatRequest(
        messages=_messages(body.get("messages")),
        sampling=sampling,
        choices=1 if count is None else _whole(count, "n", low=1, high=_MOST_CHOICES),
        stream=body.get("stream") is True,
        stop=stops,
    )


def completion_body(
    request: ChatRequest, answers: Sequence[Generation], *, model: str, created: int, identity: str, prompt_tokens: int | None
) -> dict[str, Any]:
    """Return the body of a whole answer."""
    choices = []
    for number, answer in enumerate(answers):
        text, finish = _ended(answer, request.stop)
        choices.append({"index": number, "message": {"role": "assistant", "content": text}, "finish_reason": finish, "logprobs": None})
    body: dict[str, Any] = {"id": identity, "object": "chat.completion", "created": created, "model": model, "choices": choices}
    if prompt_tokens is not None:
        written = sum(answer.tokens or 0 for answer in answers)
        body["usage"] = {"prompt_tokens": prompt_tokens, "completion_tokens": written, "total_tokens": prompt_tokens + written}
    return body


def chunk_body(whole: dict[str, Any]) -> dict[str, Any]:
    """Return a whole answer as the one chunk of a stream: the text was written in a batch, not token by token."""
    choices = [{"index": one["index"], "delta": one["message"], "finish_reason": one["finish_reason"]} for one in whole["choices"]]
    return {**whole, "object": "chat.completion.chunk", "choices": choices}


def _ended(answer: Generation, stops: Sequence[str]) -> tuple[str, str]:
    cuts = [place for text in stops if (place := answer.text.find(text)) >= 0]
    if cuts:
        return answer.text[: min(cuts)], "stop"
    return answer.text, "length" if answer.finish is FinishReason.LENGTH else "stop"


def _messages(given: Any) -> tuple[Message, ...]:
    if not isinstance(given, list) or not given:
        raise InputError("messages must be a list of at least one message")
    read = []
    for number, message in enumerate(given):
        role, content = (message.get("role"), message.get("content")) if isinstance(message, dict) else (None, None)
        if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content):
            content = "".join(str(part.get("text", "")) for part in content)
        if role not in _ROLES or not isinstance(content, str):
            raise InputError(f"messages[{number}] must have a role ({', '.join(_ROLES)}) and a text as content")
        read.append(Message(role="system" if role == "developer" else role, content=content))
    return tuple(read)


def _number(body: dict[str, Any], name: str, default: float, *, low: float, high: float) -> float:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not low <= value <= high:
        raise InputError(f"{name} must be a number from {low:g} to {high:g}")
    return float(value)


def _whole(value: Any, name: str, *, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} must be a whole number from {low} to {high}")
    return value
