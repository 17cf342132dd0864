"""What a distillation is asked to do, and what it says it did."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import InputError, Value
from holdfast.plugins import ModelOptions, Sampling, SuiteOptions

__all__ = ["DistillSpec", "Distilled"]


class DistillSpec(Value, frozen=True, kw_only=True):
    """Everything that decides the rows."""

    model: str
    """The aligned model: the base of the fine-tune, not its result."""
    prompts: tuple[str, ...] = ("builtin",)
    """'builtin', suites, or files of prompts."""
    suite_options: SuiteOptions = SuiteOptions(languages=("en", "zh"))
    preamble: str | None = None
    """The safety preamble; None takes the one that ships, in the language of the prompt."""
    samples: int = 4
    """Answers per prompt; the best one that passed becomes the row."""
    judge: str | None = None
    """Who says what refuses; None takes the suite's judge, else 'refusal'."""
    sampling: Sampling = Sampling(temperature=0.7, top_p=0.95, max_new_tokens=256)
    models: ModelOptions = ModelOptions()
    format_of: Path | None = None
    """Training data whose format the rows take; None writes chat messages as JSON Lines."""
    limit: int | None = None
    """At most so many prompts of each suite; None takes all."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be; raises InputError."""
        if self.samples < 1:
            raise InputError(f"--samples must be at least 1, got {self.samples}.")
        if self.samples > 1 and self.sampling.temperature <= 0:
            raise InputError(f"--samples {self.samples} needs --temperature above 0: greedy answers are all the same.")
        if self.preamble is not None and not self.preamble.strip():
            raise InputError("--preamble: the preamble is empty. Write one, or leave the option out for the one that ships.")


class Distilled(Value, frozen=True, kw_only=True):
    """What was written."""

    path: str
    rows: int
    refusals: int
    answered: int
    """Benign requests that were answered."""
    prompts: int
    answers: int
    """Answers that were generated: prompts times samples."""
    left_out: dict[str, int]
    """Answers left out by reason; 'prompts without a row' counts prompts."""
    judge: str
    model: str
    """Fingerprint of the model that answered."""
    apology: float | None
    """Share of the refusals with an apology, by wording; None without refusals."""
    reason: float | None
    alternative: float | None
    tokens: int
    """Tokens generated, where the model counts them: the cost."""
    notes: tuple[str, ...] = ()
