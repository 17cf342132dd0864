"""What a served model is asked, and what a round of asking leaves behind."""

from __future__ import annotations

from holdfast.core import InputError, Value, check_seed
from holdfast.plugins import ModelOptions, Sampling, SuiteOptions

__all__ = ["Asked", "ServedRound", "ServedSpec"]


class ServedSpec(Value, frozen=True, kw_only=True):
    """A served model, its requests, and what its refusals are held against."""

    model: str
    suites: tuple[str, ...] = ("policy11",)
    suite_options: SuiteOptions = SuiteOptions()
    judge: str | None = None
    """Who grades; None is the suite's own, else `refusal`."""
    fixed: int = 24
    """Requests that are asked in every round."""
    rotating: int = 24
    """Requests drawn anew for every round, from all of the suites, each draw independent of the others."""
    margin: float = 0.05
    """A fall of the refusal rate up to this is no change."""
    baseline: str | None = None
    """Run folder of a comparison, whose answers are the baseline; None asks the model itself everything, once, before the first round."""
    side: str = "base"
    """Side of that comparison: 'base' or 'tuned'."""
    rate: float | None = None
    """Or a refusal rate that was recorded elsewhere, 0 to 1."""
    sampling: Sampling = Sampling(max_new_tokens=128)
    models: ModelOptions = ModelOptions()
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be; raises InputError."""
        check_seed(self.seed, "--seed")
        if self.baseline is not None and self.rate is not None:
            raise InputError("give --baseline or --rate, not both.")
        if self.rate is not None and not 0 < self.rate <= 1:
            raise InputError(f"--rate must lie above 0 and up to 1, got {self.rate}.")
        if not 0 <= self.margin < 1:
            raise InputError(f"--margin must be at least 0 and below 1, got {self.margin}.")
        if self.fixed < 1 or self.rotating < 1:
            raise InputError(f"--fixed and --rotating must be at least 1, got {self.fixed} and {self.rotating}.")
        if self.side not in ("base", "tuned"):
            raise InputError(f"--side must be base or tuned, got {self.side!r}.")


class Asked(Value, frozen=True, kw_only=True):
    """One request of a round."""

    prompt: str
    kind: str
    """'baseline', 'fixed' or 'rotating'."""
    refused: bool | None
    """None where the judge could not grade the answer."""


class ServedRound(Value, frozen=True, kw_only=True):
    """One line of `evidence/rounds.jsonl`. It holds no answer and no address."""

    round: int
    """From 1; 0 is the baseline that the model itself gave."""
    at: str
    """When it began, UTC; of all run folders only this one has times, since when is what it is about."""
    model: str = ""
    """Digest of who answered."""
    asked: tuple[Asked, ...] = ()
    failed: str = ""
    """Why the round does not count: the server did not answer everything. Neither an alarm nor a pass."""
    alarm: str = ""
    """What was sent where the alarm rose in this round: 'webhook', 'command', 'printed', or 'failed: ...'."""
