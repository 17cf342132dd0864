"""A served model behind the Engine protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from holdfast.core import FinishReason, ModelError, Suite, digest
from holdfast.models.served.client import Client
from holdfast.models.served.conformance import Conformance, State
from holdfast.models.served.failures import Lost, Refused
from holdfast.models.served.parallel import in_parallel
from holdfast.models.served.probing import Prober
from holdfast.models.served.sampling_checks import check_sampling
from holdfast.models.served.scoring import Scorer
from holdfast.models.served.wire import Garbage, Withheld
from holdfast.models.served.wiring import Wiring
from holdfast.plugins import (
    Capabilities,
    Generation,
    GenerationRequest,
    ModelFingerprint,
    ModelOptions,
    Sampling,
    ScoreRequest,
    ScoreResult,
    ServerCheck,
)

__all__ = ["ServedEngine"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_GARBAGE_ATTEMPTS = 3


class ServedEngine:
    """One model of one server. Implements the Engine protocol.

    An answer that one prompt alone does not get has finish ERROR. Where the server answers nothing any more, or a budget
    is spent, the batch's lost answers have finish UNANSWERED, so that they are asked again when the run goes on.
    """

    suites: tuple[str, ...] = ()

    def __init__(
        self,
        client: Client,
        wiring: Wiring,
        *,
        reference: str,
        fingerprint: ModelFingerprint,
        conformance: Conformance,
        options: ModelOptions,
    ) -> None:
        """`conformance` is what was measured when the server was connected to."""
        self.reference, self.fingerprint, self.conformance = reference, fingerprint, conformance
        self.capabilities = Capabilities(
            scores=conformance.works("echo" if wiring.raw else "text scores"),
            scores_labels=not wiring.raw and conformance.works("log probabilities"),
            prefill=wiring.raw or wiring.prefill is not None,
        )
        self._client, self._wiring, self._options = client, wiring, options
        self._open = True

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        """Return batches in the order given. Raises ModelError where the server cannot do what is asked for, with the reason."""
        self._check(requests, sampling)
        rows = self._options.batch_rows
        return [list(range(start, min(start + rows, len(requests)))) for start in range(0, len(requests), rows)]

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        """Answer one batch, in its order, `concurrency` requests at a time."""
        self._client.revive()
        found = self._together(lambda request: self._answer(request, sampling), batch)
        lost = [index for index, one in enumerate(found) if one.error is not None]
        if not lost or self._client.overspent:
            return found
        return self._mended(batch, found, lost, sampling)

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        """Return log probabilities of continuations; raises ModelError with the reason where the server gives none."""
        self._client.revive()
        return self._together(Scorer(self._client, self._wiring, self.conformance).score, requests)

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        """Return 'served:' and a digest of the messages as they are sent, and of how many tokens the server reads fixed questions as.

        What its chat template makes of them was not seen.
        """
        sent = [(self._wiring.shown(one), one.prefill, self._wiring.is_raw(one)) for one in requests]
        return "served:" + digest([self.fingerprint.template, sent])

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        """Return None: a served adapter cannot be switched off from here."""
        return None

    def recorded_suite(self) -> Suite | None:
        """Return None: a served model brings no prompts with it."""
        return None

    def measure_sampling(self) -> Conformance:
        """Measure what the server does with temperature, top_p, seed and n, once, and return all that was measured."""
        if self.conformance["temperature"].seen == "not measured":
            self.conformance = self.conformance.plus(check_sampling(Prober(self._client, self._wiring)))
        return self.conformance

    def measure_server(self) -> tuple[ServerCheck, ...]:
        """Return everything that can be measured of the server, what sampling needs included."""
        return tuple(
            ServerCheck(name=one.name, state=one.state.value, seen=one.seen, means=one.means) for one in self.measure_sampling().checks
        )

    def close(self) -> None:
        """Close the connections. Closing twice is allowed."""
        if self._open:
            self._open = False
            self._client.stop()

    def _check(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> None:
        if any(request.prefill for request in requests) and not self.capabilities.prefill:
            raise self._refusal("begun answer", "answers that begin with given words were asked for")
        if any(self._wiring.is_raw(request) for request in requests) and self.conformance["completions"].state is State.REFUSED:
            raise self._refusal("completions", "plain text was to be completed")
        if sampling.temperature > 0:
            measured = self.measure_sampling()
            if not measured.works("temperature"):
                raise self._refusal("temperature", f"--temperature {sampling.temperature:g} was asked for")
            if sampling.top_p < 1 and not measured.works("top p"):
                raise self._refusal("top p", f"--top-p {sampling.top_p:g} was asked for")

    def _refusal(self, name: str, wanted: str) -> ModelError:
        check = self.conformance[name]
        return ModelError(f"{self.reference}: {wanted}, and the server does not do it ({check.name} {check.state}: {check.seen})")

    def _together(self, call: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
        if not self._open:
            raise ModelError(f"the model {self.reference!r} is closed; open it again")
        try:
            return in_parallel(call, items, threads=self._options.concurrency)
        except KeyboardInterrupt:
            self._client.stop()
            raise

    def _answer(self, request: GenerationRequest, sampling: Sampling) -> Generation:
        body, reason = self._wiring.body(request, sampling), ""
        for _ in range(_GARBAGE_ATTEMPTS):
            try:
                answer = self._wiring.read(request, self._post(request, body), sampling.max_new_tokens)
            except Garbage as error:
                reason = str(error)
                continue
            except (Refused, Withheld) as error:
                return _without(request, FinishReason.ERROR, str(error))
            except Lost as error:
                return _without(request, FinishReason.UNANSWERED, str(error))
            return Generation(key=request.key, text=answer.text, thinking=answer.thinking, tokens=answer.tokens, finish=answer.finish)
        return _without(request, FinishReason.UNANSWERED, f"{reason} ({_GARBAGE_ATTEMPTS} attempts)")

    def _post(self, request: GenerationRequest, body: dict[str, Any]) -> dict[str, Any]:
        return self._client.post(self._wiring.path(request), body)

    def _mended(
        self, batch: Sequence[GenerationRequest], found: list[Generation], lost: Sequence[int], sampling: Sampling
    ) -> list[Generation]:
        """Tell a server that is gone from one that answers everything but these requests."""
        self._client.revive()
        trouble = self._health()
        if trouble is not None:
            gone = f"the server does not answer: {trouble}"
            return [_without(one, FinishReason.UNANSWERED, gone) if index in lost else found[index] for index, one in enumerate(batch)]
        for index in lost:
            if found[index].finish is FinishReason.UNANSWERED:
                again = self._answer(batch[index], sampling)
                still = again.finish is FinishReason.UNANSWERED
                found[index] = _without(batch[index], FinishReason.ERROR, again.error or "") if still else again
                self._client.revive()
        return found

    def _health(self) -> str | None:
        """Return why the server answers not even a small question; None where it does."""
        try:
            prober = Prober(self._client, self._wiring, attempts=2)
            prober.read(prober.raw_answer("Say yes.", most=8), 8)
        except (Lost, Refused, Garbage) as error:
            return str(error)
        except Withheld:
            return None
        return None


def _without(request: GenerationRequest, finish: FinishReason, error: str) -> Generation:
    return Generation(key=request.key, text="", finish=finish, error=error)
