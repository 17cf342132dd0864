"""The engine of an ensemble: the tuned model's, with the base's predictions mixed into its first tokens."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import ModelError, Suite, digest
from holdfast.models.adapters import evaluating, side
from holdfast.models.engine import TransformersEngine
from holdfast.models.ensemble.file import Ensemble
from holdfast.models.ensemble.steps import OneBatchSteps, SidedForward, TwoModelSteps, one_batch_works
from holdfast.models.forward import Forward
from holdfast.models.stepping import Steps
from holdfast.plugins import Capabilities, Generation, GenerationRequest, ModelFingerprint, Sampling, ScoreRequest, ScoreResult

__all__ = ["EnsembleEngine"]


class EnsembleEngine:
    """Two models that answer as one. Implements the Engine protocol; it generates, and does not score.

    Greedy and sampled answers come from the mixed probabilities, with the same keyed noise as everywhere: at weight 0 they are the
    tuned model's, and at weight 1 for all tokens the base's, token for token.
    """

    capabilities = Capabilities(keyed_sampling=True, prefill=True)

    def __init__(self, tuned: TransformersEngine, base: TransformersEngine, spec: Ensemble, *, reference: str) -> None:
        """The two engines are closed with this one. Raises ModelError where their tokens are not the same."""
        if tuned.fingerprint.tokenizer != base.fingerprint.tokenizer:
            raise ModelError(f"{spec.base!r} and {spec.tuned!r} have different tokenizers; an ensemble needs a model and its own fine-tune")
        if tuned.fingerprint == base.fingerprint:
            raise ModelError(f"{spec.base!r} and {spec.tuned!r} are the same model; give the one before the fine-tune, then the tuned one")
        sizes = [_vocabulary(engine) for engine in (base, tuned)]
        if sizes[0] != sizes[1]:
            raise ModelError(
                f"{spec.base!r} predicts {sizes[0]} tokens and {spec.tuned!r} {sizes[1]}; an ensemble needs equal vocabularies"
            )
        self.reference, self.spec = reference, spec
        self.suites = tuned.suites or base.suites
        self._tuned, self._base = tuned, base
        adapter = tuned.adapter
        self.one_batch = (
            adapter is not None and base.adapter is None and base.model is tuned.model and one_batch_works(tuned.model, adapter)
        )
        """Whether both sides share a batch, as a base and an adapter on it can."""
        weights = digest({"base": base.fingerprint, "tuned": tuned.fingerprint, "weight": spec.weight, "tokens": spec.tokens})
        self.fingerprint = ModelFingerprint(weights=weights, tokenizer=tuned.fingerprint.tokenizer, template=tuned.fingerprint.template)

    @property
    def tuned(self) -> TransformersEngine:
        """The tuned model alone, on the same weights; it is closed with this engine."""
        return self._tuned

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        """Return the tuned model's batches."""
        return self._tuned.plan(requests, sampling)

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        """Answer one batch, in its order, from the tuned model's template."""
        with evaluating(self._base.model):
            return self._tuned.answer(batch, sampling, self._begin)

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        """Raise ModelError: what would be scored is neither model's distribution after the first tokens."""
        raise ModelError(f"{self.reference} is an ensemble, which answers and gives no probabilities; measure its two models instead")

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        """Return the tuned model's digest of token ids."""
        return self._tuned.prompt_digest(requests)

    def token_ids(self, requests: Sequence[GenerationRequest]) -> list[tuple[int, ...]]:
        """Return the token ids that each request feeds to both models, in order."""
        return self._tuned.token_ids(requests)

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        """Return None: an ensemble is no adapter that could be inactive."""
        return None

    def recorded_suite(self) -> Suite | None:
        """Return None: a live model brings no prompts with it."""
        return None

    def close(self) -> None:
        """Let go of both models."""
        self._tuned.close()
        self._base.close()

    def _begin(self) -> Steps:
        weight, tokens, adapter = self.spec.weight, self.spec.tokens, self._tuned.adapter
        if self.one_batch and adapter is not None:
            return OneBatchSteps(self._tuned.model, adapter, weight=weight, tokens=tokens)
        return TwoModelSteps(_forward(self._tuned), _forward(self._base), weight=weight, tokens=tokens)


def _forward(engine: TransformersEngine) -> Forward:
    return SidedForward(engine.model, lambda: side(engine.model, engine.adapter))


def _vocabulary(engine: TransformersEngine) -> int:
    model = engine.model.get_base_model() if hasattr(engine.model, "get_base_model") else engine.model
    return int(model.get_output_embeddings().weight.shape[0])
