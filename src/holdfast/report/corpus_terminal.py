"""A corpus run on a terminal: a few lines without a text of any document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from holdfast.corpus.result import CorpusResult
from holdfast.report.corpus_view import build_corpus_view
from holdfast.report.hostile import line
from holdfast.report.scan_wording import share_text

__all__ = ["corpus_lines"]

_REASONS = 6


def corpus_lines(found: CorpusResult) -> Iterator[str]:
    """Yield what a terminal shows."""
    view = build_corpus_view(found)
    yield view.sentence
    for one in found.sources:
        share = share_text(one.kept / one.documents) if one.documents else "no document"
        unreadable = f", {one.broken:,} unreadable" if one.broken else ""
        yield f"  {line(one.name)}: {one.kept:,} of {one.documents:,} kept ({share}){unreadable}"
    gone: Counter[str] = Counter()
    for reason in found.reasons:
        gone[reason.reason] += reason.first
    for name, count in gone.most_common(_REASONS):
        if count:
            yield f"  {count:>12,}  {line(name)}"
    for note in view.notes:
        yield f"  note: {note}"
    for signal in view.signals:
        yield f"  look at: {signal.kind.lower()}, {signal.subject} ({signal.source}), {signal.documents} documents"
