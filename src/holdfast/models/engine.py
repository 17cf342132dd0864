"""The engine that runs a transformers model in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from holdfast.core import FinishReason, Message, ModelError, Suite
from holdfast.models.adapters import evaluating, largest_change, merged, side
from holdfast.models.batching import halving, plan
from holdfast.models.chat import Chat, Encoded
from holdfast.models.decoding import Decoded, decode
from holdfast.models.forward import Forward
from holdfast.models.sampling import Chooser
from holdfast.models.scoring import Scheme, last_logits, score_batch
from holdfast.models.stepping import ModelSteps, Steps
from holdfast.plugins import (
    Capabilities,
    Engine,
    Generation,
    GenerationRequest,
    InsideFacts,
    InsideRequest,
    ModelFingerprint,
    ModelOptions,
    Relearning,
    RowPulls,
    Sampling,
    ScoreRequest,
    ScoreResult,
)

__all__ = ["Loaded", "TransformersEngine"]


class Loaded:
    """Weights that one or several engines share; they are freed when the last engine lets go."""

    def __init__(self, model: Any) -> None:
        """`model` is a causal language model, or a PEFT model around one."""
        self.model: Any = model
        self.users = 0

    def release(self) -> None:
        """Say that one user is done."""
        self.users -= 1
        if self.users <= 0:
            self.model = None


class TransformersEngine:
    """A transformers model, or one adapter on it, that answers and scores. Implements the Engine protocol."""

    capabilities = Capabilities(scores=True, keyed_sampling=True, prefill=True, token_scores=True, relearns=True)

    def __init__(
        self,
        loaded: Loaded,
        chat: Chat,
        *,
        reference: str,
        fingerprint: ModelFingerprint,
        end_tokens: frozenset[int],
        adapter: str | None = None,
        suites: tuple[str, ...] = (),
        options: ModelOptions | None = None,
    ) -> None:
        """`adapter` is the PEFT name of this side's adapter; None is the bare base."""
        self.reference = reference
        self.fingerprint = fingerprint
        self.suites = suites
        self.end_tokens = end_tokens
        self._loaded, self._chat, self._adapter = loaded, chat, adapter
        self._options = options or ModelOptions()
        self._open = True
        loaded.users += 1

    @property
    def adapter(self) -> str | None:
        """The PEFT name of this side's adapter; None is the bare base."""
        return self._adapter

    @property
    def model(self) -> Any:
        """The live model; raises ModelError once the engine is closed."""
        if not self._open:
            raise ModelError(f"the model {self.reference!r} is closed; open it again")
        return self._loaded.model

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        """Return batches of neighbours in prompt length, longest first, within the options' budget of prompt tokens and rows.

        New tokens are not counted: with them, batches were so small that answers of 256 tokens took 1.25 times as long.
        """
        lengths = [len(encoded.ids) for encoded in self._encode(requests)]
        return plan(lengths, tokens=self._options.batch_tokens, rows=self._options.batch_rows)

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        """Answer one batch, in its order; where it does not fit into memory, its halves one after the other.

        A prompt that leaves no room in the model's context gets a Generation with finish ERROR. The text is what
        the model wrote, without any prefill.
        """
        return self.answer(batch, sampling, lambda: ModelSteps(Forward(self.model)))

    def answer(self, batch: Sequence[GenerationRequest], sampling: Sampling, begin: Callable[[], Steps]) -> list[Generation]:
        """Answer one batch as `generate` does, from the logits of the steps that `begin` makes, once per attempt."""
        encoded = self._encode(batch)
        context = getattr(Forward(self.model).config.get_text_config(), "max_position_embeddings", None) or float("inf")
        room = [int(min(sampling.max_new_tokens, context - len(one.ids))) for one in encoded]
        fits = [index for index, budget in enumerate(room) if budget > 0]

        def answer(indices: Sequence[int]) -> list[Decoded]:
            steps = begin()
            choose = Chooser(sampling, [batch[index].key for index in indices], steps.device)
            prompts, budgets = [encoded[index].ids for index in indices], [room[index] for index in indices]
            return decode(steps, prompts, budgets=budgets, end_tokens=sorted(self.end_tokens), choose=choose)

        done = dict(zip(fits, self._run(fits, answer), strict=True)) if fits else {}
        return [
            self._generation(request, one, done[index]) if index in done else self._too_long(request, one)
            for index, (request, one) in enumerate(zip(batch, encoded, strict=True))
        ]

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        """Return log probabilities of continuations, in nats, each tokenised as it would stand after the prompt."""
        asked = [GenerationRequest(key="", messages=request.messages, raw=request.raw) for request in requests]
        prompts = [one.ids for one in self._encode(asked)]
        parts = [self._chat.parts(request.messages, request.continuations, raw=request.raw) for request in requests]
        tails = [[one.ids for one in part] for part in parts]
        schemes = [Scheme.of(request, part) for request, part in zip(requests, parts, strict=True)]
        results: dict[int, ScoreResult] = {}

        def answer(chosen: Sequence[int]) -> list[ScoreResult]:
            details = [schemes[index] for index in chosen]
            return score_batch(Forward(self.model), [prompts[index] for index in chosen], [tails[index] for index in chosen], details)

        for many in sorted({len(tail) for tail in tails}):
            chosen = [index for index, tail in enumerate(tails) if len(tail) == many]
            if not many:
                results |= {index: ScoreResult(log_probs=(), tokens=()) for index in chosen}
                continue
            widths = [(len(prompts[index]) + max(map(len, tails[index]))) * many for index in chosen]
            for group in plan(widths, tokens=self._options.batch_tokens, rows=self._options.batch_rows):
                batch = [chosen[index] for index in group]
                results |= dict(zip(batch, self._run(batch, answer), strict=True))
        return [results[index] for index in range(len(requests))]

    def relearned(self, rows: Sequence[tuple[Message, ...]], settings: Relearning) -> TransformersEngine:
        """Return an engine around a copy of the model with a fresh adapter trained on conversations; this engine is left as it is."""
        from holdfast.models.relearning import relearn

        copied = relearn(self.model, self._chat, rows, settings, adapter=self._adapter, end_tokens=self.end_tokens)
        return TransformersEngine(
            Loaded(copied),
            self._chat,
            reference=f"{self.reference} after {len(rows)} rows",
            fingerprint=self.fingerprint,
            end_tokens=self.end_tokens,
            options=self._options,
        )

    def look_inside(
        self, tuned: Engine, refuse: Sequence[InsideRequest], benign: Sequence[InsideRequest], *, randoms: int, splits: int, seed: int
    ) -> InsideFacts | None:
        """Return what differs inside this model and `tuned`; None where `tuned` does not run here. Raises ModelError for other shapes."""
        if not isinstance(tuned, TransformersEngine):
            return None
        from holdfast.models.inside import look_inside

        return look_inside(self, tuned, refuse, benign, randoms=randoms, splits=splits, seed=seed)

    def row_pulls(
        self, tuned: Engine | None, rows: Sequence[tuple[Message, ...]], refuse: Sequence[InsideRequest], benign: Sequence[InsideRequest]
    ) -> RowPulls | None:
        """Return what training rows do to this model, as the base; None where `tuned` does not run here."""
        if tuned is not None and not isinstance(tuned, TransformersEngine):
            return None
        from holdfast.models.pulling import row_pulls

        return row_pulls(self, tuned, rows, refuse, benign)

    def token_ids(self, requests: Sequence[GenerationRequest]) -> list[tuple[int, ...]]:
        """Return the token ids that each request feeds to the model, in order."""
        return [one.ids for one in self._encode(requests)]

    def answer_ids(self, request: GenerationRequest, text: str) -> tuple[int, ...]:
        """Return the token ids of `text` as it would stand after the request's prompt."""
        return self._chat.continuations(request.messages, [text])[0]

    def round_trips(self, texts: Sequence[str]) -> list[str]:
        """Return each text as it comes back from its tokens, in order: what the model can write at best."""
        return self._chat.round_trips(texts) if texts else []

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        """Return 'tokens:' and the digest of the token ids that these requests feed to the model, in order."""
        return self._chat.digest(requests)

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        """Return the largest change that the adapter makes to a logit of the first answer token; None without an adapter."""
        if self._adapter is None:
            return None
        with evaluating(self.model):
            return largest_change(lambda: self._first_logits(requests), self.model, self._adapter)

    def merge_difference(self, requests: Sequence[GenerationRequest]) -> float | None:
        """Return the largest difference between a logit of the merged and of the unmerged adapter; None without an adapter.

        In float32 it is rounding, below about 1e-3; more says that the adapter is not applied as it was trained.
        """
        if self._adapter is None:
            return None
        with evaluating(self.model):
            with side(self.model, self._adapter):
                apart = self._first_logits(requests)
            with merged(self.model, self._adapter):
                together = self._first_logits(requests)
        return max(float((one - other).abs().max()) for one, other in zip(apart, together, strict=True))

    def recorded_suite(self) -> Suite | None:
        """Return None: a live model brings no prompts with it."""
        return None

    def close(self) -> None:
        """Let go of the weights; they are freed when no other engine shares them. Closing twice is allowed."""
        if self._open:
            self._open = False
            self._loaded.release()

    def _encode(self, requests: Sequence[GenerationRequest]) -> list[Encoded]:
        encoded = self._chat.encode(requests)
        known = self.model.get_input_embeddings().weight.shape[0]
        largest = max((max(one.ids, default=0) for one in encoded), default=0)
        if largest >= known:
            raise ModelError(
                f"the tokenizer of {self.reference!r} gives token {largest}, and the model knows {known} tokens (from 0); "
                "save the tokenizer that the model was trained with beside it"
            )
        return encoded

    def _run(self, batch: Sequence[int], answer: Callable[[Sequence[int]], list[Any]]) -> list[Any]:
        with evaluating(self.model), side(self.model, self._adapter):
            return halving(batch, answer, too_large=_out_of_memory)

    def _first_logits(self, requests: Sequence[GenerationRequest]) -> list[torch.Tensor]:
        encoded = [one.ids for one in self._encode(requests)]
        batches = plan([len(ids) for ids in encoded], tokens=self._options.batch_tokens, rows=self._options.batch_rows)
        return [last_logits(Forward(self.model), [encoded[index] for index in batch]) for batch in batches]

    def _generation(self, request: GenerationRequest, encoded: Encoded, decoded: Decoded) -> Generation:
        thinking, text = self._chat.decode(decoded.ids, thinking_open=encoded.thinking_open)
        finish = FinishReason.STOP if decoded.stopped else FinishReason.LENGTH
        return Generation(key=request.key, text=text, thinking=thinking, tokens=decoded.tokens, finish=finish)

    def _too_long(self, request: GenerationRequest, encoded: Encoded) -> Generation:
        error = f"the prompt has {len(encoded.ids)} tokens and leaves no room in the model's context"
        return Generation(key=request.key, text="", tokens=0, finish=FinishReason.ERROR, error=error)


def _out_of_memory(error: Exception) -> bool:
    full = isinstance(error, torch.OutOfMemoryError) or (isinstance(error, RuntimeError) and "out of memory" in str(error).lower())
    if full and torch.cuda.is_available():
        torch.cuda.empty_cache()
    # The CPU allocator words it differently from CUDA's.
    return full or (isinstance(error, RuntimeError) and "DefaultCPUAllocator: can't allocate memory" in str(error))
