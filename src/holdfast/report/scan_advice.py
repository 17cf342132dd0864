"""What to do with a scanned file: the detectors' own remedies in the order of gravity, then the safety share, then what is open."""

from __future__ import annotations

from holdfast.core import Decision, Severity
from holdfast.report.gates import severity
from holdfast.report.hostile import line
from holdfast.report.scan_page import ScanPage
from holdfast.report.scan_safety import MINIMAL_LOSS_FROM, rows_to_reach
from holdfast.report.scan_sentences import measurement_of
from holdfast.report.scan_wording import card_text, count_of, place, places, share_text
from holdfast.report.sentences import gate_sentence
from holdfast.scan.facts import KindSummary

__all__ = ["scan_steps"]

_MOST_PLACES = 5
_MOST_REMEDIES = 6
"""A list that nobody reads to its end says nothing; the rest stands among the findings."""
_ORDER = (Severity.HIGH, Severity.MEDIUM)


def scan_steps(given: ScanPage) -> tuple[str, ...]:
    """Return what to do now, most urgent first; never empty."""
    decision = given.verdict.decision
    steps: list[str] = []
    if decision is Decision.FAIL:
        steps.append("Do not train on this data as it is.")
    elif decision is Decision.UNDECIDED:
        steps.append("Do not train on this evidence: undecided is not a pass.")
    steps += _remedies(given)
    steps += _more_safety(given)
    steps += _open(given)
    if decision is Decision.PASS:
        steps.append(
            "Keep this page with the data. It speaks only for the bytes whose digests stand below; scan again after any change, and "
            "measure the model after training, since benign data can break a model too."
        )
    else:
        steps.append("Scan the mended file again, and measure the model after training: benign data can break a model too.")
    return tuple(steps)


def _remedies(given: ScanPage) -> list[str]:
    """Return one step per detector with grave or moderate findings: what, how many, where, and its card's own remedy.

    Those whose numbers fail a gate come first, blocking gates before others.
    """
    by_card: dict[str, list[KindSummary]] = {}
    for wanted in _ORDER:
        for kind in given.result.kinds:
            if kind.severity is wanted:
                by_card.setdefault(kind.card.label, []).append(kind)
    blocked, warned = (_failed_by(given, blocking=blocking) for blocking in (True, False))
    ordered = sorted(by_card, key=lambda label: (label not in blocked, label not in warned))
    steps = [_remedy(by_card[label]) for label in ordered[:_MOST_REMEDIES]]
    if len(ordered) > _MOST_REMEDIES:
        steps.append(f"See to {count_of(len(ordered) - _MOST_REMEDIES, 'more kind')} of high or medium severity, under Findings.")
    return steps


def _failed_by(given: ScanPage, *, blocking: bool) -> frozenset[str]:
    """Return the detectors whose numbers fail a gate."""
    failed = [gate for gate in given.verdict.gates if gate.decision is Decision.FAIL and gate.blocking is blocking]
    return frozenset(source for gate in failed for measured in gate.measurements for source in measured.sources)


def _remedy(kinds: list[KindSummary]) -> str:
    worst = [finding for kind in kinds for finding in kind.worst]
    count, where = sum(kind.count for kind in kinds), places(worst, sum(kind.rows for kind in kinds), most=_MOST_PLACES)
    card = kinds[0].card
    return f"{line(card.title, limit=100)} ({count_of(count, 'finding')}{f': {where}' if where else ''}). {card_text(card.fix)}"


def _more_safety(given: ScanPage) -> list[str]:
    found = measurement_of(given, "safety_share")
    if found is None or found.value is None or not found.n or found.value >= MINIMAL_LOSS_FROM:
        return []
    missing = rows_to_reach(MINIMAL_LOSS_FROM, safe=found.value, rows=found.n)
    return [
        f"Add rows that refuse harmful requests, in the format and under the system prompts of this data: now {share_text(found.value)} "
        f"of rows keep the model safe. {count_of(missing, 'more such row')} would make it 10 %, where the literature reports minimal "
        "loss of safety at a slight cost to the task."
    ]


def _open(given: ScanPage) -> list[str]:
    result, steps = given.result, []
    if result.bad_row_count:
        them = "it" if result.bad_row_count == 1 else "them"
        first = "" if not result.bad_rows else f" The first is {place(f'{result.bad_rows[0].source}:{result.bad_rows[0].line}')}."
        steps.append(f"Mend {count_of(result.bad_row_count, 'row')} that could not be read: nothing is known of {them}.{first}")
    undecided = [gate for gate in given.verdict.gates if severity(gate) == "undecided"]
    steps += [f"Settle what is open. {gate_sentence(gate)}" for gate in undecided]
    if result.notes and not undecided:
        what = line(result.notes[0], limit=300).rstrip(".")
        more = f" ({count_of(len(result.notes) - 1, 'more note')} below)" if len(result.notes) > 1 else ""
        steps.append(f"Mind what was not assessed: {what}{more}.")
    return steps
