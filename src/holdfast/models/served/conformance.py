"""What a server really does, as measured when it is connected to: one line per ability, with what hangs on it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from holdfast.core import Value

__all__ = ["Check", "Conformance", "State"]


class State(StrEnum):
    """How a server treats a setting or a request."""

    WORKS = "works"
    IGNORED = "ignored"
    """Accepted with status 200 and without effect."""
    REFUSED = "refused"
    """Answered with an error."""
    WRONG = "wrong"
    """It has an effect, and not the one that it should have."""
    UNKNOWN = "unknown"
    """What came back does not tell."""


class Check(Value, frozen=True, kw_only=True):
    """One ability."""

    name: str
    state: State
    seen: str
    """What was observed, for people."""
    means: str = ""
    """What cannot be done here because of it; '' where all can."""


class Conformance(Value, frozen=True, kw_only=True):
    """Everything that was measured of one model of one server, in the order measured."""

    checks: tuple[Check, ...] = ()

    def plus(self, checks: Iterable[Check]) -> Conformance:
        """Return this and some more."""
        return Conformance(checks=(*self.checks, *checks))

    def __getitem__(self, name: str) -> Check:
        """Return a check by name; one that was not made is UNKNOWN."""
        found = next((check for check in self.checks if check.name == name), None)
        return found or Check(name=name, state=State.UNKNOWN, seen="not measured")

    def works(self, name: str) -> bool:
        """Return whether an ability was seen to work."""
        return self[name].state is State.WORKS
