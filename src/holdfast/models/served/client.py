"""Requests to one server with retries, growing pauses and a budget."""

from __future__ import annotations

import random
from threading import Event, Lock
from typing import Any, Protocol

from holdfast.models.served.budget import Budget, OverBudget
from holdfast.models.served.failures import Lost, Refused, Stopped, Trouble
from holdfast.plugins import ModelOptions

__all__ = ["Client", "Sender"]

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
_SIGNS_PER_TOKEN = 2
"""Fewer signs per token than text in English or Chinese has on common tokenizers, so that a prompt is not underestimated by much."""


class Sender(Protocol):
    """One attempt at a request."""

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | Trouble:
        """Return the JSON object that came back, or what went wrong."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Client:
    """One server as all threads of an engine see it.

    A failure that may pass is tried again after `0.5 * 2**k` seconds, up to a minute, each pause drawn between half and
    the whole of it so that many clients do not come back at once; a Retry-After header is obeyed up to the same minute.
    Once a request has used up its attempts and no other was answered meanwhile, the server counts as down: later requests
    fail at once, until `revive`.
    """

    def __init__(self, sender: Sender, options: ModelOptions, budget: Budget, *, first_pause: float = _FIRST_PAUSE) -> None:
        self.budget = budget
        self._sender, self._retries, self._first_pause = sender, options.retries, first_pause
        self._stop = Event()
        self._lock = Lock()
        self._answered = 0
        self._down: str | None = None
        self.overspent = False
        """A request was held back since the budget did not allow it."""
        self._random = random.Random()

    def get(self, path: str) -> dict[str, Any] | Trouble:
        """Ask for a resource, once."""
        return self._sender.send("GET", path)

    def post(self, path: str, body: dict[str, Any], *, attempts: int | None = None) -> dict[str, Any]:
        """Return the answer to a request.

        Raises Refused where the server does not take it, Lost where no answer came after all attempts or the budget does
        not allow it, Stopped where the command is being ended.
        """
        seen, most, reason = self._answered, 1 + self._retries if attempts is None else attempts, ""
        for attempt in range(most):
            if self._down is not None:
                raise Lost(self._down)
            found = self._attempt(path, body)
            if isinstance(found, dict):
                with self._lock:
                    self._answered += 1
                return found
            if not found.may_pass:
                raise Refused(found)
            reason = found.reason
            if attempt + 1 < most:
                self._pause(attempt, found.wait)
        reason = f"{reason} ({most} attempt{'s' if most > 1 else ''})"
        with self._lock:
            if self._answered == seen:
                self._down = reason
        raise Lost(reason)

    def revive(self) -> None:
        """Let requests through again."""
        self._down, self.overspent = None, False

    def stop(self) -> None:
        """End all requests: pauses end at once, connections are closed."""
        self._stop.set()
        self._sender.close()

    def _attempt(self, path: str, body: dict[str, Any]) -> dict[str, Any] | Trouble:
        if self._stop.is_set():
            raise Stopped
        held = _largest_use(body)
        try:
            self.budget.hold(*held)
        except OverBudget as error:
            self.overspent = True
            raise Lost(str(error)) from None
        used = (0, 0)
        try:
            found = self._sender.send("POST", path, body)
            used = held if isinstance(found, Trouble) and found.charged else _usage(found, held)
        finally:
            self.budget.settle(held, used)
        return found

    def _pause(self, attempt: int, wanted: float | None) -> None:
        longest = min(_LONGEST_PAUSE, self._first_pause * 2**attempt)
        drawn = longest * self._random.uniform(0.5, 1.0)
        if self._stop.wait(max(drawn, min(wanted or 0.0, _LONGEST_PAUSE))):
            raise Stopped


def _largest_use(body: dict[str, Any]) -> tuple[int, int]:
    """Return (tokens of the prompt, tokens of the answer) that a request may use, the first estimated from its length."""
    text = body.get("prompt") or "".join(message["content"] for message in body.get("messages", ()))
    answer = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    return len(text.encode()) // _SIGNS_PER_TOKEN, int(answer) * int(body.get("n", 1))


def _usage(found: dict[str, Any] | Trouble, held: tuple[int, int]) -> tuple[int, int]:
    if isinstance(found, Trouble):
        return (0, 0)
    usage = found.get("usage")
    counts = [usage.get(name) if isinstance(usage, dict) else None for name in ("prompt_tokens", "completion_tokens")]
    prompt, answer = (count if isinstance(count, int) and count >= 0 else most for count, most in zip(counts, held, strict=True))
    return prompt, answer
