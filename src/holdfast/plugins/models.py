"""What a model is: the value types and the protocols of plug-in kind `model`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

from holdfast.core import FinishReason, InputError, Message, Suite, Value, check_seed, digest

__all__ = [
    "MOST_THREADS",
    "Capabilities",
    "Classifier",
    "Engine",
    "Generation",
    "GenerationRequest",
    "MeasuresServer",
    "ModelFingerprint",
    "ModelKind",
    "ModelOptions",
    "Relearner",
    "Relearning",
    "Rewarder",
    "RoundTrips",
    "Sampling",
    "ScoreRequest",
    "ScoreResult",
    "ServerCheck",
    "TokenScores",
]


MOST_THREADS = 1024
"""More than any machine gains from; PyTorch crashes where it cannot start as many as it was asked for."""


class Sampling(Value, frozen=True, kw_only=True):
    """How tokens are chosen; part of what must be equal on both sides."""

    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    seed: int = 0
    max_new_tokens: int = 256

    def __post_init__(self) -> None:
        """Refuse settings under which nothing can be written; raises InputError."""
        if not 0 <= self.temperature <= 10:
            raise InputError(f"--temperature must be between 0 and 10, got {self.temperature}.")
        if not 0 < self.top_p <= 1:
            raise InputError(f"--top-p must be above 0 and at most 1, got {self.top_p}.")
        check_seed(self.seed, "--seed")
        if self.max_new_tokens < 1:
            raise InputError(f"--max-new-tokens must be at least 1, got {self.max_new_tokens}.")


class ModelOptions(Value, frozen=True, kw_only=True):
    """How a local model is run. None of it may change an answer except `dtype` and `trust_remote_code`."""

    device: str = "auto"
    dtype: str = "auto"
    """'auto' is float32 on the CPU and the checkpoint's own type on a GPU."""
    batch_tokens: int = 8192
    """Budget of a batch: padded width times rows."""
    batch_rows: int = 64
    threads: int | None = None
    trust_remote_code: bool = False
    raw: bool = False
    """Put the messages' words one after the other and use no chat template: for judges that bring their whole prompt."""
    concurrency: int = 8
    """Served models: requests in flight at once, at most `batch_rows`."""
    timeout: float = 120.0
    """Served models: seconds until a request counts as failed."""
    retries: int = 5
    """Served models: further attempts after a failure that may pass, with growing pauses."""
    token_budget: int | None = None
    """Served models: tokens, of prompts and answers, that one command may use."""
    money_budget: float | None = None
    """Served models: what one command may spend, in the currency of the prices."""
    price_in: float | None = None
    """Served models: price of a million prompt tokens."""
    price_out: float | None = None
    """Served models: price of a million answer tokens."""
    identify: Literal["behaviour", "name"] = "behaviour"
    """Served models: told apart by name and by what they answer to fixed questions, or by name alone."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be; raises InputError."""
        for name, least in (("concurrency", 1), ("retries", 0), ("batch_rows", 1), ("batch_tokens", 1)):
            if getattr(self, name) < least:
                raise InputError(f"--{name.replace('_', '-')} must be at least {least}, got {getattr(self, name)}.")
        if self.threads is not None and not 1 <= self.threads <= MOST_THREADS:
            raise InputError(f"--threads must be from 1 to {MOST_THREADS}, got {self.threads}.")
        if not self.timeout > 0:
            raise InputError(f"--timeout must be above 0 seconds, got {self.timeout}.")
        if self.money_budget is not None and (self.price_in is None or self.price_out is None):
            raise InputError("--money-budget needs the prices: add --price IN,OUT (for a million tokens of prompts and of answers).")


class ModelFingerprint(Value, frozen=True, kw_only=True):
    """What exactly answered: SHA-256 digests of contents, never names or paths."""

    weights: str
    adapter: str | None = None
    tokenizer: str
    template: str

    @property
    def digest(self) -> str:
        """SHA-256 over all four: the identity of a model, and the key of its answers."""
        return digest(self)


class Capabilities(Value, frozen=True, kw_only=True):
    """What an engine can truly do."""

    generates: bool = True
    scores: bool = False
    keyed_sampling: bool = False
    """Sampled text does not depend on batch size or order, and both sides share their noise."""
    prefill: bool = False
    scores_labels: bool = False
    """`score` works where every continuation is a single, likely token, as for a judge that answers Yes or No."""
    classifies: bool = False
    """It is a `Classifier`: it gives each text a probability per label, and writes none."""
    token_scores: bool = False
    """Scores token by token, and reads prompts without the chat template."""
    relearns: bool = False
    """It is a `Relearner`: it can train a throw-away adapter on a few rows."""


class Relearning(Value, frozen=True, kw_only=True):
    """How the throw-away adapter of a relearning probe is trained: LoRA on every linear layer (Hu et al., 2021)."""

    rank: int = 8
    lr: float = 1e-3
    epochs: int = 10
    batch: int = 5
    seed: int = 0


class GenerationRequest(Value, frozen=True, kw_only=True):
    """One thing to answer. `key` names it ('condition/prompt/sample') and keys its sampling noise."""

    key: str
    messages: tuple[Message, ...]
    prefill: str | None = None
    """The first words of the answer, which the model goes on from."""
    raw: bool = False
    """Read the contents as they stand, joined by line breaks, without the chat template; `prefill` follows directly."""


