"""What to look at inside two models."""

from __future__ import annotations

from holdfast.core import Value, check_seed
from holdfast.plugins import ModelOptions, Sampling, SuiteOptions

__all__ = ["DriftSpec"]


class DriftSpec(Value, frozen=True, kw_only=True):
    """Two models, and the requests that their activations are read at."""

    base: str
    tuned: str
    suites: tuple[str, ...] = ()
    """Empty is the suites made for both models, else policy11 and contrast."""
    suite_options: SuiteOptions = SuiteOptions()
    judge: str | None = None
    """Who says which requests the base refuses; None is the suite's own, else `refusal`."""
    prompts: int = 48
    """At most so many requests that should be refused, and as many benign ones."""
    randoms: int = 200
    """Random directions that the refusal direction is held against."""
    splits: int = 200
    """Divisions of the prompts into halves, for the noise floor."""
    sampling: Sampling = Sampling(max_new_tokens=32)
    """Of the base's own answers, greedy."""
    models: ModelOptions = ModelOptions()
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a seed that cannot be; raises InputError."""
        check_seed(self.seed, "--seed")
