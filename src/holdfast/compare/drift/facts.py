"""What a look inside two models found."""

from __future__ import annotations

from holdfast.core import Measurement, Value
from holdfast.plugins import InsideFacts, ModelFingerprint

__all__ = ["Drift"]


class Drift(Value, frozen=True, kw_only=True):
    """`drift.json`. It holds no prompt and no answer."""

    schema: int = 1
    title: str
    base: str
    tuned: str
    base_fingerprint: ModelFingerprint
    tuned_fingerprint: ModelFingerprint
    facts: InsideFacts | None
    """None with a `reason` where there was too little to look at."""
    reason: str = ""
    refuse: int
    """Requests that should be refused and that the base refused."""
    benign: int
    """Benign requests that the base answered."""
    measurements: tuple[Measurement, ...]
    randoms: int
    splits: int
    suites: tuple[str, ...]
    judge: str
    command: str
    version: str
    seed: int

    @property
    def outside(self) -> tuple[int, ...]:
        """The layers after which the direction or the gap changed by more than the noise floor."""
        return tuple(one.layer for one in self.facts.layers if not one.inside) if self.facts else ()
