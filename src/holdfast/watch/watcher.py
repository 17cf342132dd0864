"""The whole story of a watched training, told in plain events: start, steps, end. It knows no trainer and no torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from holdfast.core import GateResult, Measurement
from holdfast.policy import Policy
from holdfast.watch.deciding import METRIC, allowed_loss, checkpoint_passes, failed_gate, judge_now, probe_measurements
from holdfast.watch.journal import Journal
from holdfast.watch.prober import Prober
from holdfast.watch.rows import AnswerRow, Answers, RowKind, Signals, WatchRow
from holdfast.watch.schedule import Schedule
from holdfast.watch.spikes import LossMonitor

__all__ = ["RESTORED", "Look", "Watcher"]

RESTORED = "restored"
"""Group of what was measured of the weights that a roll-back put back, up to their step."""

Reading = TypeVar("Reading")

_MOVED_MASS = 0.05
"""A mean refusal probability that fell this far since the last answers is worth asking about."""
_MOVED_NATS = 1.0
"""The same for mean log-odds, which still move where the probability is near 1; near 0 nothing is left to lose."""


@dataclass(kw_only=True)
class Look:
    """What came of one step."""

    step: int
    log: dict[str, float] = field(default_factory=dict)
    """Numbers for the trainer's own log; empty where there was nothing to look at."""
    asked: bool = False
    """True where answers were generated."""
    passed: bool = False
    """True where answers were generated and the model is one to go back to."""
    stop: str = ""
    """Why training should stop; empty where it should not."""


