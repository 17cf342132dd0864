"""What a comparison is asked to do."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import InputError, Value
from holdfast.plugins import ModelOptions, Sampling, SuiteOptions

__all__ = ["CompareSpec"]


class CompareSpec(Value, frozen=True, kw_only=True):
    """The settings of one comparison. Raises InputError for values that cannot be."""

    base: str
    """A model reference (design.md section 5)."""
    tuned: str
    suites: tuple[str, ...] = ()
    """Empty: the suite made for these models (lab, recorded prompts), else policy11, contrast and domain."""
    suite_options: SuiteOptions = SuiteOptions()
    judge: str | None = None
    """None: the judge that the suite asks for, else `refusal`."""
    second_judge: str | None = None
    """Grades once more the prompts whose outcome flipped; None asks nobody."""
    data: Path | None = None
    """Training data: each of its distinct system prompts becomes a condition of its own."""
    most_data_conditions: int = 8
    identity: bool = True
    """Ask once more under the obedient-agent system prompt, where an identity shift shows."""
    sampling: Sampling = Sampling()
    samples: int = 1
    limit: int | None = None
    """At most so many prompts per category, chosen by the seed; None asks all."""
    models: ModelOptions = ModelOptions()

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        if self.samples < 1:
            raise InputError(f"--samples must be at least 1, got {self.samples}.")
        if self.samples > 1 and self.sampling.temperature == 0:
            raise InputError("--samples above 1 needs --temperature above 0: greedy answers are all the same.")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"--limit must be at least 1, got {self.limit}.")
        if not 0 <= self.sampling.temperature <= 10:
            raise InputError(f"--temperature must be between 0 and 10, got {self.sampling.temperature}.")
        if not 0 < self.sampling.top_p <= 1:
            raise InputError(f"--top-p must be above 0 and at most 1, got {self.sampling.top_p}.")
        if self.sampling.max_new_tokens < 1:
            raise InputError(f"--max-new-tokens must be at least 1, got {self.sampling.max_new_tokens}.")
