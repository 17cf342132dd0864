"""`--safety` and `--look-alikes`: from what a user names to safety rows."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import InputError
from holdfast.mitigate import SafetyRow, SafetySet, built_in, read_look_alikes, read_safety

__all__ = ["open_safety"]


def open_safety(reference: str | Path, look_alikes: str | Path | None = None, *, judge: str = "refusal") -> SafetySet:
    """Return the safety rows that `reference` names: 'builtin', 'lab' (for model organisms), or a file.

    `look_alikes` is a file, 'builtin', 'lab', or 'none'; None takes those of the same source, and the built-in ones for a file. Raises
    InputError for a file that cannot be read, or holds nothing that fits.
    """
    if str(look_alikes) == "none":
        refusals = _refusals(reference, judge)
        return SafetySet(name=refusals.name, rows=tuple(row for row in refusals.rows if row.refuses), notes=refusals.notes)
    chosen = _refusals(reference, judge)
    if look_alikes is None:
        if any(not row.refuses for row in chosen.rows):
            return chosen
        look_alikes = "builtin"
    named = {"builtin": built_in, "lab": _lab}.get(str(look_alikes))
    return chosen.with_look_alikes(named() if named else read_look_alikes(look_alikes, judge=judge))


def _refusals(reference: str | Path, judge: str) -> SafetySet:
    if str(reference) == "builtin":
        return built_in()
    if str(reference) == "lab":
        return _lab()
    path = Path(reference)
    if not path.exists() and not path.suffix:
        raise InputError(f"--safety {str(reference)!r}: expected builtin, lab, or a file of rows that refuse, and there is none.")
    return read_safety(path, judge=judge)


def _lab() -> SafetySet:
    from holdfast.lab.safety import safety_conversations

    refusals, answers = safety_conversations()
    rows = [
        SafetyRow(request=row[0].content, answers=(row[1].content,), refuses=declined)
        for declined, conversations in ((True, refusals), (False, answers))
        for row in conversations
    ]
    return SafetySet(name="lab", rows=tuple(rows))