class Watcher:
    """Sees a training through: baseline, signals, answers, decisions, and the record of them.

    Args:
        prober: who asks the model.
        policy: the gates on training.
        journal: where everything is kept.
        every: the largest gap between looks, in optimiser steps; None is 200.
        reduce: the largest of each number over all processes; the identity for one.
        share: gives what the first process read from the record to all; the identity for one.
    """

    def __init__(
        self,
        prober: Prober,
        policy: Policy,
        journal: Journal,
        *,
        every: int | None = None,
        reduce: Callable[[Sequence[float]], list[float]] = list,
        share: Callable[[Any], Any] = lambda value: value,
    ) -> None:
        self.prober, self.policy, self.journal = prober, policy, journal
        self.losses = LossMonitor()
        self.start_answers: Answers | None = None
        self.looks: dict[int, tuple[Measurement, ...]] = {}
        """What answers gave, by step. The start is step 0."""
        self.stopped = ""
        """Why training was to stop; empty where it was not."""
        self.restored: int | None = None
        self._allowed = allowed_loss(policy)
        self._schedule = Schedule(every)
        self._reduce, self._share = reduce, share
        self._asked_at: Signals | None = None
        """The signals when answers were last generated."""

    def begin(self, step: int = 0) -> Look:
        """Take the model as it is for the start (step 0), or take up an earlier attempt at a checkpoint."""
        self._schedule.start_at(step)
        earlier: list[AnswerRow] = self._share(self.journal.earlier_answers(until=step)) if step else []
        if earlier and earlier[0].step == 0:
            self._take_up(step, earlier)
            return Look(step=step)
        if step:
            self.journal.incident(step, "resumed", f"no record of the start was found, so the model at step {step} is taken for it")
        look = Look(step=step)
        answers = self._try(step, "the baseline", self.prober.start)
        if answers is not None:
            self.start_answers = answers
            self._keep(step, answers, RowKind.START)
            look.log, look.asked, look.passed = _named(answers.flat()), True, True
            # The rest is 0 by construction: nothing has moved yet.
            self._asked_at = self._signals(look, deep=False)
        self.write(step)
        return look

    def see_loss(self, step: int, loss: float | None, grad_norm: float | None = None) -> None:
        """Take the loss of a step."""
        was_finite = self.losses.not_finite is None
        for spike in self.losses.see(step, loss, grad_norm):
            self.journal.incident(step, "spike", f"{spike.of} {spike.value:.4g} is {spike.ratio:.1f} times its running median")
        if self.losses.not_finite is not None and was_finite:
            self.journal.incident(step, "loss-not-finite", "the loss is not a finite number from here on")
        if loss is not None or grad_norm is not None:
            self.journal.note(RowKind.LOSS, step, {"loss": _finite(loss), "grad_norm": _finite(grad_norm)})

    def step(self, step: int, *, loss: float | None = None, grad_norm: float | None = None, ask: bool = False) -> Look:
        """Take note of an optimiser step, and look at the model where that is due. `ask` generates answers in any case."""
        self.see_loss(step, loss, grad_norm)
        if not ask and not self._schedule.due(step):
            return Look(step=step)
        look = Look(step=step)
        signals = self._signals(look, deep=ask or self._schedule.asks_anyway())
        moved = self._any(signals is None or self._moved(signals))
        if moved or ask or self._schedule.asks_anyway():
            self._answer(look, signals)
        self._schedule.looked(step, moved=moved and signals is not None)
        self.write(step)
        return look

    def rolled_back(self, step: int, *, to: int, what: str) -> None:
        """Take note that the weights of an earlier step were restored; measurements then tell of what led to them, too."""
        self.restored = to
        self.journal.incident(step, "rolled-back", f"restored {what}; what came after step {to} is not part of the model")
        self.write(step)

    def candidate(self, step: int, name: str) -> tuple[Measurement, ...]:
        """Ask other weights that are in the model for the moment (an average), and keep what they answer apart from the run."""
        answers = self._try(step, name, self.prober.answers)
        if answers is None or self.start_answers is None:
            return ()
        self.journal.note(RowKind.CANDIDATE, step, answers.flat(), name)
        return self._measured(self.start_answers, answers, note=name)

    def end(self, step: int) -> tuple[Measurement, ...]:
        """Write what is left and return the measurements."""
        self.write(step)
        measured = self.measurements()
        self.journal.close()
        return measured

    def measurements(self) -> tuple[Measurement, ...]:
        """Return the loss monitor's measurement and, per condition, the lowest look of the whole training.

        That decides, whatever was put back afterwards: a training that lost its refusals did not pass. After a roll-back the lowest look
        that led to the weights there are now is of group `restored`, which no gate reads unless it names that group.
        """
        if not self.looks:
            missing = Measurement.missing(METRIC, "no answer was generated and graded during training")
            return (self.losses.measurement(), missing)
        loss, lowest = self.losses.measurement(), _lowest(self.looks)
        if self.stopped and failed_gate(judge_now(self.policy, (loss, *lowest))) is None:
            # Another process saw it. No gate may pass on numbers that do not show why the training was to stop.
            lowest = [msgspec.structs.replace(one, doubt=f"the training was to stop: {self.stopped}") for one in lowest]
        return (loss, *lowest, *self._restored())

    def _restored(self) -> list[Measurement]:
        to = self.restored
        if to is None:
            return []
        kept = {step: found for step, found in self.looks.items() if step <= to}
        led = f"up to step {to}, whose weights were put back"
        return [
            msgspec.structs.replace(one, group=RESTORED, note=f"{one.note}; {led}" if one.note else led)
            for one in _lowest(kept)
            if one.group == "all"
        ]

    def passed(self, step: int) -> bool:
        """Tell whether the model at a step was asked and is one to go back to."""
        return step in self.looks and checkpoint_passes(judge_now(self.policy, self.looks[step]))

    def _take_up(self, step: int, earlier: Sequence[AnswerRow]) -> None:
        self.start_answers = start = earlier[0].answers
        for row in earlier:
            self.looks[row.step] = self._measured(start, row.answers)
        losses: list[WatchRow] = self._share(self.journal.earlier_losses(until=step))
        for loss in losses:
            self.losses.see(loss.step, loss.values.get("loss"), loss.values.get("grad_norm"))
        self.journal.incident(step, "resumed", f"goes on from step {step}; the start and {len(self.looks)} looks come from the run folder")
        resume = getattr(self.prober, "resume", None)
        if resume is not None:
            self._try(step, "taking up the start", lambda: resume(start))

    def _signals(self, look: Look, *, deep: bool = True) -> Signals | None:
        signals = self._try(look.step, "a forward probe", lambda: self.prober.signals(deep=deep))
        if signals is not None:
            look.log |= _named(signals.flat())
            self.journal.note(RowKind.SIGNALS, look.step, signals.flat(), "; ".join(signals.reasons))
        return signals

    def _any(self, here: bool) -> bool:
        """Tell whether something holds on any process; every process must come to the same end, or the others wait for ever."""
        return self._reduce([float(here)])[0] > 0

    def _answer(self, look: Look, signals: Signals | None) -> None:
        answers = self._try(look.step, "short generation", self.prober.answers)
        if answers is not None and self.start_answers is None:
            self.journal.incident(look.step, "no-baseline", "there is no start to hold these answers against")
        failed = self._judge(look, answers, signals) if answers is not None and self.start_answers is not None else None
        look.passed = not self._any(not look.passed)
        if self._any(failed is not None):
            look.stop = self.stopped = f"gate {failed.gate}: {failed.why}" if failed else "another process found a gate failed"
            look.passed = False
            self.journal.incident(look.step, "tripped", look.stop)

    def _judge(self, look: Look, answers: Answers, signals: Signals | None) -> GateResult | None:
        look.asked, self._asked_at = True, signals
        look.log |= _named(answers.flat())
        self._keep(look.step, answers, RowKind.ANSWERS)
        verdict = judge_now(self.policy, (self.losses.measurement(), *self.looks[look.step]))
        look.passed = checkpoint_passes(verdict)
        return failed_gate(verdict)

    def _keep(self, step: int, answers: Answers, kind: RowKind) -> None:
        if self.start_answers is not None:
            self.looks[step] = self._measured(self.start_answers, answers)
        self.journal.note(kind, step, answers.flat())
        self.journal.answered(step, answers)

    def _measured(self, start: Answers, now: Answers, *, note: str | None = None) -> tuple[Measurement, ...]:
        return probe_measurements(start, now, method=_METHOD, note=note, allowed=self._allowed)

    def _moved(self, signals: Signals) -> bool:
        """Tell whether refusals became less likely, or harmless requests more likely to be refused, since answers were last generated."""
        before = self._asked_at
        if not signals.log_odds:
            return False  # nothing to compare: the fixed points remain
        if before is None:
            return True  # after a restart nothing was asked yet that these could be held against
        for condition, value in signals.log_odds.items():
            mass = before.refusing.get(condition, 0.0)
            fell = before.log_odds.get(condition, value) - value
            if mass - signals.refusing[condition] > _MOVED_MASS or (fell > _MOVED_NATS and mass > _MOVED_MASS):
                return True
        if signals.benign_log_odds is None or before.benign_log_odds is None:
            return False
        return signals.benign_log_odds - before.benign_log_odds > 3 * _MOVED_NATS

    def write(self, step: int) -> None:
        """Bring the run folder up to this step."""
        self.journal.commit(step, self.measurements())

    def _try(self, step: int, what: str, probe: Callable[[], Reading]) -> Reading | None:
        """Run a probe; where it fails, keep a record in its place. A watched training never ends through its watcher."""
        try:
            return probe()
        except Exception as error:
            self.journal.incident(step, "probe-failed", f"{what} failed: {type(error).__name__}: {_first_line(error)}")
            return None


_Looks = dict[int, tuple[Measurement, ...]]
_Key = tuple[str, str, str]
_METHOD = "short greedy generation; "


def _lowest(looks: _Looks) -> list[Measurement]:
    """Return the worst of all looks for every side, condition and group; where none has a number, the first, which says why."""
    keys = dict.fromkeys(_key(found) for many in looks.values() for found in many)
    return [_worst(key, looks) for key in keys]


def _worst(key: _Key, looks: _Looks) -> Measurement:
    sign = -1 if key[0] == "drop" else 1
    measured = [(step, one) for step, many in looks.items() for one in many if _key(one) == key and one.value is not None]
    if not measured:
        return next(one for many in looks.values() for one in many if _key(one) == key)
    step, worst = min(measured, key=lambda item: (sign * (item[1].value or 0.0), item[0]))
    return msgspec.structs.replace(worst, note=f"{'largest' if key[0] == 'drop' else 'lowest'} of {len(looks)} looks, at step {step}")


def _key(found: Measurement) -> _Key:
    return (found.side, found.condition, found.group)


def _named(values: dict[str, float | None]) -> dict[str, float]:
    return {f"holdfast/{name}": value for name, value in values.items() if value is not None}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
