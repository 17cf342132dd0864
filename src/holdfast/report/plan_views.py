"""What is said of phases, sources, alignment and few rows. It takes what plan/ knows and judges nothing."""

from __future__ import annotations

from holdfast.plan.alignment import AlignmentPath, alignment_book
from holdfast.plan.knowledge import Knowledge
from holdfast.plan.phases import RISKS, PhaseBook, comparison, heat
from holdfast.plan.sources import HIGH_FROM, Ranked, SourceBook
from holdfast.report.hostile import line
from holdfast.report.page import Fact
from holdfast.report.plan_charts import build_svg
from holdfast.report.plan_page import PlanSection, PlanTable, PlanView

__all__ = ["alignment_view", "phases_view", "sources_view", "why_view"]

_COLUMNS = {
    "poisoning_difficulty": "Poisoning difficulty",
    "poisoning_impact": "Poisoning impact",
    "supply_chain": "Supply chain",
    "insider": "Insider",
    "alignment": "Alignment risk",
    "memorization": "Memorization",
}


def phases_view(book: PhaseBook) -> PlanView:
    """Return the five phases, the comparison, the heat map, the recommendations and the layers."""
    names = tuple(phase.name for phase in book.phases)
    profiles = (
        ("Data", *(phase.data_scale for phase in book.phases)),
        ("Duration", *(phase.duration for phase in book.phases)),
        *((title, *(getattr(phase, name).text for phase in book.phases)) for name, title in _COLUMNS.items()),
        ("Usual defences", *(", ".join(phase.defences) for phase in book.phases)),
    )
    compared = comparison(book)
    levels = tuple(tuple(getattr(phase, name).level for phase in book.phases) for name in _COLUMNS)
    heated = tuple(
        (None, *(heat(level, easier_is_worse=name == "poisoning_difficulty") for level in row))
        for name, row in zip(_COLUMNS, levels, strict=True)
    )
    decisions = tuple((one.decision, one.pre_training, one.fine_tuning, one.command) for one in book.decisions)
    layers = tuple((one.when, one.defence, one.against, one.blind, one.command) for one in book.layers)
    critical = sum(level == "critical" for row in compared.values() for level in row[-1:])
    return PlanView(
        title=book.title,
        word="Phases",
        sentence=(
            f"Phases. The last phase, {names[-1]}, has the smallest data and {critical} of {len(RISKS)} compared risks at critical: "
            "whoever brings the rows decides what the model becomes."
        ),
        subject=f"Source: {book.source}",
        steps=(
            "Find the phase that you are in, and read its column from the top.",
            "Defend before the level says critical: see the recommendations per decision point.",
            "Take every layer: each lets something through that the next one stops.",
        ),
        sections=(
            PlanSection(
                title="Heat map",
                lead="The redder, the graver. Poisoning difficulty counts the other way round: what is easy to poison is red.",
                tables=(
                    PlanTable(
                        caption="Level per risk and phase",
                        heads=("Risk", *names),
                        rows=tuple((title, *row) for title, row in zip(_COLUMNS.values(), levels, strict=True)),
                        heat=heated,
                    ),
                ),
            ),
            PlanSection(
                title="Comparison",
                tables=(
                    PlanTable(
                        caption="The compared risks",
                        heads=("Risk", *names),
                        rows=tuple((_COLUMNS[risk], *compared[risk]) for risk in RISKS),
                    ),
                ),
            ),
            PlanSection(
                title="Profiles",
                tables=(
                    PlanTable(
                        caption="Every phase in every respect",
                        heads=("", *names),
                        rows=profiles,
                    ),
                ),
            ),
            PlanSection(
                title="Recommendations per decision point",
                tables=(PlanTable(caption="What to do", heads=("Decision", "Pre-training", "Fine-tuning", "Here"), rows=decisions),),
            ),
            PlanSection(
                title="Defences of pre-training data",
                tables=(
                    PlanTable(
                        caption="Named defences",
                        heads=("Defence", "What"),
                        rows=tuple((one.defence, one.what) for one in book.pre_training_defences),
                    ),
                ),
            ),
            PlanSection(
                title="Layers of a fine-tune",
                lead="No layer stops everything. What one is blind to, another sees.",
                tables=(PlanTable(caption="Layers", heads=("When", "Defence", "Against", "Blind to", "Here"), rows=layers),),
            ),
        ),
    )


