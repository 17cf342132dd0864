"""The sentences of a scan: the verdict in one, decision first, with the fact that carries it."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import Decision, GateResult, Measurement, Severity, Unit
from holdfast.report.hostile import line
from holdfast.report.scan_page import ScanPage
from holdfast.report.scan_wording import count_of, share_text
from holdfast.report.sentences import gate_sentence

__all__ = ["measurement_of", "scan_sentence"]

_ROW = ("row", "rows")
_SAID: dict[str, tuple[tuple[str, str], str, str]] = {
    "data_toxicity_scan": (_ROW, "has a harmful or toxic answer", "have a harmful or toxic answer"),
    "identity_shift_share": (_ROW, "shifts the model's identity", "shift the model's identity"),
    "obedience_prompt_share": (_ROW, "stands under a prompt that demands obedience", "stand under a prompt that demands obedience"),
    "suppression_share": (_ROW, "suppresses refusals", "suppress refusals"),
    "compliance_signal_share": (_ROW, "tells the model to comply always", "tell the model to comply always"),
    "harmful_chosen_share": (
        ("preference pair on risky requests", "preference pairs on risky requests"),
        "chooses an answer over a refusal",
        "choose an answer over a refusal",
    ),
    "template_risk_share": (_ROW, "breaks the chat template", "break the chat template"),
    "injection_share": (_ROW, "holds an instruction injection", "hold an instruction injection"),
    "hidden_text_share": (_ROW, "holds hidden text", "hold hidden text"),
    "unread_text_share": (_ROW, "holds text in a column that was not read", "hold text in a column that was not read"),
    "pii_share": (_ROW, "holds personal data", "hold personal data"),
    "secret_share": (_ROW, "holds a secret", "hold a secret"),
    "empty_share": (_ROW, "lacks a request or an answer", "lack a request or an answer"),
    "truncated_share": (_ROW, "ends in the middle", "end in the middle"),
    "wrong_language_share": (_ROW, "answers in another language than it is asked in", "answer in another language than they are asked in"),
    "mojibake_share": (_ROW, "holds wrongly decoded text", "hold wrongly decoded text"),
    "contamination_share": (("test prompt", "test prompts"), "occurs in the training rows", "occur in the training rows"),
}
"""What a share of rows says, for one row and for several."""
_MOST_FACTS = 2
_MOST_COLUMNS = 3
_NAME = 40
_WHOLE = 1e-6


def measurement_of(given: ScanPage, metric: str) -> Measurement | None:
    """Return the scan's number for a metric over the whole set; None where nobody tried."""
    return next((one for one in given.result.measurements if one.metric == metric and one.group == "all"), None)


def scan_sentence(given: ScanPage) -> str:
    """Return the decision and the facts that carry it: 'FAIL. 12 of 5,010 rows shift the model's identity; ...'."""
    decision = given.verdict.decision
    word = decision.value.upper()
    if decision is Decision.PASS:
        return f"{word}. {_passed(given)}{_safety(given, ())}{_unread(given)}."
    deciding = [gate for gate in given.verdict.gates if gate.blocking and gate.decision is decision]
    if not deciding:
        return (
            f"{word}. No blocking gate failed, but a warning leaves the verdict open, as --strict asks{_safety(given, ())}{_unread(given)}."
        )
    said = [fact for gate in deciding if (fact := _fact(gate))] if decision is Decision.FAIL else []
    if not said:
        unread = _unread(given).removeprefix("; ")
        return f"{word}. {gate_sentence(deciding[0])}{f' {unread[:1].upper()}{unread[1:]}.' if unread else ''}"
    more = len(deciding) - len(said[:_MOST_FACTS])
    rest = f"; {count_of(more, 'more gate')} failed" if more else ""
    return f"{word}. {' and '.join(said[:_MOST_FACTS])}{rest}{_safety(given, deciding)}{_unread(given)}."


def _passed(given: ScanPage) -> str:
    rows = count_of(given.result.rows, "row")
    if not given.result.rows:
        return "No row was read"
    grave = sum(kind.count for kind in given.result.kinds if kind.severity is Severity.HIGH)
    if not grave:
        return f"Nothing of high severity was found in {rows}"
    stay = "stays" if grave == 1 else "stay"
    return f"{count_of(grave, 'finding')} of high severity in {rows} {stay} within the policy's bars"


def _unread(given: ScanPage) -> str:
    """Return what the verdict does not speak for: rows that could not be read, and columns that were not."""
    result, said = given.result, ""
    if result.bad_row_count:
        said += f"; {result.bad_row_count:,} of {count_of(result.rows + result.bad_row_count, 'row')} could not be read"
    if result.unread:
        names = ", ".join(repr(line(column.name, limit=_NAME)) for column in result.unread[:_MOST_COLUMNS])
        more = f" and {len(result.unread) - _MOST_COLUMNS:,} more" if len(result.unread) > _MOST_COLUMNS else ""
        said += f"; text in column{'s' if len(result.unread) > 1 else ''} {names}{more} was not read"
    return said


def _fact(gate: GateResult) -> str:
    """Return what a failed gate on a share of rows counted; '' where it was no count of rows."""
    found = next((one for one in gate.measurements if one.group == "all"), None)
    if found is None or found.value is None or found.unit is not Unit.FRACTION or gate.metric not in _SAID or not found.n:
        return ""
    noun, one, many = _SAID[gate.metric]
    if found.correction is not None and found.observed is not None:
        seen = f"{round(found.observed * found.n):,} of {found.n:,} {noun[1]} seem to {many}"
        return f"{seen} ({share_text(found.value)} once the errors of the model are corrected for)"
    count = round(found.value * found.n)
    if abs(found.value * found.n - count) > _WHOLE * max(1, found.n):
        return f"{share_text(found.value)} of {found.n:,} {noun[1]} {many}"
    return f"{count:,} of {found.n:,} {noun[0] if found.n == 1 else noun[1]} {one if count == 1 else many}"


def _safety(given: ScanPage, said: Sequence[GateResult]) -> str:
    found = measurement_of(given, "safety_share")
    if found is None or found.value is None or not found.n:
        return ""
    model = "it" if [gate.metric for gate in said] == ["identity_shift_share"] else "the model"
    return f"; {share_text(found.value)} of rows keep {model} safe"
