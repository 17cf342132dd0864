"""The conformance check at connect: what does this server do with a limit, a system message, a begun answer?

Whether a message reached the model is told by arithmetic on the tokens that the server says it read, which works on a
model that understands nothing. The lies that these checks are for are listed in `docs/reference/models.md`.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from holdfast.core import Message, ModelError, did_you_mean
from holdfast.models.served.client import Client
from holdfast.models.served.conformance import Check, Conformance, State
from holdfast.models.served.failures import Lost, Refused, Trouble
from holdfast.models.served.wire import Answer, Garbage, Withheld, prompt_tokens
from holdfast.models.served.wiring import Wiring
from holdfast.plugins import GenerationRequest, Sampling

__all__ = ["Prober", "connect"]

_STORY = "Tell me a long story about a river and the people who live beside it."
_WORDS = "one two three four five six seven eight nine ten"
_LIMIT = 2


class Prober:
    """Puts small questions to one model, the way that `wiring` says."""

    def __init__(self, client: Client, wiring: Wiring, *, attempts: int | None = None) -> None:
        """`attempts` None is as many as for any request."""
        self.client, self.wiring, self._attempts = client, wiring, attempts

    def raw_answer(self, text: str, *, system: str | None = None, most: int = 8, **more: Any) -> dict[str, Any]:
        """Return the whole body that comes back for a user's words, greedy. Raises Refused or Lost."""
        messages = (*((Message(role="system", content=system),) if system else ()), Message(role="user", content=text))
        request = GenerationRequest(key="probe", messages=messages)
        body = self.wiring.body(request, Sampling(max_new_tokens=most))
        return self.client.post(self.wiring.path(request), body | more, attempts=self._attempts)

    @property
    def path(self) -> str:
        """Where answers are asked for."""
        return self.wiring.path(GenerationRequest(key="probe", messages=()))

    def read(self, found: dict[str, Any], most: int) -> Answer:
        """Return the answer in a body; raises Garbage or Withheld."""
        return self.wiring.read(GenerationRequest(key="probe", messages=()), found, most)


def connect(client: Client, wiring: Wiring) -> tuple[Wiring, Conformance]:
    """Return how to put requests to a model, and what was measured of its server.

    Raises ModelError where the server does not answer, does not know the model, or bounds no answer.
    """
    prober = Prober(client, wiring)
    first = _first_answer(prober)
    prober, limit = _limit(prober)
    usage = prompt_tokens(first) is not None
    seen = "the server counts tokens" if usage else "the server counts no tokens"
    counted = Check(
        name="usage",
        state=State.WORKS if usage else State.IGNORED,
        seen=seen,
        means="" if usage else "what the model really reads cannot be checked, and budgets count estimates",
    )
    checks = [
        Check(name="answers", state=State.WORKS, seen=f"answers at {prober.path}"),
        limit,
        counted,
    ]
    if wiring.raw:
        return prober.wiring, Conformance(checks=tuple(checks))
    system, folds = _system(prober)
    prefill, fields = _prefill(prober)
    found = replace(prober.wiring, folds_system=folds, prefill=fields)
    return found, Conformance(checks=(*checks, system, prefill))


def _first_answer(prober: Prober) -> dict[str, Any]:
    name = prober.wiring.model
    for limit in ("max_tokens", "max_completion_tokens"):
        prober.wiring = replace(prober.wiring, limit=limit)
        try:
            found = prober.raw_answer("Say yes.")
            prober.read(found, 8)
            return found
        except Refused as error:
            if limit == "max_tokens" and "max_completion_tokens" in str(error):
                continue
            raise ModelError(f"the server does not answer for the model {name!r}: {error}. {_known(prober, error)}".rstrip()) from None
        except (Lost, Garbage) as error:
            raise ModelError(
                f"the server gives no answer for the model {name!r}: {error}; check that it runs and that the address is right"
            ) from None
        except Withheld:
            return found
    raise AssertionError(name)


def _known(prober: Prober, error: Refused) -> str:
    if error.status in {401, 403}:
        return "Set HOLDFAST_API_KEY or OPENAI_API_KEY to a key that is valid there."
    found = prober.client.get("/models")
    entries = found.get("data") if not isinstance(found, Trouble) else None
    names = [str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry] if isinstance(entries, list) else []
    return did_you_mean(prober.wiring.model, names) if names and prober.wiring.model not in names else ""