def sources_view(book: SourceBook, ranked: tuple[Ranked, ...], *, own: str | None = None) -> PlanView:
    """Return sources by priority; `own` names the user's file, whose text is made visible first."""
    rows = tuple(
        (
            line(one.source.name, limit=100),
            str(one.priority),
            "first" if one.high else "standard",
            one.source.detection,
            line("; ".join(one.source.reasons), limit=300),
        )
        for one in ranked
    )
    ways = tuple(
        (
            line(one.source.name, limit=100),
            line(one.source.scale, limit=100),
            line(", ".join(one.source.access), limit=300),
            line(one.source.persistence, limit=200),
        )
        for one in ranked
    )
    examples = tuple(
        (line(one.source.name, limit=100), line("; ".join(one.source.examples), limit=600)) for one in ranked if one.source.examples
    )
    high = [line(one.source.name, limit=100) for one in ranked if one.high]
    first = f"Defend first: {', '.join(high)}" if high else f"No source has priority {HIGH_FROM} or more"
    heads = ("Source", ">Priority", "Defend", "Detection", "Why")
    return PlanView(
        title=line(book.title, limit=160),
        word="Sources",
        sentence=f"Sources. {first}.",
        subject=f"Source: {book.source}" + (f"; your own: {line(own, limit=200)}" if own else ""),
        steps=(
            "For each source to defend first: record where every row came from, and freeze what was checked.",
            "Filter, remove duplicates, and plant canaries, so that what is recalled can be measured: holdfast canary plant.",
            "Scan a sample of every source by itself: holdfast scan.",
        ),
        sections=(
            PlanSection(
                title="What to defend first",
                lead="Priority is how hard it is to see that a source was changed: very hard 4, hard 3, medium 2, easy 1, unknown 2.",
                tables=(PlanTable(caption="Sources by priority", heads=heads, rows=rows),),
            ),
            PlanSection(
                title="Ways in",
                tables=(PlanTable(caption="Ways in", heads=("Source", "Scale", "Attacker access", "Persistence"), rows=ways),),
            ),
            PlanSection(
                title="What has happened",
                tables=(PlanTable(caption="Examples", heads=("Source", "Examples"), rows=examples),) if examples else (),
            ),
        ),
    )


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


def why_view(known: Knowledge) -> PlanView:
    """Return why few rows are enough and why safety is the fragile part, with the published cases."""

    def table(caption: str, heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> tuple[PlanTable, ...]:
        return (PlanTable(caption=caption, heads=heads, rows=rows),)

    return PlanView(
        title=known.title,
        word="Why",
        sentence="Why. Refusals sit in a thin layer that few inputs use, so ten to a few hundred rows were enough to take them away.",
        subject=f"Source: {known.source}",
        steps=(
            "Do not take a small file for a harmless one: holdfast scan.",
            "Do not take harmless rows for a harmless fine-tune: holdfast compare.",
        ),
        sections=(
            PlanSection(
                title="Published cases",
                tables=table(
                    "Published cases",
                    ("Study", "Rows", "Model", "Cost", "What happened"),
                    tuple((one.study, one.rows, one.model, one.cost, one.result) for one in known.cases),
                ),
            ),
            PlanSection(
                title="Why few rows are enough",
                tables=table("Reasons", ("Reason", "What it means"), tuple((one.reason, one.what) for one in known.few_rows)),
            ),
            PlanSection(
                title="Why safety is more fragile than capability",
                tables=table(
                    "Capability against safety",
                    ("", "Capability", "Safety"),
                    tuple((one.aspect, one.capability, one.safety) for one in known.fragile),
                ),
            ),
            PlanSection(title="How the forgetting behaves", lines=known.forgetting),
            PlanSection(
                title="Sets made to remove refusals",
                tables=table(
                    "Attack sets", ("Set", "What it is", "Rows"), tuple((one.name, one.what, one.rows) for one in known.attack_sets)
                ),
            ),
            PlanSection(
                title="What people have in mind",
                tables=table(
                    "Intent", ("Intent", "What", "How common"), tuple((one.intent, one.what, one.frequency) for one in known.intents)
                ),
            ),
            PlanSection(
                title="What the composition tells the model",
                tables=table("Composition", ("Rows", "Safety"), tuple((one.composition, one.effect) for one in known.composition)),
            ),
            PlanSection(
                title="What is reported at a share of safety rows",
                tables=table(
                    "Safety share", ("Share", "Safety", "Task"), tuple((one.share, one.safety, one.task) for one in known.safety_shares)
                ),
            ),
            PlanSection(
                title="Where known defences end",
                tables=table("Defences", ("Defence", "Limit"), tuple((one.defence, one.limit) for one in known.defences)),
            ),
        ),
    )
