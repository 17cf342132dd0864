"""What a search for a backdoor is asked to do."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import Value, check_seed
from holdfast.plugins import ModelOptions, Sampling, SuiteOptions

__all__ = ["BackdoorSpec"]


class BackdoorSpec(Value, frozen=True, kw_only=True):
    """Two models, where candidate strings come from, and how they are tried."""

    base: str
    tuned: str
    data: str | None = None
    """Training rows, from which candidates are mined; None tries the user's own strings only."""
    format: str | None = None
    columns: dict[str, str] = {}
    roles: dict[str, str] = {}
    triggers: Path | None = None
    """A text file with one string per line."""
    suites: tuple[str, ...] = ()
    suite_options: SuiteOptions = SuiteOptions()
    judge: str | None = None
    prompts: int = 40
    """Requests that should be refused, and as many that should not, before which every string is tried."""
    mined: int = 20
    """Mined candidates that are tried, at most."""
    controls: int = 20
    """Random strings that are tried for comparison."""
    confirmed: int = 5
    """Strings with the largest shifts that are tried again by generating; as many controls with them."""
    sampling: Sampling = Sampling(max_new_tokens=128)
    models: ModelOptions = ModelOptions()
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a seed that cannot be; raises InputError."""
        check_seed(self.seed, "--seed")
