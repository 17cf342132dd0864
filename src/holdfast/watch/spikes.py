"""Jumps of the loss: against a running median, and only where they stand out of the run's own noise."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

from holdfast.core import Measurement, Value

__all__ = ["LossMonitor", "Spike"]

_WINDOW = 50
_FIRST = 5
"""Losses before there is a median to speak of."""
_OUTLIER = 6.0
"""Scaled MADs above the median from which a step stands out; with normal noise one step in 10^9."""
_SCALE = 1.4826
"""MAD to standard deviation for normal noise."""
_LEAST = 1.5
"""A step stands out only from half again the median on: a flat series has no spread to measure it by."""
_FLOOR = 0.1
"""The median is not taken below this share of the first median: a converged loss of 0.01 triples from batch to batch."""


class Spike(Value, frozen=True, kw_only=True):
    """One step that stands out of the noise."""

    step: int
    of: str
    """'loss' or 'grad_norm'."""
    value: float
    ratio: float
    """Value over running median."""


class LossMonitor:
    """Watches losses and gradient norms, step by step. Needs no torch.

    >>> monitor = LossMonitor()
    >>> [monitor.see(step, 1.0 + step % 3 / 10) for step in range(20)][-1], monitor.see(20, 9.0)[0].ratio > 3
    ((), True)
    """

    def __init__(self) -> None:
        self.spikes: list[Spike] = []
        self.steps = 0
        """Losses seen, finite or not."""
        self.not_finite: int | None = None
        """The first step whose loss was NaN or infinite."""
        self._series = {"loss": _Series(), "grad_norm": _Series()}

    def see(self, step: int, loss: float | None, grad_norm: float | None = None) -> tuple[Spike, ...]:
        """Take the loss (and gradient norm) of a step; return what stands out. None is no reading."""
        found = []
        if loss is not None:
            self.steps += 1
            if not math.isfinite(loss) and self.not_finite is None:
                self.not_finite = step
        for name, value in (("loss", loss), ("grad_norm", grad_norm)):
            if value is not None and math.isfinite(value):
                ratio = self._series[name].take(value)
                if ratio is not None:
                    found.append(Spike(step=step, of=name, value=value, ratio=ratio))
        self.spikes += found
        return tuple(found)

    def measurement(self) -> Measurement:
        """Return `loss_spike_monitor`: the largest ratio of loss to running median among steps that stand out, 1 where none does."""
        method = (
            f"loss over the median of the last {_WINDOW} (at least {_FLOOR:g} of the first one); "
            f"steps more than {_OUTLIER:g} scaled MADs above it"
        )
        if self.not_finite is not None:
            reason = f"the loss was not a finite number at step {self.not_finite}"
            return Measurement.missing("loss_spike_monitor", reason, n=self.steps, method=method)
        if self.steps <= _FIRST:
            reason = f"{self.steps} losses were seen; a running median needs more than {_FIRST}"
            return Measurement.missing("loss_spike_monitor", reason, n=self.steps, method=method)
        spikes = [spike for spike in self.spikes if spike.of == "loss"]
        worst = max(spikes, key=lambda spike: spike.ratio, default=None)
        note = f"{len(spikes)} steps stood out, the worst step {worst.step}" if worst else "no step stood out of the noise"
        return Measurement.of("loss_spike_monitor", worst.ratio if worst else 1.0, n=self.steps, method=method, note=note)


class _Series:
    """One running median."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=_WINDOW)
        self._first: float | None = None

    def take(self, value: float) -> float | None:
        """Return the ratio to the running median where the value stands out above it, else None; then remember the value."""
        ratio = self._ratio(value) if len(self._seen) >= _FIRST else None
        self._seen.append(value)
        return ratio

    def _ratio(self, value: float) -> float | None:
        middle = median(self._seen)
        if self._first is None:
            self._first = abs(middle)
        base = max(middle, _FLOOR * self._first)
        # A loss may be negative, and then no ratio means anything.
        if middle <= 0 or value <= _LEAST * base:
            return None
        spread = _SCALE * median(abs(seen - middle) for seen in self._seen)
        return value / base if value > middle + _OUTLIER * spread else None
