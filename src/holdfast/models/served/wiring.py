"""How requests are put to one model: what the conformance check found decides their form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from holdfast.core import Message, Value, digest
from holdfast.models.served.wire import Answer, chat_body, read_chat, read_completion
from holdfast.plugins import GenerationRequest, Sampling

__all__ = ["Wiring"]


class Wiring(Value, frozen=True, kw_only=True):
    """The form of requests to one model of one server."""

    model: str
    raw: bool = False
    """Plain text to /completions, no chat template, whatever the request says."""
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The field that bounds an answer here."""
    folds_system: bool = False
    """The server refuses or drops system messages: they go in front of the first user turn."""
    prefill: dict[str, bool] | None = None
    """Fields that let the model go on from a begun answer; None where it cannot."""
    seeded: bool = True
    """The server takes a seed."""

    def is_raw(self, request: GenerationRequest) -> bool:
        """Return whether a request goes out as plain text."""
        return self.raw or request.raw

    def path(self, request: GenerationRequest) -> str:
        """Return where an answer is asked for."""
        return "/completions" if self.is_raw(request) else "/chat/completions"

    def shown(self, request: GenerationRequest) -> tuple[Message, ...]:
        """Return the messages as they are sent."""
        messages = request.messages
        fold = self.folds_system and not self.is_raw(request) and messages[0].role == "system"
        return _folded(messages) if fold else messages

    def body(self, request: GenerationRequest, sampling: Sampling) -> dict[str, Any]:
        """Return what is sent. A sampled request has a seed of its own, from the run's seed and its key, so that no two share noise."""
        shown = self.shown(request)
        body: dict[str, Any] = {"model": self.model, self.limit: sampling.max_new_tokens, "temperature": sampling.temperature}
        if self.is_raw(request):
            body |= {"prompt": as_text(shown) + (request.prefill or ""), "max_tokens": body.pop(self.limit)}
        else:
            body["messages"] = chat_body(shown)
            if request.prefill:
                body["messages"].append({"role": "assistant", "content": request.prefill})
                body |= self.prefill or {}
        if sampling.top_p < 1:
            body["top_p"] = sampling.top_p
        if sampling.temperature > 0 and self.seeded:
            body["seed"] = int(digest([sampling.seed, request.key])[:8], 16) >> 1
        return body

    def read(self, request: GenerationRequest, found: dict[str, Any], most_tokens: int) -> Answer:
        """Return the answer in what came back; raises Garbage or Withheld."""
        return (read_completion if self.is_raw(request) else read_chat)(found, most_tokens=most_tokens)


def as_text(messages: Sequence[Message]) -> str:
    """Return contents as plain text, as every other engine joins them."""
    return "\n".join(message.content for message in messages)


def _folded(messages: Sequence[Message]) -> tuple[Message, ...]:
    system, rest = messages[0], tuple(messages[1:])
    at = next((index for index, message in enumerate(rest) if message.role == "user"), None)
    if at is None:
        return (Message(role="user", content=system.content), *rest)
    user = Message(role="user", content=f"{system.content}\n\n{rest[at].content}")
    return (*rest[:at], user, *rest[at + 1 :])
