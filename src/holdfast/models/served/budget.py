"""What may be spent on served models in one command: tokens, and money at the user's own prices."""

from __future__ import annotations

from threading import Lock

from holdfast.core import Value
from holdfast.plugins import ModelOptions

__all__ = ["Budget", "OverBudget", "Spent"]

_MILLION = 1_000_000


class OverBudget(Exception):
    """A request does not fit into what is left; its text is for people."""


class Spent(Value, frozen=True, kw_only=True):
    """What was used so far."""

    prompt_tokens: int = 0
    answer_tokens: int = 0
    requests: int = 0


class Budget:
    """Counts what every request may use before it is sent and what it did use after, so that requests in flight together stay within.

    A request is let through only where the longest answer it may get still fits. One whose end is not known (a timeout,
    half a body) counts in full, since the server may charge for it.
    """

    def __init__(self, options: ModelOptions) -> None:
        """Limits and prices come from the options; without limits everything is let through."""
        self._tokens, self._money = options.token_budget, options.money_budget
        self._prices = (options.price_in or 0.0, options.price_out or 0.0)
        self._lock = Lock()
        self._held = (0, 0)
        self.spent = Spent()

    @property
    def cost(self) -> float:
        """What was used so far, in the currency of the prices."""
        return self._cost(self.spent.prompt_tokens, self.spent.answer_tokens)

    def hold(self, prompt_tokens: int, answer_tokens: int) -> None:
        """Set aside what a request may use; raises OverBudget where it does not fit."""
        with self._lock:
            held = (self._held[0] + prompt_tokens, self._held[1] + answer_tokens)
            total = (self.spent.prompt_tokens + held[0], self.spent.answer_tokens + held[1])
            if self._tokens is not None and sum(total) > self._tokens:
                raise OverBudget(f"the next request may exceed the budget of {self._tokens} tokens ({self._used()})")
            if self._money is not None and self._cost(*total) > self._money:
                raise OverBudget(f"the next request may exceed the money budget of {self._money:g} ({self._used()})")
            self._held = held

    def settle(self, held: tuple[int, int], used: tuple[int, int]) -> None:
        """Replace what was set aside by what was used: (tokens of the prompt, tokens of the answer)."""
        with self._lock:
            self._held = (self._held[0] - held[0], self._held[1] - held[1])
            self.spent = Spent(
                prompt_tokens=self.spent.prompt_tokens + used[0],
                answer_tokens=self.spent.answer_tokens + used[1],
                requests=self.spent.requests + 1,
            )

    def _used(self) -> str:
        used = f"{self.spent.prompt_tokens + self.spent.answer_tokens} tokens used"
        return used + (f", {self.cost:.4g} spent" if self._money is not None else "")

    def _cost(self, prompt_tokens: int, answer_tokens: int) -> float:
        return (prompt_tokens * self._prices[0] + answer_tokens * self._prices[1]) / _MILLION
