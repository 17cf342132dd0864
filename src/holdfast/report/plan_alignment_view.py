"""What is said of how safety is built and undone."""

from __future__ import annotations

from holdfast.plan.alignment import AlignmentPath, alignment_book
from holdfast.report.page import Fact
from holdfast.report.plan_charts import build_svg
from holdfast.report.plan_page import PlanSection, PlanTable, PlanView

__all__ = ["alignment_view"]


def alignment_view(path: AlignmentPath) -> PlanView:
    """Return safety stage by stage, its cost, and the asymmetry."""
    book, stages = alignment_book(), path.stages
    rows = tuple((stage.name, f"{stage.safety:.2f}", f"{stage.cost:g}", f"{stage.data:g}", f"{stage.vulnerability:g}") for stage in stages)
    formulas = tuple((text.name, text.formula) for text in book.stages)
    given = tuple((name.replace("_", " "), f"{getattr(path.inputs, name):g}") for name in path.inputs.__struct_fields__)
    lost = stages[-2].safety - stages[-1].safety
    return PlanView(
        title=book.title,
        word="Asymmetry",
        sentence=(
            f"Asymmetry. Building safety costs {path.build_cost:g}, taking {lost:.2f} of {stages[-2].safety:.2f} away again costs "
            f"{path.undo_cost:g}: {path.asymmetry:,.0f} times less."
        ),
        subject=f"Source: {book.source}",
        figures=(
            Fact(name="built", text=f"{stages[-2].safety:.2f}", note="safety after RLHF, 0 to 1"),
            Fact(name="left", text=f"{stages[-1].safety:.2f}", note="after adversarial fine-tuning"),
            Fact(name="asymmetry", text=f"{path.asymmetry:,.0f}", note="cost to build over cost to undo"),
        ),
        steps=(
            "Read it as a picture: no number in it was measured on a model.",
            "Defend the last stage, which is the cheapest to attack: holdfast plan advise.",
            "Measure your own model before and after: holdfast compare.",
        ),
        sections=(
            PlanSection(
                title="Built and undone",
                lead=book.caution,
                chart=build_svg(path),
                tables=(PlanTable(caption="Safety per stage", heads=("Stage", ">Safety", ">Cost", ">Data", ">Vulnerability"), rows=rows),),
            ),
            PlanSection(title="Formulas", tables=(PlanTable(caption="Formulas", heads=("Stage", "Safety"), rows=formulas),)),
            PlanSection(title="Inputs", tables=(PlanTable(caption="Inputs", heads=("Input", ">Value"), rows=given),)),
        ),
    )
