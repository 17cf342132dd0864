"""The page of detectors, from their own cards."""

from __future__ import annotations

from collections.abc import Iterator

from docs.writers.markdown import code, page, table
from docs.writers.plugins import shipped
from docs.writers.source import sentence_list

from holdfast.plugins import DetectorCard, ScanOptions, load

__all__ = ["detectors_page"]


def detectors_page() -> str:
    """Return the page of detectors: an overview and each one's card."""
    made = (load("detector", name)(ScanOptions()).card for name in shipped("detector"))
    cards = sorted(made, key=lambda card: (card.id, card.name))
    return page(
        "Detectors",
        "the detectors' own cards",
        "A detector looks for one defect in training data. `holdfast scan` runs all of them; `--only NAME` and `--skip NAME` choose. "
        "What they were measured to find, and to miss, is told in [What a scan can see](../explanation/what-a-scan-can-see.md).",
        table(("id", "detector", "severity", "what"), ((card.id, _link(card), card.severity.value, card.title) for card in cards)),
        *(part for card in cards for part in _card(card)),
    )


def _link(card: DetectorCard) -> str:
    return f"[{code(card.name)}](#{card.name})"


def _card(card: DetectorCard) -> Iterator[str]:
    yield f"## {card.name}"
    yield f"{card.title}. {card.id}, version {card.version}, severity {card.severity.value}. Languages: {', '.join(card.languages)}."
    yield f"What it checks for: {card.what}"
    yield f"Why it matters: {card.why}"
    yield f"What to do: {card.fix}"
    if card.blind_spots:
        yield "Blind spots:"
        yield sentence_list(card.blind_spots)
