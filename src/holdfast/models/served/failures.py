"""How a request to a server fails, and which failures may pass by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from holdfast.core import Value

__all__ = ["Lost", "Refused", "Stopped", "Trouble", "retry_after", "server_message"]

_LONGEST_MESSAGE = 200


class Trouble(Value, frozen=True, kw_only=True):
    """What one attempt ended with instead of an answer."""

    reason: str
    """For people; it quotes no request and no answer."""
    may_pass: bool
    """Another attempt may go better."""
    wait: float | None = None
    """Seconds that the server asked to wait."""
    charged: bool = False
    """The server may have written an answer all the same."""
    status: int | None = None


class Refused(Exception):
    """The server understood a request and does not take it; its text says why, for people."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.reason)
        self.status = trouble.status


class Lost(Exception):
    """No answer came after all attempts; its text says why, for people."""


class Stopped(Exception):
    """The command is being ended."""


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds to wait that a Retry-After header asks for (a number, or a date); None without a valid one.

    >>> retry_after({"retry-after": "7"}, datetime(2026, 1, 1, tzinfo=UTC))
    7.0
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())


def server_message(body: Any) -> str:
    """Return what a server says of an error, on one line of at most 200 signs; '' where it says nothing in a known form."""
    found: Any = body
    for name in ("error", "message", "detail"):
        if isinstance(found, dict) and name in found:
            found = found[name]
    text = " ".join(found.split()) if isinstance(found, str) else ""
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " ..."
