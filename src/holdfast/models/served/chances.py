"""The conformance check of probabilities: do log probabilities come, of which tokens, and at the right place?"""

from __future__ import annotations

import math
from typing import Any

from holdfast.core import Message
from holdfast.models.served.conformance import Check, State
from holdfast.models.served.failures import Lost, Refused
from holdfast.models.served.probing import Prober
from holdfast.models.served.wire import TokenChance, chat_body, read_chances

__all__ = ["LIKELIEST", "check_chances", "scored_tail"]

LIKELIEST = 20
"""How many of the likeliest tokens are asked for: the most that vendors allow."""
_QUESTION = "Is the sky blue? Answer Yes or No."
_TEXT = "The capital of France is"
_NEAR = 0.1
"""Nats by which two looks at one token may differ: servers batch, and compute in half precision."""


def check_chances(prober: Prober) -> list[Check]:
    """Return the checks 'log probabilities', 'text scores' (of a chat) and 'completions', 'echo' (of plain text)."""
    if prober.wiring.raw:
        return _plain(prober)
    label, first = _label(prober)
    return [label, _whole(prober, first), *_plain(prober)]


def _label(prober: Prober) -> tuple[Check, TokenChance | None]:
    name, means = "log probabilities", "judges that compare the probabilities of Yes and No cannot run here"
    try:
        found = prober.raw_answer(_QUESTION, most=1, logprobs=True, top_logprobs=LIKELIEST)
    except Refused as error:
        return Check(name=name, state=State.REFUSED, seen=str(error), means=means), None
    except Lost as error:
        return Check(name=name, state=State.UNKNOWN, seen=str(error), means=means), None
    chances = read_chances(found)
    if not chances:
        return Check(name=name, state=State.IGNORED, seen="asked for, and none came", means=means), None
    first = chances[0]
    best = max((chance for _, chance in first.likeliest), default=-math.inf)
    if len(first.likeliest) < 2:
        return Check(name=name, state=State.WRONG, seen="no likeliest tokens came with the chosen one", means=means), None
    if first.log_prob < best - _NEAR:
        seen = f"the greedy token has {first.log_prob:.3f} and another one {best:.3f}"
        return Check(name=name, state=State.WRONG, seen=seen, means=means), None
    return Check(name=name, state=State.WORKS, seen=f"with the {len(first.likeliest)} likeliest tokens"), first


def _whole(prober: Prober, first: TokenChance | None) -> Check:
    """Is the score of a given answer the log probability that the server gave the same token when it wrote it?"""
    name, means = "text scores", "options cannot be compared by the likelihood of their text"
    fields = prober.wiring.prefill
    if first is None or not fields:
        why = "no log probabilities to check them against" if first is None else "the server does not go on from a begun answer"
        return Check(name=name, state=State.UNKNOWN, seen=why, means=means)
    messages = chat_body([Message(role="user", content=_QUESTION), Message(role="assistant", content=first.token)])
    body = {"model": prober.wiring.model, "messages": messages, prober.wiring.limit: 1, "temperature": 0, "prompt_logprobs": 0, **fields}
    try:
        found = prober.client.post("/chat/completions", body)
    except (Refused, Lost) as error:
        return Check(name=name, state=State.REFUSED, seen=str(error), means=means)
    tail = scored_tail(found, 1)
    if tail is None:
        return Check(name=name, state=State.IGNORED, seen="prompt_logprobs was asked for, and none came", means=means)
    if abs(tail[0] - first.log_prob) > _NEAR:
        seen = f"the same token has {tail[0]:.3f} as a given answer and {first.log_prob:.3f} as a written one"
        return Check(name=name, state=State.WRONG, seen=seen, means=means)
    return Check(name=name, state=State.WORKS, seen="prompt_logprobs, at the right place")


def _plain(prober: Prober) -> list[Check]:
    """Are plain texts completed, and scored at the right place?"""
    means, needs = "judges that bring their whole prompt as text cannot run here", "plain texts cannot be scored"
    body = {"model": prober.wiring.model, "prompt": _TEXT, "max_tokens": 1, "temperature": 0}
    try:
        found = prober.client.post("/completions", body | {"logprobs": 1})
    except Refused:
        try:
            found = prober.client.post("/completions", body)
        except (Refused, Lost) as error:
            return [Check(name="completions", state=State.REFUSED, seen=str(error), means=means)]
    except Lost as error:
        return [Check(name="completions", state=State.UNKNOWN, seen=str(error), means=means)]
    there = Check(name="completions", state=State.WORKS, seen="answers at /completions")
    written = read_chances(found)
    if not written or not written[0].token:
        return [there, Check(name="echo", state=State.IGNORED, seen="no log probabilities of written tokens came", means=needs)]
    return [there, _echo(prober, written[0], needs)]


def _echo(prober: Prober, written: TokenChance, means: str) -> Check:
    body = {"model": prober.wiring.model, "prompt": _TEXT + written.token, "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": True}
    try:
        chances = read_chances(prober.client.post("/completions", body))
    except (Refused, Lost) as error:
        return Check(name="echo", state=State.REFUSED, seen=str(error), means=means)
    # With one written token at the end, the given one stands before it.
    if len(chances) < 2:
        return Check(name="echo", state=State.IGNORED, seen="the prompt's own log probabilities did not come", means=means)
    given = chances[-2]
    if given.token != written.token or abs(given.log_prob - written.log_prob) > _NEAR:
        seen = f"the same token has {given.log_prob:.3f} as given text and {written.log_prob:.3f} as written text"
        return Check(name="echo", state=State.WRONG, seen=seen, means=means)
    return Check(name="echo", state=State.WORKS, seen="prompt log probabilities, at the right place")


def scored_tail(found: dict[str, Any], tokens: int) -> list[float] | None:
    """Return the log probabilities of the last tokens of a prompt, in vLLM's form; None where they are not there.

    Each position holds a mapping of token id to its log probability, the prompt's own token first.
    """
    rows = found.get("prompt_logprobs")
    if not isinstance(rows, list) or tokens < 1 or len(rows) < tokens:
        return None
    tail: list[float] = []
    for row in rows[-tokens:]:
        if not isinstance(row, dict) or not row:
            return None
        entry = next(iter(row.values()))
        value = entry.get("logprob") if isinstance(entry, dict) else None
        if not isinstance(value, int | float) or math.isnan(value):
            return None
        tail.append(float(value))
    return tail
