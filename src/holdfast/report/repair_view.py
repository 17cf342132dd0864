"""What the page of a search for a repair says, as strings that are ready to print. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR

from holdfast.core import DEFAULT_CONDITION, Decision, Measurement
from holdfast.mitigate.trials import Measured, Search, Trial
from holdfast.report.hostile import excerpt, line
from holdfast.report.page import Fact
from holdfast.report.wording import cell, number, percent

__all__ = ["Point", "RepairView", "TrialRow", "build_repair_view"]

_WITH_DATA = "Give training data with --data, so that repairs that train can be tried."
_WITH_TIME = "Give it more time: no trial fitted into the budget. The same command with a longer --budget goes on."
_NOT_MADE = ("", "", "", "", "not made")
_ACCENTS = {Decision.PASS: "pass", Decision.FAIL: "fail", Decision.UNDECIDED: "undecided"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One model on one half."""

    name: str
    note: str
    cells: tuple[str, ...]
    """Refusal, over-refusal, task, gain kept, what the policy says, time; with intervals, and the system prompt of the worst rate."""
    short: tuple[str, ...] = ()
    """The first five without intervals, for a terminal."""
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One model on the chart of safety against task."""

    label: str
    kept: float
    """Share of the task's gain, usually 0 to 1."""
    refusal: float
    """The lowest refusal rate under any system prompt, 0 to 1."""
    front: bool
    """No other trial is better on one axis and at least as good on the other."""
    chosen: bool
    good: bool = False
    """It is the chosen one, and passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairView:
    """Everything in the order in which it is read."""

    title: str
    word: str
    accent: str
    sentence: str
    subject: str
    figures: tuple[Fact, ...]
    steps: tuple[str, ...]
    task: str
    conditions: tuple[Fact, ...]
    report: tuple[TrialRow, ...]
    selection: tuple[TrialRow, ...]
    points: tuple[Point, ...]
    recommended: str
    rank: str
    """What the chosen model is called: 'recommended' where it passes, else 'nearest'."""
    costs: tuple[Fact, ...]
    by_hand: tuple[str, ...]
    left_out: tuple[Fact, ...]
    not_made: tuple[Fact, ...]
    """Trials of which no model came, and why: a reason that several share stands once."""
    unmeasured: tuple[Fact, ...]
    """Why a gain could not be measured, and of whom."""
    command: str
    settings: tuple[Fact, ...]


def build_repair_view(given: Search) -> RepairView:
    """Return everything that the page says. Takes numbers and decisions as they are; compares and decides nothing."""
    chosen = given.trial(given.recommended) if given.recommended else None
    reported = [trial for trial in given.trials if trial.report is not None]
    return RepairView(
        title=f"Repair of {line(given.tuned, limit=120)}",
        word=given.verdict.decision.value.upper(),
        accent=_ACCENTS[given.verdict.decision],
        sentence=f"{given.verdict.decision.value.upper()}. {_statement(given, chosen)}",
        subject=f"{line(given.base)} → {line(given.tuned)}" + (f" → {line(chosen.reference)}" if chosen else ""),
        figures=tuple(_figures(given, chosen)),
        steps=tuple(_steps(given, chosen)),
        task=line(given.task, limit=400),
        conditions=tuple(Fact(name=line(one.name), text=line(one.origin or one.system or "", limit=200)) for one in given.conditions),
        report=tuple(_rows(given, [given.before, *reported], "report")),
        selection=tuple(_rows(given, [given.before, *given.trials], "selection")),
        points=_points(given),
        recommended=_name(chosen) if chosen else "",
        rank="recommended" if given.verdict.decision is Decision.PASS else "nearest",
        costs=tuple(_costs(given, chosen)) if chosen else (),
        by_hand=tuple(excerpt(command, head=2_000) for command in given.by_hand),
        left_out=tuple(_left_out(given)),
        not_made=tuple(_not_made(given)),
        unmeasured=tuple(_unmeasured(given)),
        command=excerpt(given.command, head=2_000),
        settings=(
            Fact(name="Holdfast", text=line(given.version)),
            Fact(name="Policy", text=line(given.verdict.policy)),
            Fact(name="Trainings", text=line(given.trained_as, limit=300)),
            Fact(name="Time", text=f"{_time(given.spent_seconds)} of {_time(given.budget_seconds)}"),
        ),
    )


def _statement(given: Search, chosen: Trial | None) -> str:
    if chosen is None:
        if given.verdict.decision is Decision.PASS:
            return "The fine-tune needs no repair by this policy."
        lost = given.trials and all(trial.selection is None for trial in given.trials)
        return "No repair could be made." if lost else "No repair could be tried."
    if given.verdict.decision is Decision.PASS:
        return f"Repaired by {_name(chosen)}, on prompts that the repair was not chosen on."
    if given.verdict.decision is Decision.UNDECIDED:
        return f"Nobody can say whether {_name(chosen)} repairs it; it comes nearest of what was tried."
    return f"Nothing that was tried repairs it; {_name(chosen)} comes nearest."


def _steps(given: Search, chosen: Trial | None) -> Iterable[str]:
    if chosen is None:
        blind = _without_task(given)
        if blind:
            yield _with_task(blind)
        untried = {repair: why for repair, why in given.unfit.items() if line(repair) not in blind}
        if given.not_begun:
            yield _WITH_TIME
        elif any("--data" in why for why in untried.values()):
            yield _WITH_DATA
        elif untried:
            wanted = "; ".join(f"{repair}: {why}" for repair, why in untried.items())
            yield line(f"Give what was missing, or let other repairs be tried, too (--only): {wanted}.", limit=400)
        elif given.trials:
            yield "Mend what kept the repairs from being made, which stands under “Not made”, or let others be tried, too (--only)."
        elif not blind:
            yield "Release it by your own policy."
        return
    if given.verdict.decision is Decision.PASS:
        yield f"Use the repaired model: {line(chosen.reference)}"
        yield "Judge it once more as you judge a release: holdfast compare BASE REPAIRED, with your own prompts and policy."
        return
    missed = "; ".join(chosen.report.why) if chosen.report else ""
    yield line(f"Release neither the fine-tune nor {_name(chosen)}, which does not pass: {missed or 'it was not measured.'}", limit=400)
    blind = _without_task(given)
    if blind:
        yield _with_task(blind)
    if given.not_begun:
        count = len(given.not_begun)
        many = "1 repair was" if count == 1 else f"{count} repairs were"
        yield f"Give it more time: {many} not begun, or not at every strength. The same command with a longer --budget goes on."
    else:
        yield "Look at the data: the rows that did the damage are better left out than outweighed (holdfast scan, holdfast drift)."


def _with_task(blind: list[str]) -> str:
    return f"Say what the task is with --task FILE: without it nobody can judge {', '.join(blind)}, whose gain could not be measured."


def _without_task(given: Search) -> list[str]:
    """Return the repairs that cannot be judged because likelihoods stand for the task and their models give none."""
    unfit = [line(repair) for repair, why in given.unfit.items() if "--task" in why]
    halves = [(trial.repair, half) for trial in given.trials for half in (trial.selection, trial.report) if half is not None]
    if any(one.metric == "task_score" for _, half in halves for one in half.measurements):
        return unfit
    gains = [(repair, half.find("task_gain_kept", "run")) for repair, half in halves]
    blind = (line(repair) for repair, gain in gains if gain is not None and gain.value is None)
    return list(dict.fromkeys([*unfit, *blind]))


def _figures(given: Search, chosen: Trial | None) -> Iterable[Fact]:
    found = chosen.report if chosen and chosen.report else given.before.report
    if found is None:
        return
    for name, metric in (("Refusal", "refusal_rate"), ("Over-refusal", "over_refusal")):
        worst = found.worst(metric)
        if worst is not None:
            base = found.find(metric, "base", worst.condition)
            yield Fact(name=name, text=_share(worst), note=f"base {_share(base)}; {_under(worst)}")
    kept = found.find("task_gain_kept", "run")
    yield Fact(name="Task gain kept", text=_share(kept), note=line(kept.note or kept.reason or "", limit=120) if kept else "")


def _rows(given: Search, trials: list[Trial], half: str) -> Iterable[TrialRow]:
    first = getattr(trials[0], half)
    if first is not None:
        yield TrialRow(name="base", note="", cells=(*_base_cells(first), "", ""), short=(*map(_short, _base_cells(first)), ""))
    for trial in trials:
        found: Measured | None = getattr(trial, half)
        took = "" if trial.repair == "tuned" else _time(trial.seconds)
        name = "tuned" if trial.repair == "tuned" else _name(trial)
        if found is None:
            yield TrialRow(
                name=name,
                note="",
                cells=("", "", "", "", "not made", took),
                short=("", "", "", "", "not made"),
            )
            continue
        yield TrialRow(
            name=name,
            note="" if trial.repair == "tuned" else line(given.meanings.get(trial.repair, ""), limit=120),
            cells=(*_cells(found), found.decision.value, took),
            short=(*map(_short, _cells(found)), found.decision.value),
            chosen=trial.key == given.recommended,
        )


def _short(text: str) -> str:
    """Return a cell without the interval and what follows it; a dash where nothing was measured."""
    return "–" if text.startswith("not measured") else text.partition(" (")[0]


def _cells(found: Measured) -> tuple[str, ...]:
    refusal, over = found.worst("refusal_rate"), found.worst("over_refusal")
    return (_with_place(refusal), _with_place(over), _task(found, "tuned"), _gain(found))


def _gain(found: Measured) -> str:
    kept = found.find("task_gain_kept", "run")
    return "not measured" if kept is None else _with_limits(kept)


def _base_cells(found: Measured) -> tuple[str, ...]:
    refusal = min(_of(found, "refusal_rate", "base"), key=lambda one: one.value or 0.0, default=None)
    over = max(_of(found, "over_refusal", "base"), key=lambda one: one.value or 0.0, default=None)
    return (_with_place(refusal), _with_place(over), _task(found, "base"), "0")


def _of(found: Measured, metric: str, side: str) -> list[Measurement]:
    return [one for one in found.measurements if (one.metric, one.side) == (metric, side) and one.value is not None]


def _with_place(one: Measurement | None) -> str:
    return "not measured" if one is None else f"{_with_limits(one)}, {_under(one)}"


def _with_limits(one: Measurement) -> str:
    if one.value is None or one.low is None or one.high is None:
        return cell(one)
    low, high = (number(limit, one.unit, rounding=how) for limit, how in ((one.low, ROUND_FLOOR), (one.high, ROUND_CEILING)))
    return f"{cell(one)} ({low.removesuffix(' %')} to {high.removesuffix(' %')})"


def _under(one: Measurement) -> str:
    return "default prompt" if one.condition == DEFAULT_CONDITION else line(one.condition)


def _task(found: Measured, side: str) -> str:
    scores = [*_of(found, "task_score", side), *_of(found, "answer_probability", side)]
    return ", ".join(_with_limits(one) for one in scores[:3]) or "not measured"


def _points(given: Search) -> tuple[Point, ...]:
    placed = [(trial, *_place(trial)) for trial in (given.before, *given.trials) if trial.selection is not None]
    known = [(trial, kept, refusal) for trial, kept, refusal in placed if kept is not None and refusal is not None]
    found = []
    for trial, kept, refusal in known:
        beaten = any(other >= kept and safer >= refusal and (other, safer) != (kept, refusal) for _, other, safer in known)
        label = "tuned" if trial.repair == "tuned" else trial.key
        chosen = trial.key == given.recommended
        good = chosen and given.verdict.decision is Decision.PASS
        found.append(Point(label=label, kept=kept, refusal=refusal, front=not beaten, chosen=chosen, good=good))
    first = given.before.selection
    base = min((one.value or 0.0 for one in _of(first, "refusal_rate", "base")), default=None) if first else None
    if base is not None:
        found.append(Point(label="base", kept=0.0, refusal=base, front=False, chosen=False))
    return tuple(found)


def _place(trial: Trial) -> tuple[float | None, float | None]:
    assert trial.selection is not None
    kept = trial.selection.find("task_gain_kept", "run")
    rates = [one.value for one in _of(trial.selection, "refusal_rate", "tuned") if one.value is not None]
    return (kept.value if kept else None), min(rates, default=None)


def _costs(given: Search, chosen: Trial) -> Iterable[Fact]:
    yield Fact(
        name="Time of the trial",
        text=f"{_time(chosen.seconds)} ({chosen.cpu_seconds:.0f} s of CPU), and {_time(chosen.measuring_seconds)} to measure it",
    )
    yield Fact(name="Otherwise", text=line(given.costs.get(chosen.repair, ""), limit=300))
    for note in chosen.notes:
        yield Fact(name="Note", text=line(note, limit=300))


def _left_out(given: Search) -> Iterable[Fact]:
    begun = {trial.repair for trial in given.trials}
    for reasons in (given.unfit, given.not_begun):
        for name, why in reasons.items():
            yield Fact(name=line(f"{name} at further strengths" if name in begun else name), text=line(why, limit=300))


def _not_made(given: Search) -> Iterable[Fact]:
    """Return each reason for which no model came once, with the trials that it ended."""
    reasons: dict[str, list[str]] = {}
    for trial in given.trials:
        if trial.selection is None:
            reasons.setdefault(trial.failed or "it was not measured", []).append(_name(trial))
    return (Fact(name=", ".join(names), text=line(why, limit=400)) for why, names in reasons.items())


def _unmeasured(given: Search) -> Iterable[Fact]:
    """Return each reason for which a gain could not be measured once, with the models that it holds for."""
    reasons: dict[str, list[str]] = {}
    for trial in (given.before, *given.trials):
        for half in (trial.selection, trial.report):
            kept = half.find("task_gain_kept", "run") if half is not None else None
            if kept is not None and kept.value is None:
                reasons.setdefault(kept.reason or "", []).append("tuned" if trial.repair == "tuned" else _name(trial))
    return (Fact(name=", ".join(dict.fromkeys(names)), text=line(why, limit=400)) for why, names in reasons.items())


def _name(trial: Trial) -> str:
    return f"{line(trial.repair)} at {trial.strength:g}"


def _share(one: Measurement | None) -> str:
    return "not measured" if one is None or one.value is None else percent(one.value)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
