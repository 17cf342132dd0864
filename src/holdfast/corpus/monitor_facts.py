"""What monitoring canaries over a training run found. No secret is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from holdfast.canaries import CanaryExposure, NullTest
from holdfast.core import Measurement, Value, check_seed
from holdfast.corpus.monitor_null import AlarmRule
from holdfast.plugins import ModelOptions

__all__ = ["CanaryMonitoring", "ExposureRow", "GroupLook", "LookRow", "LossesRow", "MonitorSpec", "MonitoredLook", "Outcome"]

Outcome = Literal["alarm", "quiet", "undecided"]


class MonitorSpec(Value, frozen=True, kw_only=True):
    """What is asked."""

    checkpoints: tuple[str, ...]
    """See `monitor_checkpoints.find_checkpoints`."""
    canaries: Path
    """The private manifest."""
    base: str | None = None
    every: int = 1
    rule: AlarmRule = AlarmRule()
    models: ModelOptions = ModelOptions()
    seed: int = 0
    """Of the permutations."""

    def __post_init__(self) -> None:
        """Refuse a seed that cannot be; raises InputError."""
        check_seed(self.seed, "--seed")


class LossesRow(Value, frozen=True, kw_only=True):
    """Evidence: what the secrets of a canary's pool cost after its request, in bits, in the order of `monitor.pool_of`."""

    step: int
    fingerprint: str
    canary: str
    losses: tuple[float, ...]
    """Rounded to five decimals; ties count against the secret."""
    tokens: tuple[int, ...]


class ExposureRow(Value, frozen=True, kw_only=True):
    """Evidence: one canary or control at one checkpoint."""

    step: int
    fingerprint: str
    exposure: CanaryExposure


class LookRow(Value, frozen=True, kw_only=True):
    """Evidence: a checkpoint that was looked at. The order of these rows is the order of the looks."""

    step: int
    reference: str
    fingerprint: str
    """SHA-256 of weights, adapter, tokenizer and template."""
    signature: str
    """Names, sizes and times of its files, by which it is known again without reading them."""


class GroupLook(Value, frozen=True, kw_only=True):
    """All canaries with one number of copies at one checkpoint."""

    copies: int
    n: int
    bits: float
    """Mean exposure among all secrets of the format; 1.44 is expected of secrets that were never planted."""
    low: float
    high: float
    """95 %, bootstrap over the canaries; equal to `bits` for a single one."""
    line: float | None
    """From which mean exposure on it raises the alarm; None where this look has no error to spend."""


class MonitoredLook(Value, frozen=True, kw_only=True):
    """One checkpoint."""

    step: int
    reference: str
    fingerprint: str
    groups: tuple[GroupLook, ...]
    """Fewest copies first."""
    alarm: bool
    stands_out: int
    """The number of copies whose canaries stand out most."""
    upwards: bool
    """True where it is they and those with more copies, taken together."""
    mean: float
    """Mean exposure of what stands out most, in bits."""
    mean_line: float | None
    """From which it raises the alarm; None where this look has no error to spend."""
    reachable: bool
    """False where no exposure could have raised the alarm."""
    false_alarms: float
    """Share of runs with other secrets called the planted ones that would have raised an alarm by now."""
    controls: NullTest
    told_apart: float
    """Share of different ranks among the secrets of a pool, mean over canaries; low where a tokenizer reads many of them alike."""

    @property
    def who(self) -> str:
        """What stands out most, for people: '16 copies', '4 copies and more'."""
        return f"{self.stands_out} {'copy' if self.stands_out == 1 else 'copies'}{' and more' if self.upwards else ''}"


class CanaryMonitoring(Value, frozen=True, kw_only=True):
    """The whole run."""

    title: str
    outcome: Outcome
    why: str
    """In a sentence, without the word of the outcome."""
    alarm_step: int | None
    """Of the first checkpoint that raised the alarm."""
    canaries: int
    controls: int
    manifest_sha256: str
    rule: AlarmRule
    looks: tuple[MonitoredLook, ...]
    """In the order in which they were taken."""
    measurements: tuple[Measurement, ...]
    """Exposure at the last checkpoint looked at."""
    notes: tuple[str, ...]
    command: str
    version: str
    seed: int
