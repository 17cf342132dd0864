"""What can be asked, and who can grade: every suite and judge that is installed, ours and others'."""

from __future__ import annotations

from holdfast.plugins.judges import Judge, JudgeCard, LedgerRow
from holdfast.plugins.opening import close_judge
from holdfast.plugins.registry import load, names
from holdfast.plugins.suites import SuiteSummary

__all__ = ["judge_cards", "list_suites"]


def judge_cards(name: str) -> list[tuple[JudgeCard, tuple[LedgerRow, ...]]]:
    """Return what a judge is, with its measured errors; one card per family where it has families.

    A judge that needs a model says so in `cards` of its factory, and none is opened; others are opened without one.
    Raises a HoldfastError where that cannot be.
    """
    factory = load("judge", name)
    cards: tuple[JudgeCard, ...] | None = getattr(factory, "cards", None)
    if cards is not None:
        return [(card, ()) for card in cards]
    judge: Judge = factory(None)
    try:
        return [(judge.card, judge.ledger)]
    finally:
        close_judge(judge)


def list_suites() -> list[SuiteSummary]:
    """Return a summary of every suite: those that ship first, then those that need a source, each sorted by name.

    The suite of any file has no summary of its own and is left out.
    """
    described = [getattr(load("suite", name), "summary", None) for name in names("suite")]
    summaries: list[SuiteSummary] = [summary() for summary in described if summary is not None]
    return sorted(summaries, key=lambda summary: (summary.source is not None, summary.name))
