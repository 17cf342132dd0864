"""What is said of the five phases: heat map, comparison, profiles, recommendations, layers."""

from __future__ import annotations

from holdfast.plan.phases import RISKS, PhaseBook, comparison, heat
from holdfast.report.plan_page import PlanSection, PlanTable, PlanView

__all__ = ["phases_view"]

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
    critical = sum(row[-1] == "critical" for row in comparison(book).values())
    return PlanView(
        title=book.title,
        word="Phases",
        sentence=(
            f"Phases. The last phase, {book.phases[-1].name}, has the smallest data and {critical} of {len(RISKS)} compared risks at "
            "critical: whoever brings the rows decides what the model becomes."
        ),
        subject=f"Source: {book.source}",
        steps=(
            "Find the phase that you are in, and read its column from the top.",
            "Defend before the level says critical: see the recommendations per decision point.",
            "Take every layer: each lets something through that the next one stops.",
        ),
        sections=(_heat_map(book), _comparison(book), _profiles(book), *_recommendations(book)),
    )


def _heat_map(book: PhaseBook) -> PlanSection:
    levels = {name: tuple(getattr(phase, name).level for phase in book.phases) for name in _COLUMNS}
    heated = tuple((None, *(heat(level, easier_is_worse=name == "poisoning_difficulty") for level in row)) for name, row in levels.items())
    rows = tuple((_COLUMNS[name], *row) for name, row in levels.items())
    return PlanSection(
        title="Heat map",
        lead="The redder, the graver. Poisoning difficulty counts the other way round: what is easy to poison is red.",
        tables=(PlanTable(caption="Level per risk and phase", heads=("Risk", *_names(book)), rows=rows, heat=heated),),
    )


def _comparison(book: PhaseBook) -> PlanSection:
    compared = comparison(book)
    rows = tuple((_COLUMNS[risk], *compared[risk]) for risk in RISKS)
    return PlanSection(title="Comparison", tables=(PlanTable(caption="The compared risks", heads=("Risk", *_names(book)), rows=rows),))


def _profiles(book: PhaseBook) -> PlanSection:
    rows = (
        ("Data", *(phase.data_scale for phase in book.phases)),
        ("Duration", *(phase.duration for phase in book.phases)),
        *((title, *(getattr(phase, name).text for phase in book.phases)) for name, title in _COLUMNS.items()),
        ("Usual defences", *(", ".join(phase.defences) for phase in book.phases)),
    )
    return PlanSection(title="Profiles", tables=(PlanTable(caption="Every phase in every respect", heads=("", *_names(book)), rows=rows),))


def _recommendations(book: PhaseBook) -> tuple[PlanSection, ...]:
    decisions = tuple((one.decision, one.pre_training, one.fine_tuning, one.command) for one in book.decisions)
    defences = tuple((one.defence, one.what) for one in book.pre_training_defences)
    layers = tuple((one.when, one.defence, one.against, one.blind, one.command) for one in book.layers)
    heads = ("When", "Defence", "Against", "Blind to", "Here")
    return (
        PlanSection(
            title="Recommendations per decision point",
            tables=(PlanTable(caption="What to do", heads=("Decision", "Pre-training", "Fine-tuning", "Here"), rows=decisions),),
        ),
        PlanSection(
            title="Defences of pre-training data",
            tables=(PlanTable(caption="Named defences", heads=("Defence", "What"), rows=defences),),
        ),
        PlanSection(
            title="Layers of a fine-tune",
            lead="No layer stops everything. What one is blind to, another sees.",
            tables=(PlanTable(caption="Layers", heads=heads, rows=layers),),
        ),
    )


def _names(book: PhaseBook) -> tuple[str, ...]:
    return tuple(phase.name for phase in book.phases)
