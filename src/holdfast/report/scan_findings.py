"""What the detectors found and where, kind by kind, as lines that are ready to print."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import Finding, Severity
from holdfast.plugins import DetectorCard
from holdfast.report.hostile import excerpt, line
from holdfast.report.page import Accent
from holdfast.report.scan_page import DetectorView, KindView, WorstRow
from holdfast.report.scan_wording import ACCENTS, LANGUAGES, card_text, count_of, interval_text, place, places, share_text
from holdfast.report.wording import decimals_that_show_the_side
from holdfast.scan.facts import KindSummary, ScanResult

__all__ = ["detector_views", "detectors_that_ran", "severity_counts"]

_GRAVITY = (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.GOOD)
_MOST_WORST = 10
_EXCERPT = 400


def detector_views(result: ScanResult, *, good: bool) -> tuple[DetectorView, ...]:
    """Return the detectors that found defects, gravest first; or, `good`, those that found rows that keep the model safe."""
    by_card: dict[str, list[KindSummary]] = {}
    for kind in result.kinds:
        if (kind.severity is Severity.GOOD) == good:
            by_card.setdefault(kind.card.label, []).append(kind)
    start = "good" if good else "found"
    ordered = sorted(by_card.values(), key=lambda kinds: min(_GRAVITY.index(kind.severity) for kind in kinds))
    return tuple(_view(kinds[0].card, kinds, f"{start}-{number}") for number, kinds in enumerate(ordered, 1))


def detectors_that_ran(result: ScanResult) -> tuple[DetectorView, ...]:
    """Return all detectors that ran, each with its blind spots, also those that found nothing."""
    views = []
    for number, card in enumerate(result.detectors, 1):
        kinds = [kind for kind in result.kinds if kind.card.label == card.label]
        views.append(_view(card, kinds, f"detector-{number}"))
    return tuple(views)


def severity_counts(kinds: Sequence[KindSummary]) -> str:
    """Return how many findings there are of each severity, good rows left out: '12 high, 31 medium'."""
    counts = [(severity, sum(kind.count for kind in kinds if kind.severity is severity)) for severity in _GRAVITY[:-1]]
    return ", ".join(f"{count:,} {severity.value}" for severity, count in counts if count)


def _view(card: DetectorCard, kinds: Sequence[KindSummary], anchor: str) -> DetectorView:
    gravest = min((kind.severity for kind in kinds), key=_GRAVITY.index, default=None)
    accent: Accent = "none" if gravest is None else ACCENTS[gravest]
    count = sum(kind.count for kind in kinds)
    return DetectorView(
        anchor=anchor,
        title=line(card.title, limit=100),
        label=f"{line(card.id, limit=30)} {line(card.label, limit=80)}",
        accent=accent,
        word="" if gravest is None else gravest.value,
        what=card_text(card.what),
        why=card_text(card.why),
        fix=card_text(card.fix),
        languages=", ".join(LANGUAGES.get(code, line(code, limit=40)) for code in card.languages),
        blind_spots=tuple(line(spot, limit=400) for spot in card.blind_spots),
        kinds=tuple(_kind_view(kind) for kind in kinds),
        found=count_of(count, "finding") if count else "nothing found",
    )


def _kind_view(kind: KindSummary) -> KindView:
    worst = kind.worst[:_MOST_WORST]
    explanations = list(dict.fromkeys(line(finding.explanation, limit=500) for finding in worst))
    shared = explanations[0] if len(explanations) == 1 else ""
    name = line(kind.kind.replace("-", " ").replace("_", " "), limit=60)
    return KindView(
        name=name[:1].upper() + name[1:],
        accent=ACCENTS[kind.severity],
        word=kind.severity.value,
        rows=f"{kind.rows:,}" if kind.rows else "all",
        count=count_of(kind.rows, "row") if kind.rows else "the whole set",
        share="" if kind.share is None else share_text(kind.share.value),
        interval="" if kind.share is None else interval_text(kind.share.low, kind.share.high),
        places=places(worst, kind.rows),
        explanation=shared,
        worst=tuple(_worst_row(finding, shared) for finding in worst),
        shown=count_of(len(worst), "finding") if kind.count <= len(worst) else f"The {len(worst)} gravest of {kind.count:,} findings",
    )


def _worst_row(finding: Finding, shared: str) -> WorstRow:
    said = line(finding.explanation, limit=500)
    related = f" Repeats {place(finding.related)}." if finding.related else ""
    return WorstRow(
        place=place(finding.record),
        score="" if finding.score is None else decimals_that_show_the_side(finding.score, 0.0, 1.0, least=2),
        explanation=("" if said == shared else said) + related,
        excerpt=excerpt(finding.excerpt, head=_EXCERPT, tail=0),
    )
