"""What to do after a corpus run, most urgent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from holdfast.corpus.result import CorpusResult
from holdfast.report.hostile import line
from holdfast.report.scan_wording import share_text

__all__ = ["next_steps"]

_MUCH = 0.5
"""A share of a source above which one reason is worth a look at the rejected documents."""


def next_steps(found: CorpusResult) -> tuple[str, ...]:
    """Return one sentence per step."""
    return tuple(_steps(found))


def _steps(found: CorpusResult) -> Iterator[str]:
    loud = [one for one in found.signals if one.documents]
    if loud:
        subjects = ", ".join(dict.fromkeys(line(one.subject, limit=60) for one in loud[:3]))
        first = next((places[0] for places in found.examples if places), "SHARD:ROW")
        yield f"Look at the documents behind the signs of poisoning ({subjects}): holdfast provenance show CORPUS {first}."
        yield "Where a source or a host is poisoned, write the corpus without it: holdfast provenance retract."
    for one in found.sources:
        gone = Counter({reason.reason: reason.first for reason in found.reasons if reason.source == one.name})
        for reason, count in gone.most_common(1):
            if one.documents and count > _MUCH * one.documents:
                share = share_text(count / one.documents)
                yield (
                    f"Read some of rejected/: “{line(reason)}” took {share} of {line(one.name)}. Other thresholds need no new pass: "
                    "run again into a new folder with --measures CORPUS/measures."
                )
    if any(one.broken for one in found.sources):
        yield "See which documents could not be read, below, and whether their files are whole."
    yield "Check that nothing was changed on the way to the trainer: holdfast provenance verify CORPUS."
    if found.planted:
        yield "Watch the canaries while the model trains: holdfast corpus monitor CHECKPOINTS --canaries MANIFEST."
    else:
        yield "Plant canaries (the field canaries of the configuration) to see during training how much the model remembers."
