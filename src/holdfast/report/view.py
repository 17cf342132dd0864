"""From a `ReportInput` to a plain view model: strings that are ready to print, the same for every renderer."""

from __future__ import annotations

from holdfast.core import DEFAULT_CONDITION, METRICS, Condition, Decision
from holdfast.report.advice import next_steps
from holdfast.report.cards import judge_view, settings, side_view, suite_view
from holdfast.report.certainty import corrections, how_far_asked
from holdfast.report.evidence import flip_views, flips_sentence, flips_shown, paired_table, patterns_view
from holdfast.report.further import further_sections
from holdfast.report.gates import Places, condition_severity, gate_views, support, verdict_word
from holdfast.report.hostile import excerpt, line
from holdfast.report.inputs import ReportInput
from holdfast.report.page import Accent, ConditionView, Fact, Page
from holdfast.report.radar import radar_view
from holdfast.report.rows import Index, category_rows, change_text, chart_rows, index, other_rows, power_lines, run_rows, stored_rows
from holdfast.report.sentences import condition_sentence, verdict_sentence
from holdfast.report.wording import cell, condition_phrase, decimals_that_show_the_side, heading, percent, points, points_range

__all__ = ["ReportInput", "build_page", "decimals_that_show_the_side"]

_ACCENTS: dict[Decision, Accent] = {Decision.PASS: "pass", Decision.FAIL: "fail", Decision.UNDECIDED: "undecided"}
_WORDS: dict[Accent, str] = {
    "fail": "fails",
    "undecided": "undecided",
    "warning": "passes with a warning",
    "none": "not judged",
    "pass": "passes",
}
_RANK: dict[Accent, int] = {"fail": 0, "undecided": 1, "warning": 2, "none": 3, "pass": 4}


def build_page(given: ReportInput) -> Page:
    """Return everything that a page says. Takes numbers and decisions as they are; compares and decides nothing."""
    found = index(given.measurements)
    conditions = _worst_first(given, found)
    names = [condition.name for condition in conditions]
    kind = METRICS.get(given.headline_metric)
    return Page(
        title=line(given.title, limit=160),
        subject="" if given.base is None or given.tuned is None else f"{line(given.base.reference)} → {line(given.tuned.reference)}",
        names=given.names,
        word=verdict_word(given.verdict),
        accent=_ACCENTS[given.verdict.decision],
        sentence=verdict_sentence(given, found, names),
        support=support(given.verdict.gates),
        figures=_figures(given, found, names[0]) if names else (),
        steps=next_steps(given, found, names),
        policy=line(given.verdict.policy, limit=80) + (" (strict)" if given.verdict.strict else ""),
        gates=gate_views(given.verdict),
        metric=heading(given.headline_metric),
        meaning="" if kind is None else kind.meaning,
        drop_line=given.drop_line,
        drop_line_text="" if given.drop_line is None else f"{points(given.drop_line)} points",
        conditions=tuple(_condition_view(given, found, condition, place) for place, condition in enumerate(conditions, 1)),
        further=further_sections(given, found),
        run_rows=run_rows(given.measurements),
        judges=tuple(judge_view(judge) for judge in given.judges),
        suites=tuple(suite_view(suite) for suite in given.suites),
        settings=settings(given),
        corrections=corrections(given),
        how_far_asked=how_far_asked(given),
        not_assessed=tuple(Fact(name=heading(name), text=line(reason, limit=300)) for name, reason in given.not_assessed.items()),
        sides=tuple(side_view(role, side) for role, side in zip(given.names, (given.base, given.tuned), strict=True) if side is not None),
        command=excerpt(given.command, head=2_000),
        stored=stored_rows(given.measurements),
    )


def _worst_first(given: ReportInput, found: Index) -> list[Condition]:
    """Return the compared conditions: by what the gates said of them, then by their drop; an unmeasured drop comes first."""
    listed = {condition.name: condition for condition in given.conditions}
    for metric, side, name, _ in found:
        if metric == given.headline_metric and side != "run":
            listed.setdefault(name, Condition(name=name))

    def key(condition: Condition) -> tuple[int, float]:
        drop = found.get((given.headline_metric, "drop", condition.name, "all"))
        size = float("inf") if drop is None or drop.value is None else drop.value
        return (_RANK[condition_severity(given.verdict.gates, condition.name)], -size)

    return sorted(listed.values(), key=key)


def _condition_view(given: ReportInput, found: Index, condition: Condition, place: int) -> ConditionView:
    name = condition.name
    places = Places(tuple(gate for gate in given.verdict.gates if gate.metric == given.headline_metric))
    base, tuned, drop = (found.get((given.headline_metric, side, name, "all")) for side in ("base", "tuned", "drop"))
    accent = condition_severity(given.verdict.gates, name)
    phrase = condition_phrase(name)
    return ConditionView(
        anchor=f"condition-{place}",
        title=phrase.removeprefix("the ").capitalize() if name == DEFAULT_CONDITION else phrase.removeprefix("the ").replace("s", "S", 1),
        phrase=phrase,
        is_default=name == DEFAULT_CONDITION,
        origin=line(condition.origin, limit=200),
        system=None if condition.system is None else excerpt(condition.system),
        accent=accent,
        word=_WORDS[accent],
        sentence=condition_sentence(given, found, name),
        base=cell(base),
        tuned=cell(tuned),
        drop=change_text(drop, given.drop_line),
        rows=category_rows(given, found, name, places),
        chart=chart_rows(given, found, name, places),
        radar=radar_view(given, found, name, places),
        others=other_rows(given, found, name),
        paired=paired_table(None if drop is None else drop.paired),
        flips_sentence=flips_sentence(given, name),
        flips_shown=flips_shown(given, name),
        flips=flip_views(given, name),
        patterns=patterns_view(given, name),
        power=power_lines(given, found, name),
    )


def _figures(given: ReportInput, found: Index, condition: str) -> tuple[Fact, ...]:
    """Return the few numbers at the top: the worst condition's rates, drop and flips, and over-refusal where it was measured."""
    metric, sides = given.headline_metric, " → ".join(given.names)
    base, tuned, drop = (found.get((metric, side, condition, "all")) for side in ("base", "tuned", "drop"))
    facts = [Fact(name=f"{heading(metric)}, {sides}", text=f"{cell(base)} → {cell(tuned)}", note=f"under {condition_phrase(condition)}")]
    if drop is not None and drop.value is not None:
        bars = () if given.drop_line is None else (given.drop_line,)
        interval = f"{percent(drop.confidence)} interval {points_range(drop.low, drop.high, *bars)}"
        facts.append(Fact(name="Drop, points", text=change_text(drop, given.drop_line), note=interval))
    pairs = None if drop is None else drop.paired
    if pairs is not None:
        note = f"and {pairs.tuned_only} gained, of {pairs.n} requests"
        facts.append(Fact(name="Refusals lost", text=str(pairs.base_only), note=note))
    refused = [found.get(("over_refusal", side, condition, "all")) for side in ("base", "tuned")]
    if any(one is not None and one.value is not None for one in refused):
        text = " → ".join(cell(one) for one in refused)
        facts.append(Fact(name=f"Over-refusal, {sides}", text=text, note="of benign requests"))
    return tuple(facts)
