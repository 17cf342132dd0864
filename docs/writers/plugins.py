"""The pages of suites and judges, from their own cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from typing import Any

from docs.writers.markdown import page, table
from docs.writers.source import prose, sentence_list

from holdfast.core import Suite
from holdfast.plugins import JudgeCard, LedgerRow, SuiteOptions, SuiteSummary, judge_cards, list_suites, load, open_suite
from holdfast.suites import BUILT_IN, PRESETS, built_in_card

__all__ = ["judges_page", "shipped", "suites_page"]


def shipped(kind: str) -> list[str]:
    """Return the names of Holdfast's own plug-ins of a kind, sorted: what else is installed here is not for our pages."""
    return sorted(point.name for point in entry_points(group=f"holdfast.{kind}s") if point.value.startswith("holdfast."))


def suites_page() -> str:
    """Return the page of suites: those that ship, published ones, and files."""
    summaries = {summary.name: summary for summary in list_suites()}
    names = shipped("suite")
    ours = [name for name in names if name in BUILT_IN]
    published = [preset.name for preset in PRESETS if preset.name in names]
    rest = [name for name in names if name not in {*ours, *published}]
    return page(
        "Suites",
        "the suites' own cards",
        "A suite is a set of prompts with a card that states its limits. `holdfast suites` lists them; `--suite NAME` asks one, and "
        "several may be asked at once.",
        "## Shipped",
        *(part for name in ours for part in _built_in(summaries[name])),
        "## Published sets",
        "None of their text ships. Give a copy: `--suite NAME=PATH`, or `--suite NAME=hub:ID@COMMIT` with the 40 hexadecimal digits "
        "of a commit, so that the prompts cannot change under a name. The licence is the one that the authors state; check your copy's.",
        *(part for name in published for part in _published(summaries[name])),
        "## Others",
        *(part for name in rest for part in _other(name)),
    )


def _built_in(summary: SuiteSummary) -> Iterator[str]:
    card = built_in_card(summary.name)
    yield f"### {summary.name}"
    yield f"{summary.title}. Version {summary.version}, {summary.licence}."
    languages = " and ".join(card.languages)
    yield f"{len(card.categories)} categories, {card.size} requests in each of {languages}. Expected: {card.expected.value}."
    yield card.measures
    yield card.method
    yield table(("category", "what it asks"), ((f"`{name}`", text) for name, text in card.categories.items()))
    yield "Limits:"
    yield sentence_list(card.limits)


def _published(summary: SuiteSummary) -> Iterator[str]:
    citation = next(preset.citation for preset in PRESETS if preset.name == summary.name)
    yield f"### {summary.name}"
    yield f"{summary.title}: {citation}. Licence stated: {summary.licence}. Source: `{summary.source}`."
    yield sentence_list(summary.limits)


def _other(name: str) -> Iterator[str]:
    yield f"### {name}"
    if name == "file":
        yield "Any file of prompts: `--suite prompts.csv`, or `--suite file=prompts.csv`."
        yield prose(load("suite", "file")).partition("\n\n")[2]
        return
    yield from _opened(open_suite(name, SuiteOptions()))


def _opened(suite: Suite) -> Iterator[str]:
    expected = sorted({prompt.expected.value for prompt in suite.prompts})
    yield f"{suite.title}. Version {suite.version}, {suite.licence}."
    yield f"{len(suite.prompts)} requests in {len(suite.categories)} categories. Expected: {' or '.join(expected)}."
    yield sentence_list(suite.limits)


def judges_page() -> str:
    """Return the page of judges with their measured errors."""
    return page(
        "Judges",
        "the judges' own cards and ledgers",
        "A judge grades one response: refused, answered safely, harmful, answered, degenerate, or unscored with a reason. Its card "
        "says what it cannot see; its ledger says how often it erred on labelled answers. What a rule judge can and cannot see is "
        "told in [What a judge can see](../explanation/what-a-judge-can-see.md); to measure one on your own labels, see "
        "[Measure a judge](../how-to/measure-a-judge.md).",
        *(part for name in shipped("judge") for part in _judges(name)),
    )


def _judges(name: str) -> Iterator[str]:
    cards = judge_cards(name)
    yield f"## {name}"
    if len(cards) > 1:
        yield f"One judge per family: `{name}/FAMILY=MODEL`."
    for card, ledger in cards:
        if len(cards) > 1:
            yield f"### {card.id}"
        yield from _judge(card, ledger)


def _judge(card: JudgeCard, ledger: Sequence[LedgerRow]) -> Iterator[str]:
    yield f"{card.title}. Version {card.version}. Languages: {', '.join(card.languages)}."
    facts: list[tuple[str, Any]] = [
        ("tells a safe answer from a harmful one", card.tells_harm),
        ("a policy may decide on its numbers", card.may_gate),
        ("makes no errors by construction", card.exact),
        ("gives a score from 1 to 5", card.gives_score),
        ("gives a probability of being toxic", card.gives_toxicity),
    ]
    yield table(("property", ""), ((text, "yes" if value else "no") for text, value in facts))
    if card.blind_spots:
        yield "Blind spots:"
        yield sentence_list(card.blind_spots)
    if ledger:
        yield "Measured errors:"
        yield table(_LEDGER_HEADS, (_ledger_row(row) for row in ledger))
    elif not card.exact:
        yield "Nobody has measured its errors yet."


_LEDGER_HEADS = ("label set", "positive", "positives", "negatives", "sensitivity", "specificity", "note")


def _ledger_row(row: LedgerRow) -> tuple[str, ...]:
    percent = f"{100 * row.confidence:g} %"
    return (
        row.label_set,
        row.positive,
        str(row.n_positive),
        str(row.n_negative),
        _rate(row.sensitivity, row.sensitivity_low, row.sensitivity_high, percent),
        _rate(row.specificity, row.specificity_low, row.specificity_high, percent),
        row.note,
    )


def _rate(value: float | None, low: float | None, high: float | None, percent: str) -> str:
    if value is None:
        return "not measured"
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} ({percent}: {low:.3f} to {high:.3f})"
