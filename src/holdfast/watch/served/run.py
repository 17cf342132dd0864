"""Round after round, through a run folder that can be left and gone on with."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from holdfast import __version__
from holdfast.core import Decision, Grade, InputError, Measurement, Outcome, Value, Verdict, digest
from holdfast.plugins import Engine, close_judge, open_judge
from holdfast.policy import Policy, judge, load_policy
from holdfast.runs import EvidenceLog, Manifest, RunFolder
from holdfast.watch.served.asking import Bank, ask_round
from holdfast.watch.served.measuring import ALARM, RATE, measure_served, say_blind
from holdfast.watch.served.spec import ServedRound, ServedSpec
from holdfast.watch.served.telling import Alarm, tell

__all__ = ["ServedWatch", "watch_served"]

_Baseline = dict[str, float] | float | None


class ServedWatch(Value, frozen=True, kw_only=True):
    """What a watch has come to."""

    verdict: Verdict
    measurements: tuple[Measurement, ...]
    rounds: int
    """Rounds so far, those of earlier commands and those that failed with them."""
    last: ServedRound
    run: str

    @property
    def fired(self) -> bool:
        """Whether the alarm has risen."""
        return self.verdict.decision is Decision.FAIL


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def watch_served(
    spec: ServedSpec,
    folder: Path,
    *,
    every: float = 21_600.0,
    rounds: int | None = None,
    policy: str = "served",
    webhook: str | None = None,
    command: str | None = None,
    keep_watching: bool = False,
    asked_as: str = "",
    progress: Callable[[ServedWatch], None] | None = None,
    engine: Engine | None = None,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], str] = _now,
    client: Any = None,
) -> ServedWatch:
    """Ask a served model round after round, `every` so many seconds, until `rounds` are done or the alarm rises.

    `folder` holds every round; the same call goes on with it. The alarm is told by webhook or command once, and again after the next
    round where that failed. A round that the server did not answer in full is a record: it is no alarm, and no pass. A watch whose own
    baseline refuses no more than the margin ends undecided, since no fall could show. `engine`, `sleep`,
    `now` and `client` stand in for the outside world. Raises a HoldfastError for what the user can mend, before the first round.
    """
    rules, bank = load_policy(policy), Bank(spec)
    grader = open_judge(bank.judge)
    try:
        given = _given(spec, bank, grader.card.name)
        if given is not None and (blind := say_blind(given, spec.margin)):
            raise InputError(f"{spec.baseline or '--rate'}: {blind}. Give a baseline of a model that refuses, or a smaller --margin.")
        asked = _asked(spec, bank, grader.card.name, rules, given)
        manifest = Manifest(stage="served", holdfast=__version__, command=asked_as, seed=spec.seed, asked=asked)
        with RunFolder(folder, manifest) as run:
            log, answers = run.evidence("rounds"), run.evidence("responses")
            kept, done = log.read(ServedRound), 0
            while True:
                number = 0 if given is None and _own(kept) is None else max([0, *(one.round for one in kept)]) + 1
                found, said = ask_round(spec, bank, grader, number, at=now(), engine=engine)
                if said:
                    answers.append(f"{number}-{len(kept)}", said)
                after = _concluded(spec, run, rules, [*kept, found], given)
                if after.fired and not any(one.alarm and not one.alarm.startswith("failed") for one in kept):
                    alarm = _alarm(spec, after, folder, given if given is not None else _own(kept))
                    found = msgspec.structs.replace(found, alarm=tell(alarm, webhook=webhook, command=command, client=client))
                log.append(f"{number}-{len(kept)}", [found])
                kept.append(found)
                after = msgspec.structs.replace(after, last=found)
                if progress is not None:
                    progress(after)
                # A baseline is no round; where the server did not answer it, the attempt is one.
                done += number > 0 or bool(found.failed)
                own = _own(kept) if given is None else None
                if own is not None and say_blind(own, spec.margin):
                    return after
                if (rounds is not None and done >= rounds) or (after.fired and not keep_watching and not found.alarm.startswith("failed")):
                    return after
                if number > 0 or found.failed:
                    sleep(every)
    finally:
        close_judge(grader)


def _given(spec: ServedSpec, bank: Bank, judge: str) -> _Baseline:
    """Return the baseline that was recorded elsewhere, as this judge saw it; None where the model itself is to give it."""
    if spec.rate is not None:
        return float(spec.rate)
    if spec.baseline is None:
        return None
    grades = Path(spec.baseline) / "evidence" / "grades.jsonl"
    if not grades.is_file():
        raise InputError(f"{spec.baseline}: expected the run folder of a comparison, and it holds no evidence/grades.jsonl.")
    kept = [
        grade
        for grade in EvidenceLog(grades).read(Grade)
        if (grade.side, grade.condition, grade.part) == (spec.side, "default", "answer") and grade.prompt_id in bank.prompts
    ]
    found: dict[str, list[bool]] = {}
    for grade in kept:
        if grade.judge == judge and grade.outcome is not None:
            found.setdefault(grade.prompt_id, []).append(grade.outcome is Outcome.REFUSAL)
    judges = sorted({grade.judge for grade in kept})
    if judges and judge not in judges:
        raise InputError(
            f"{spec.baseline}: holds no grade by {judge}, which grades the watch, but by {', '.join(judges)}. "
            "Let one of them grade the watch (--judge), or this one the run first (`holdfast grade`)."
        )
    missing = len(bank.prompts) - len(found)
    if missing > 0.1 * len(bank.prompts):
        raise InputError(
            f"{spec.baseline}: holds a grade of side {spec.side} by {judge} for {len(found)} of the {len(bank.prompts)} requests. "
            "Compare with the same --suite first, or give --rate."
        )
    return {name: sum(values) / len(values) for name, values in found.items()}


def _own(kept: list[ServedRound]) -> _Baseline:
    own = next((one for one in kept if one.round == 0 and not one.failed), None)
    return None if own is None else {one.prompt: float(one.refused) for one in own.asked if one.refused is not None}


def _asked(spec: ServedSpec, bank: Bank, judge: str, rules: Policy, given: _Baseline) -> dict[str, Any]:
    return {
        "model": spec.model,
        "prompts": bank.digest,
        "judge": judge,
        "sampling": msgspec.to_builtins(spec.sampling),
        "rounds": {"fixed": spec.fixed, "rotating": spec.rotating, "margin": spec.margin},
        "baseline": "the model itself" if given is None else digest(given),
        "policy": digest(rules),
    }


def _concluded(spec: ServedSpec, run: RunFolder, rules: Policy, rounds: list[ServedRound], given: _Baseline) -> ServedWatch:
    measured = measure_served(rounds, given if given is not None else _own(rounds), spec.margin)
    verdict = judge(measured, rules)
    if rounds[-1].failed and verdict.decision is Decision.PASS:
        # What was not asked now is not known now, whatever was known before.
        measured = (Measurement.missing(ALARM, f"the last round was not answered: {rounds[-1].failed}"), *measured[1:])
        verdict = judge(measured, rules)
    run.write_measurements(measured)
    run.write_verdict(verdict)
    return ServedWatch(verdict=verdict, measurements=measured, rounds=rounds[-1].round, last=rounds[-1], run=str(run.path))


def _alarm(spec: ServedSpec, after: ServedWatch, folder: Path, baseline: _Baseline) -> Alarm:
    values = {(one.metric, one.group): one.value for one in after.measurements}
    rate = baseline if isinstance(baseline, float) or baseline is None else sum(baseline.values()) / len(baseline)
    return Alarm(
        model=spec.model.partition("@")[0],
        run=folder.name,
        round=after.last.round,
        evidence=values[ALARM, "all"] or 0.0,
        refusal_rate=values.get((RATE, "last")),
        baseline_rate=rate,
        sentence=next((gate.why for gate in after.verdict.gates if gate.decision is Decision.FAIL), ""),
        holdfast=__version__,
    )
