"""Telling somebody: a webhook or a command, with a message that holds no request, no answer, no address and no key."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any

from holdfast.core import MissingExtraError, Value

__all__ = ["Alarm", "tell"]

_SECONDS = 30.0


class Alarm(Value, frozen=True, kw_only=True):
    """The message, as JSON: posted to the webhook, or on the command's standard input."""

    event: str = "served-refusals-fell"
    model: str
    """Its name, without the address of its server."""
    run: str
    """Name of the run folder."""
    round: int
    evidence: float
    refusal_rate: float | None
    """Of the requests of the last round that were drawn anew."""
    baseline_rate: float | None
    sentence: str
    holdfast: str


def tell(alarm: Alarm, *, webhook: str | None, command: str | None, client: Any = None) -> str:
    """Send the alarm; return 'webhook', 'command', 'webhook, command' or 'printed', and what failed where something did.

    The watch goes on whatever happens here; an alarm that was not delivered is sent again after the next round. `client` stands in for
    httpx2. Raises MissingExtraError where httpx2 is needed and not installed.
    """
    import msgspec

    body, done, failed = msgspec.to_builtins(alarm), list[str](), list[str]()
    if webhook is not None:
        (failed if (why := _post(webhook, body, client)) else done).append(f"webhook{': ' + why if why else ''}")
    if command is not None:
        (failed if (why := _run(command, body)) else done).append(f"command{': ' + why if why else ''}")
    if failed:
        return f"failed: {'; '.join(failed)}"
    return ", ".join(done) or "printed"


def _post(webhook: str, body: dict[str, Any], client: Any) -> str:
    if client is None:
        try:
            import httpx2
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                "--webhook needs the package 'httpx2', which is not installed. Run: pip install 'holdfast[openai]'"
            ) from error
        client = httpx2
    try:
        answer = client.post(webhook, json=body, timeout=_SECONDS)
    except Exception as error:  # whatever a network does; the address may hold a token, so the error's own text is not kept
        return type(error).__name__
    return "" if answer.status_code < 300 else f"HTTP {answer.status_code}"


def _run(command: str, body: dict[str, Any]) -> str:
    try:
        words = shlex.split(command)
        done = subprocess.run(words, input=json.dumps(body), text=True, timeout=_SECONDS, capture_output=True, check=False)
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return "" if done.returncode == 0 else f"exit code {done.returncode}"
