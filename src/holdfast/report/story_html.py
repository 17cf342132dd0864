"""The page of a whole run: what happened, step by step, and what to do. One HTML file, no network, no script."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from holdfast.core import Decision, Measurement
from holdfast.report.hostile import excerpt, line
from holdfast.report.html import environment, style_sheet
from holdfast.report.page import Fact
from holdfast.report.story import State, StepResult, Story

__all__ = ["story_html", "write_story_html"]

_WORDS = {Decision.PASS: "Pass", Decision.FAIL: "Fail", Decision.UNDECIDED: "Undecided"}
_ACCENTS = {Decision.PASS: "pass", Decision.FAIL: "fail", Decision.UNDECIDED: "undecided"}
_STATES = {
    State.DONE: "done",
    State.PASSED: "passed",
    State.FAILED: "failed",
    State.UNDECIDED: "undecided",
    State.SKIPPED: "not begun",
    State.OFF: "left out",
}
_RATES = ("refusal_rate", "over_refusal", "task_score")
_NAMES = {"refusal_rate": "refuses what it should", "over_refusal": "refuses what it should not", "task_score": "task score"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step as the page shows it."""

    title: str
    state: str
    word: str
    said: str
    page: str
    command: str
    gates: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """One rate under one system prompt: of the base, of the tuned model, of the repaired one."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """Everything in the order in which it is read."""

    title: str
    word: str
    accent: str
    sentence: str
    subject: str
    figures: tuple[Fact, ...]
    steps: tuple[str, ...]
    story: tuple[StepRow, ...]
    left_out: str
    """Steps that the pipeline file leaves out."""
    heads: tuple[str, ...]
    rates: tuple[RateRow, ...]
    command: str
    settings: tuple[Fact, ...]


def story_html(given: Story) -> str:
    """Return the page as one self-contained HTML document. The same input gives the same text."""
    return environment().get_template("story.html.j2").render(page=build_story_view(given), style=style_sheet()) + "\n"


def write_story_html(given: Story, path: Path) -> None:
    """Write the page to `path` as UTF-8, replacing what is there."""
    path.write_text(story_html(given), encoding="utf-8", newline="\n")


def build_story_view(given: Story) -> StoryView:
    """Return everything that the page says; it judges nothing."""
    decision = given.verdict.decision
    rounds = [step for step in given.steps if step.name.startswith("compare") and step.measurements]
    rounds = [*rounds[:1], *rounds[1:][-1:]]
    heads = ("Base", "Tuned", "Repaired")[: len(rounds) + 1] if rounds else ()
    return StoryView(
        title=f"Run: {line(given.name, limit=160)}",
        word=_WORDS[decision],
        accent=_ACCENTS[Decision.UNDECIDED if decision is Decision.PASS and given.against else decision],
        sentence=f"{_WORDS[decision]}. {_statement(given)}",
        subject=f"{line(given.base)} to {line(given.model)}" if given.model else line(given.base),
        figures=tuple(_figures(rounds)),
        steps=tuple(_next(given)),
        story=tuple(_row(step) for step in given.steps if step.state is not State.OFF),
        left_out=", ".join(dict.fromkeys(line(step.title).removesuffix(" again") for step in given.steps if step.state is State.OFF)),
        heads=heads,
        rates=tuple(_rates(rounds)),
        command=excerpt(given.command, head=2_000),
        settings=(Fact(name="Holdfast", text=line(given.version)), Fact(name="Policy", text=line(given.verdict.policy))),
    )


def _statement(given: Story) -> str:
    decision = given.verdict.decision
    if any(step.state is State.SKIPPED and step.name == "gate" for step in given.steps):
        return "A step before training did not pass, and the run stopped there."
    if given.repaired:
        end = {
            Decision.PASS: "passes after a repair.",
            Decision.FAIL: "fails even after the repair that came nearest.",
            Decision.UNDECIDED: "is undecided after a repair.",
        }
        said = f"The fine-tune lost safety, and {end[decision]}"
        more = given.reservation if decision is Decision.PASS else given.unrepaired
        return f"{said} {line(more, limit=400)}".strip()
    if decision is Decision.PASS and given.against:
        return f"The gate of policy {line(given.verdict.policy)} passes, but {line(given.reservation, limit=300)}"
    if decision is Decision.PASS:
        return "The fine-tune passes every blocking gate."
    first = given.verdict.blocking
    return line(first[0].why, limit=300) if first else "A stage did not pass its own policy."


def _next(given: Story) -> Iterable[str]:
    decision = given.verdict.decision
    if decision is Decision.PASS:
        for step in given.against:
            yield line(f"Read the page of “{step.title}” before you ship anything. {step.said}", limit=400)
        only = " only where you can answer for that" if given.against else ""
        yield f"Ship {line(given.model or given.base)}{only}, and no other weights: holdfast verify tells them apart."
        yield "Watch it where it is served: holdfast watch served."
        return
    yield "Do not release this model."
    if given.unrepaired:
        yield "Read the page of the search for a repair: what it made passes the gate only as far as the gate asks."
    stopped = next((step for step in given.steps if step.state in (State.FAILED, State.UNDECIDED)), None)
    if stopped is not None:
        yield f"Read the page of the first step that did not pass: {stopped.title.lower()}."
    if decision is Decision.UNDECIDED and given.verdict.blocking:
        # Nothing is known to be lost, so there is nothing to repair yet.
        open_ = line(given.verdict.blocking[0].why, limit=300)
        yield f"Settle what is open, which no repair does; more prompts (compare.limit) narrow an interval: {open_}"
    elif not any(step.name == "mitigate" and step.state not in (State.OFF, State.SKIPPED) for step in given.steps):
        yield "Let a repair be looked for: set mitigate in the pipeline file, or run holdfast mitigate auto."


def _row(step: StepResult) -> StepRow:
    return StepRow(
        title=line(step.title),
        state=step.state.value,
        word=_STATES[step.state],
        said=line(step.said, limit=600),
        page=step.page or "",
        command=excerpt(step.command or "", head=2_000),
        gates=", ".join(map(line, step.gates)),
    )


def _figures(rounds: list[StepResult]) -> Iterable[Fact]:
    for step, side in zip(rounds, ("tuned", "repaired"), strict=False):
        drops = [one for one in step.measurements if (one.metric, one.side, one.group) == ("refusal_rate", "drop", "all")]
        worst = max((one for one in drops if one.value is not None), key=lambda one: one.value or 0.0, default=None)
        if worst is not None:
            interval = f"under {line(worst.condition)}, the worst; interval {_points(worst.low)} to {_points(worst.high)}, n {worst.n}"
            yield Fact(name=f"Refusals lost, {side}", text=f"{_points(worst.value)} points", note=interval)


def _rates(rounds: list[StepResult]) -> Iterable[RateRow]:
    tables = [{one.key: one for one in step.measurements} for step in rounds]
    for metric in _RATES:
        # A task has its own name for a group; the other rates are over all categories.
        whole = metric != "task_score"
        places = dict.fromkeys(key[2:] for table in tables for key in table if key[0] == metric and (key[3] == "all" or not whole))
        for condition, group in places:
            sides = [(tables[0], "base"), *((table, "tuned") for table in tables)]
            cells = [table.get((metric, side, condition, group)) for table, side in sides]
            if any(one is not None and one.value is not None for one in cells):
                yield RateRow(name=f"{_NAMES[metric]}, {line(condition if whole else group)}", cells=tuple(map(_percent, cells)))


def _percent(one: Measurement | None) -> str:
    return "not measured" if one is None or one.value is None else f"{100 * one.value:.1f} %"


def _points(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"