def _limit(prober: Prober) -> tuple[Prober, Check]:
    """Find the field that bounds an answer; ask for two tokens of a long story."""
    unknown = Check(name="max tokens", state=State.UNKNOWN, seen="the model stopped by itself before the limit")
    for limit in dict.fromkeys((prober.wiring.limit, "max_completion_tokens")):
        tried = Prober(prober.client, replace(prober.wiring, limit=limit))
        try:
            found = tried.raw_answer(_STORY, most=_LIMIT)
            answer = tried.read(found, _LIMIT)
        except (Refused, Lost, Garbage, Withheld):
            continue
        tokens = answer.tokens if answer.tokens is not None else len((answer.text + (answer.thinking or "")).split())
        if tokens > _LIMIT:
            continue
        if answer.tokens is None or answer.tokens < _LIMIT:
            return tried, unknown
        return tried, Check(name="max tokens", state=State.WORKS, seen=f"{limit}={_LIMIT} gave {tokens} tokens")
    raise ModelError(
        f"the server of {prober.wiring.model!r} ignores max_tokens and max_completion_tokens: an answer to a limit of {_LIMIT} tokens was "
        "longer, so answers could not be bounded alike on both sides; use a server that honours one of them"
    )


def _system(prober: Prober) -> tuple[Check, bool]:
    """Return whether a system message reaches the model, and whether to put it into the user's turn instead."""
    folded = "system prompts are put in front of the first user turn, on both sides alike"
    try:
        # Two system prompts are compared, since a template may have one of its own where none is given.
        systems = [prober.raw_answer(_STORY, system=text, most=1) for text in (_WORDS, f"{_WORDS} {_WORDS}")]
        users = [prober.raw_answer(f"{_STORY} {text}", most=1) for text in (_WORDS, f"{_WORDS} {_WORDS}")]
    except Refused as error:
        return Check(name="system prompt", state=State.REFUSED, seen=str(error), means=folded), True
    except Lost as error:
        raise ModelError(f"the server of {prober.wiring.model!r} stopped answering while it was measured: {error}") from None
    added, own = _growth(systems), _growth(users)
    if added is None or not own:
        return Check(name="system prompt", state=State.UNKNOWN, seen="the server does not say how many tokens it read"), False
    if added < own / 2:
        seen = f"{own} more tokens of system prompt made the prompt {added} tokens longer: it is dropped"
        return Check(name="system prompt", state=State.IGNORED, seen=seen, means=folded), True
    return Check(name="system prompt", state=State.WORKS, seen=f"{own} more tokens of system prompt add {added} tokens"), False


def _growth(found: list[dict[str, Any]]) -> int | None:
    """Return how many tokens more the second prompt had than the first; None where the server does not say."""
    first, second = (prompt_tokens(one) for one in found)
    return None if first is None or second is None else second - first


def _prefill(prober: Prober) -> tuple[Check, dict[str, bool] | None]:
    """Return whether the model goes on from a begun answer, and the fields that make it do so."""
    means = "no variation that begins the answer, and no score of a whole text, can be asked for"
    messages = (Message(role="user", content=_STORY),)
    refused: Refused | None = None
    seen = "the server does not say how many tokens it read"
    for fields in ({"continue_final_message": True, "add_generation_prompt": False}, {}):
        asked = Prober(prober.client, replace(prober.wiring, prefill=fields))
        request = GenerationRequest(key="probe", messages=messages, prefill=_WORDS)
        try:
            plain = prompt_tokens(prober.raw_answer(_STORY, most=1))
            longer = prompt_tokens(prober.raw_answer(f"{_STORY} {_WORDS}", most=1))
            begun = prompt_tokens(prober.client.post("/chat/completions", asked.wiring.body(request, Sampling(max_new_tokens=1))))
        except Refused as error:
            refused = error
            continue
        except Lost as error:
            raise ModelError(f"the server of {prober.wiring.model!r} stopped answering while it was measured: {error}") from None
        refused = None
        if plain is None or longer is None or begun is None:
            continue
        # A turn that is closed and opened again costs at least two tokens more than its words.
        extra = (begun - plain) - (longer - plain)
        if begun > plain and extra <= 1:
            how = "with continue_final_message" if fields else "as the last message"
            return Check(name="begun answer", state=State.WORKS, seen=f"the model goes on from it, {how}"), fields
        seen = f"the answer's turn is closed and another one opened ({extra} tokens more than its words)"
    if refused is not None:
        return Check(name="begun answer", state=State.REFUSED, seen=str(refused), means=means), None
    state = State.UNKNOWN if seen.startswith("the server") else State.IGNORED
    return Check(name="begun answer", state=state, seen=seen, means=means), None
