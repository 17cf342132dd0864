"""The page of what `plan` knows: every table that ships, and the fields of a user's own files."""

from __future__ import annotations

from docs.writers.markdown import code, page, table
from docs.writers.source import field_table, sentence_list

from holdfast.plan.advising import advice_book
from holdfast.plan.alignment import AlignmentInputs, build_and_undo
from holdfast.plan.calibrated import estimator
from holdfast.plan.configs import SmallConfig
from holdfast.plan.knowledge import knowledge
from holdfast.plan.outcomes import Outcome
from holdfast.plan.phases import phases
from holdfast.plan.sources import DataSource, rank, sources
from holdfast.report.plan_alignment_view import alignment_view
from holdfast.report.plan_page import PlanSection, PlanView
from holdfast.report.plan_phases_view import phases_view
from holdfast.report.plan_sources_view import sources_view
from holdfast.report.plan_why_view import why_view

__all__ = ["planning_page"]


def planning_page() -> str:
    """Return the page of the knowledge behind `holdfast plan`."""
    views = {
        "plan phases": phases_view(phases()),
        "plan sources": sources_view(sources(), rank(sources().sources)),
        "plan alignment": alignment_view(build_and_undo(AlignmentInputs())),
        "plan why": why_view(knowledge()),
    }
    return page(
        "What plan knows",
        "`holdfast/plan/shipped/*.yaml`",
        "The tables behind [`holdfast plan`](../how-to/plan-a-fine-tune.md). They are the source article's, with the papers that it cites; "
        "levels and shares are its judgement and no measurement of ours.",
        *(part for command, view in views.items() for part in _view(command, view)),
        "## Domains of data",
        "`holdfast plan advise --domain NAME`, or found in the data.",
        table(
            ("domain", "puts at risk", "categories to look at", "safety rows", "source"),
            ((one.name, one.risk, ", ".join(map(code, one.categories)), one.safety_rows, one.source) for one in advice_book().domains),
        ),
        "## The calibrated estimator",
        f"Fitted on {estimator().organisms} lab organisms; [how, and how far it errs](../explanation/risk-estimate.md). Its limits:",
        sentence_list(estimator().limits),
        "## Fields of a plan",
        "`holdfast plan estimate CONFIG` and `advise` read these, or a config of TRL, Axolotl, LLaMA-Factory or `holdfast train`:",
        field_table(SmallConfig),
        "## Columns of past outcomes",
        "`holdfast plan estimate CONFIG --outcomes FILE.csv` reads one fine-tune per line:",
        field_table(Outcome),
        "## Fields of a source",
        "`holdfast plan sources SOURCES.yaml` reads a list `sources` of these:",
        field_table(DataSource),
    )


def _view(command: str, view: PlanView) -> list[str]:
    return [
        f"## {view.title}",
        f"`holdfast {command}`. {view.subject}.",
        *(part for section in view.sections for part in _section(section)),
    ]


def _section(section: PlanSection) -> list[str]:
    parts = [f"### {section.title}", *([section.lead] if section.lead else [])]
    parts += [table([head.removeprefix(">") for head in one.heads], one.rows) for one in section.tables]
    return [*parts, *(["\n".join(f"- {one}" for one in section.lines)] if section.lines else [])]
