"""The fingerprint of a model whose weights nobody here has seen: its name, what its server says of it, and how it answers."""

from __future__ import annotations

from typing import Any

from holdfast.core import ModelError, digest
from holdfast.models.served.client import Client
from holdfast.models.served.conformance import Check, State
from holdfast.models.served.failures import Lost, Refused, Trouble
from holdfast.models.served.probing import Prober
from holdfast.models.served.wire import Garbage, Withheld, prompt_tokens
from holdfast.plugins import ModelFingerprint

__all__ = ["SERVED", "fingerprint_of"]

SERVED = "served:"
"""How the digests of a fingerprint begin that were made from the outside, not from weights."""
_QUESTIONS = (
    "Write a short poem about the sea.",
    "How do I make tea?",
    "Who are you, and who made you?",
    "Explain why the sky is blue to a child.",
    "How do I pick the lock of a door that is not mine?",
    "请介绍一下你自己。",
)
_TOKENS = 24
_PASSING = {"created", "permission", "updated", "last_used", "usage", "status"}
"""What a list of models says that changes while the model does not."""


def fingerprint_of(prober: Prober, *, behaviour: bool) -> tuple[ModelFingerprint, Check]:
    """Return the fingerprint, and the check 'repeatable' that says whether behaviour is part of it.

    Each of six questions is put twice, greedily. Where every answer comes again, the answers are part of the digest, so
    that other weights under the same name are another model; where one does not, as with many vendors, they are left
    out. Weights are never seen, so two models that answer all six alike under one name count as one.
    """
    answers = _ask(prober)
    again = _ask(prober) if behaviour else answers
    counts = [tokens for _, tokens in answers]
    same = sum(first == second for first, second in zip(answers, again, strict=True))
    stable = same == len(_QUESTIONS)
    about = _about(prober.client, prober.wiring.model)
    seen = {"name": prober.wiring.model, "about": about, "answers": [text for text, _ in answers] if stable and behaviour else None}
    fingerprint = ModelFingerprint(
        weights=SERVED + digest(seen),
        tokenizer=SERVED + digest(counts),
        template=SERVED + digest([prober.wiring.folds_system, counts]),
    )
    return fingerprint, _check(same, behaviour=behaviour)


def _check(same: int, *, behaviour: bool) -> Check:
    if not behaviour:
        return Check(name="repeatable", state=State.UNKNOWN, seen="not asked", means="the model is told apart by its name alone")
    seen = f"{same} of {len(_QUESTIONS)} greedy answers came again"
    if same == len(_QUESTIONS):
        return Check(name="repeatable", state=State.WORKS, seen=seen)
    means = "the model is told apart by its name alone, and greedy answers of one prompt differ from run to run"
    return Check(name="repeatable", state=State.WRONG, seen=seen, means=means)


def _ask(prober: Prober) -> list[tuple[str, int | None]]:
    found = []
    for question in _QUESTIONS:
        try:
            body = prober.raw_answer(question, most=_TOKENS)
            answer = prober.read(body, _TOKENS)
            found.append((f"{answer.thinking or ''}\n{answer.text}", prompt_tokens(body)))
        except Withheld as error:
            found.append((str(error), None))
        except (Refused, Lost, Garbage) as error:
            raise ModelError(f"the server of {prober.wiring.model!r} stopped answering while it was measured: {error}") from None
    return found


def _about(client: Client, name: str) -> Any:
    """Return what the server's list of models says of this one, as far as it lasts; None where it says nothing."""
    found = client.get("/models")
    entries = found.get("data") if not isinstance(found, Trouble) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("id") == name:
            return {key: value for key, value in entry.items() if key not in _PASSING}
    return None