class Generation(Value, frozen=True, kw_only=True):
    """One answer. Text and thinking are apart; `tokens` counts both."""

    key: str
    text: str
    thinking: str | None = None
    tokens: int | None = None
    finish: FinishReason
    error: str | None = None


class ScoreRequest(Value, frozen=True, kw_only=True):
    """A prompt and some ways in which it could go on."""

    messages: tuple[Message, ...]
    continuations: tuple[str, ...]
    raw: bool = False
    """Read the contents as they stand, joined by line breaks, without the chat template; continuations follow directly."""
    detail: bool = False
    """Say it token by token too; engines without `capabilities.token_scores` raise ModelError."""
    temperature: float = 1.0
    """With `detail`: the temperature of `TokenScores.sampled`, above 0."""
    top_k: int = 0
    """With `detail`: how many of the likeliest tokens the scheme of `TokenScores.sampled` draws from; 0 is all."""


class TokenScores(Value, frozen=True, kw_only=True):
    """One continuation token by token, teacher forced; all probabilities are logarithms in nats."""

    log_probs: tuple[float, ...]
    ranks: tuple[int, ...]
    """1 where the token is the one that greedy decoding takes."""
    sampled: tuple[float, ...]
    """Log probability under the sampling scheme that was asked for; minus infinity outside of its top k."""
    means: tuple[float, ...]
    """Mean log probability over the vocabulary, weighted by probability."""
    deviations: tuple[float, ...]
    """Standard deviation of the same."""
    ends: tuple[int, ...]
    """Characters of the continuation up to the end of each token; empty where the tokenizer cannot tell."""


class ScoreResult(Value, frozen=True, kw_only=True):
    """Log probability in nats of each continuation, and its length in tokens."""

    log_probs: tuple[float, ...]
    tokens: tuple[int, ...]
    details: tuple[TokenScores, ...] = ()
    """One per continuation where they were asked for."""


@runtime_checkable
class Engine(Protocol):
    """A model that is open and answers."""

    reference: str
    fingerprint: ModelFingerprint
    capabilities: Capabilities
    suites: tuple[str, ...]
    """Built-in suites made for this model (a lab organism names 'lab'); empty for ordinary models."""

    def plan(self, requests: Sequence[GenerationRequest], sampling: Sampling) -> list[list[int]]:
        """Return batches as lists of indices into `requests`. The same requests always give the same plan."""
        ...

    def generate(self, batch: Sequence[GenerationRequest], sampling: Sampling) -> list[Generation]:
        """Answer one batch, in its order."""
        ...

    def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        """Return log probabilities of continuations; engines without `capabilities.scores` raise ModelError."""
        ...

    def prompt_digest(self, requests: Sequence[GenerationRequest]) -> str:
        """Return a digest of what the model really reads for these requests (token ids, or the rendered text)."""
        ...

    def adapter_effect(self, requests: Sequence[GenerationRequest]) -> float | None:
        """Return the largest change of a logit that the adapter makes on these prompts; None without an adapter."""
        ...

    def recorded_suite(self) -> Suite | None:
        """Return the prompts that a recording brings with it; None for a live model."""
        ...

    def close(self) -> None:
        """Free memory and handles."""
        ...


@runtime_checkable
class Relearner(Protocol):
    """What an engine with `capabilities.relearns` can do besides: show what a few rows bring back."""

    def relearned(self, rows: Sequence[tuple[Message, ...]], settings: Relearning) -> Engine:
        """Return an engine around a copy of the model, trained on conversations that end with the assistant; close it after use."""
        ...


@runtime_checkable
class RoundTrips(Protocol):
    """What an engine that has its tokenizer at hand can do besides."""

    def round_trips(self, texts: Sequence[str]) -> list[str]:
        """Return each text as it comes back from its tokens, in order: what the model can write at best."""
        ...


@runtime_checkable
class Classifier(Protocol):
    """What an engine with `capabilities.classifies` can do besides."""

    labels: tuple[str, ...]
    """In the order of its outputs."""

    def classify(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Return one probability per label, 0 to 1, for each text, in order."""
        ...


@runtime_checkable
class Rewarder(Protocol):
    """What an engine that holds a reward model can do besides."""

    def rewards(self, conversations: Sequence[tuple[Message, ...]]) -> list[float]:
        """Return the score of each conversation that ends with an answer; higher is preferred. Raises ModelError for several outputs."""
        ...


class ServerCheck(Value, frozen=True, kw_only=True):
    """One ability of a server, as measured."""

    name: str
    state: str
    """'works', 'ignored', 'refused', 'wrong' or 'unknown'."""
    seen: str
    """What was observed, for people."""
    means: str = ""
    """What cannot be done because of it; '' where all can."""


@runtime_checkable
class MeasuresServer(Protocol):
    """What an engine whose model is served by somebody else can do besides."""

    def measure_server(self) -> tuple[ServerCheck, ...]:
        """Return everything that can be measured of the server, in the order measured."""
        ...


@runtime_checkable
class ModelKind(Protocol):
    """A way to run models: one per prefix of a model reference."""

    def resolve(self, reference: str) -> str:
        """Turn a reference of this kind into a more basic one (a lab name into a folder), or return it unchanged."""
        ...

    def open(self, references: Sequence[str], options: ModelOptions) -> list[Engine]:
        """Open models, in order. Weights that several references share are loaded once."""
        ...
