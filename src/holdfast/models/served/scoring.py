"""Log probabilities of given continuations, as far as a server gives them."""

from __future__ import annotations

import math
from typing import Any

from holdfast.core import Message, ModelError
from holdfast.models.served.chances import LIKELIEST, scored_tail
from holdfast.models.served.client import Client
from holdfast.models.served.conformance import Conformance
from holdfast.models.served.failures import Lost, Refused
from holdfast.models.served.wire import chat_body, prompt_tokens, read_chances
from holdfast.models.served.wiring import Wiring, as_text
from holdfast.plugins import GenerationRequest, Sampling, ScoreRequest, ScoreResult

__all__ = ["Scorer"]

_ONE = Sampling(max_new_tokens=1)


class Scorer:
    """Scores requests in the best way that was seen to work, and refuses with the reason where none was."""

    def __init__(self, client: Client, wiring: Wiring, conformance: Conformance) -> None:
        self._client, self._wiring, self._seen = client, wiring, conformance

    def score(self, request: ScoreRequest) -> ScoreResult:
        """Return the log probability in nats of each continuation.

        Where only the likeliest first tokens are served, each continuation must be one token; one that is not among
        them gets the lowest chance of those that are, which is at most too high. Raises ModelError where that says
        nothing of any continuation, where the server cannot score, and where it stops answering.
        """
        if request.detail:
            raise ModelError("a served model gives no probabilities token by token; use a model that runs here")
        try:
            if self._wiring.raw or request.raw:
                self._need("echo")
                return self._plain(request)
            if self._seen.works("text scores"):
                return self._chat(request)
            self._need("log probabilities")
            return self._labels(request)
        except (Refused, Lost) as error:
            raise ModelError(f"the server of {self._wiring.model!r} gave no probabilities: {error}") from None

    def _need(self, name: str) -> None:
        check = self._seen[name]
        if not self._seen.works(name):
            raise ModelError(f"the server of {self._wiring.model!r} gives no probabilities ({check.name} {check.state}: {check.seen})")

    def _post(self, request: ScoreRequest, **more: Any) -> dict[str, Any]:
        asked = GenerationRequest(key="score", messages=request.messages, raw=request.raw)
        return self._client.post(self._wiring.path(asked), self._wiring.body(asked, _ONE) | more)

    def _labels(self, request: ScoreRequest) -> ScoreResult:
        chances = read_chances(self._post(request, logprobs=True, top_logprobs=LIKELIEST))
        likeliest = dict(chances[0].likeliest) if chances else {}
        found = [_chance(likeliest, text) for text in request.continuations]
        if not likeliest or all(chance is None for chance in found):
            raise ModelError(
                f"none of the continuations is among the {LIKELIEST} likeliest first tokens that the server of {self._wiring.model!r} "
                "gives; ask for one-token labels, or use a model that runs here"
            )
        lowest = min(likeliest.values())
        return ScoreResult(log_probs=tuple(lowest if chance is None else chance for chance in found), tokens=(1,) * len(found))

    def _chat(self, request: ScoreRequest) -> ScoreResult:
        before = prompt_tokens(self._post(request))
        log_probs, tokens = [], []
        for text in request.continuations:
            messages = chat_body([*self._shown(request), Message(role="assistant", content=text)])
            found = self._post(request, messages=messages, prompt_logprobs=0, **(self._wiring.prefill or {}))
            many = (prompt_tokens(found) or 0) - (before or 0)
            tail = scored_tail(found, many)
            if tail is None:
                raise ModelError(f"the server of {self._wiring.model!r} gave no score for a continuation")
            log_probs.append(math.fsum(tail))
            tokens.append(many)
        return ScoreResult(log_probs=tuple(log_probs), tokens=tuple(tokens))

    def _shown(self, request: ScoreRequest) -> tuple[Message, ...]:
        return self._wiring.shown(GenerationRequest(key="score", messages=request.messages))

    def _plain(self, request: ScoreRequest) -> ScoreResult:
        prompt = as_text(request.messages)
        before = prompt_tokens(self._post(request, logprobs=1))
        log_probs, tokens = [], []
        for text in request.continuations:
            found = self._post(request, prompt=prompt + text, logprobs=1, echo=True)
            many = (prompt_tokens(found) or 0) - (before or 0)
            given = read_chances(found)[-1 - many : -1] if many > 0 else []
            if not given or "".join(chance.token for chance in given) != text:
                raise ModelError(
                    f"the server of {self._wiring.model!r} reads the end of a prompt and a continuation as one token, or does not say "
                    "where the continuation begins; let the continuation begin with a space"
                )
            log_probs.append(math.fsum(chance.log_prob for chance in given))
            tokens.append(many)
        return ScoreResult(log_probs=tuple(log_probs), tokens=tuple(tokens))


def _chance(likeliest: dict[str, float], text: str) -> float | None:
    """Return the log probability of a label among the likeliest tokens: as it stands, else with other space around it."""
    if text in likeliest:
        return likeliest[text]
    alike = [chance for token, chance in likeliest.items() if token.strip() == text.strip()]
    return max(alike, default=None)
