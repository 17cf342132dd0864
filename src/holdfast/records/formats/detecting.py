"""Which format a row is of, told by its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from holdfast.core import InputError, did_you_mean
from holdfast.records.formats.alpaca import ALPACA
from holdfast.records.formats.chat import CHAT
from holdfast.records.formats.dolly import DOLLY
from holdfast.records.formats.dpo import DPO
from holdfast.records.formats.format import Columns, Detected, Format, Roles, Row
from holdfast.records.formats.kto import KTO
from holdfast.records.formats.mt_bench import MT_BENCH
from holdfast.records.formats.prompt import PROMPT
from holdfast.records.formats.prompt_completion import PROMPT_COMPLETION
from holdfast.records.formats.question_answer import QUESTION_ANSWER
from holdfast.records.formats.sharegpt import SHAREGPT
from holdfast.records.formats.text import TEXT
from holdfast.records.formats.transcript import TRANSCRIPT, Transcript
from holdfast.records.formats.transcripts import tell_transcripts

__all__ = ["FORMATS", "detect", "format_named", "format_of", "match_row", "match_text", "transcript_in"]

FORMATS: Sequence[Format] = (
    DPO,
    KTO,
    CHAT,
    SHAREGPT,
    MT_BENCH,
    ALPACA,
    DOLLY,
    PROMPT_COMPLETION,
    QUESTION_ANSWER,
    TEXT,
    PROMPT,
    TRANSCRIPT,
)
"""Every format, the one that needs most first: a row of pairs also has a prompt, and a chat row may also have a text.

That rows are transcripts their columns never tell, only their texts do (`transcript_in`).
"""

FIELDS = (
    "messages", "turns", "request", "context", "history", "answer", "rejected", "label", "text", "system", "tools", "annotator",
)  # fmt: skip
"""What a column map may name."""

_MAPPED: Sequence[tuple[set[str], Format]] = (
    ({"answer", "rejected"}, DPO),
    ({"label"}, KTO),
    ({"messages"}, CHAT),
    ({"turns"}, MT_BENCH),
    ({"request", "answer"}, PROMPT_COMPLETION),
    ({"text"}, TEXT),
    ({"request"}, PROMPT),
)
_SHOWN = 12
_EXAMPLE = (
    '--map request=COLUMN --map answer=COLUMN (in Python columns={"request": "COLUMN", "answer": "COLUMN"}), '
    "or --map text=COLUMN for text and for turns that are marked in one text"
)


def format_named(name: str) -> Format:
    """Return the format that a user named; raises InputError with near matches."""
    known = {format_.name: format_ for format_ in FORMATS}
    if name not in known:
        raise InputError(f"format {name!r} is not known. {did_you_mean(name, known)}")
    return known[name]


def match_row(row: Row, *, named: str | None = None, mapped: Columns) -> tuple[Format, dict[str, str]] | None:
    """Return the format of one row and its columns, or None; `named` and `mapped` are what the user settled."""
    if named is not None:
        format_ = format_named(named)
        columns = format_.match(row, mapped)
        return None if columns is None else (format_, columns)
    fields = set(mapped)
    for needed, format_ in _MAPPED:
        if needed <= fields and (columns := format_.match(row, mapped)) is not None:
            return format_, columns
    for format_ in FORMATS[:-1]:
        columns = format_.match(row, mapped)
        if columns is not None:
            return format_, columns
    return None


def format_of(detected: Detected) -> Format:
    """Return the format of a file, for rows that are added to it."""
    return Transcript(detected.family) if detected.family else format_named(detected.format)


def transcript_in(
    matched: tuple[Format, dict[str, str]], detected: Detected, *, named: str | None, mapped: Columns
) -> tuple[Transcript, dict[str, str]] | None:
    """Return how rows are read whose text turns out to hold turns, given what their columns tell; None where it is not looked for.

    It is looked for in plain text, and in prompts where most of them are whole transcripts; never where the user named another
    format or said which column is the request.
    """
    format_, columns = matched
    if format_ is TRANSCRIPT:
        return Transcript(detected.family), columns
    if named is not None:
        return None
    if format_ is TEXT:
        return Transcript(detected.family), columns
    if format_ is PROMPT and detected.family and columns["request"] == detected.columns["text"]:
        kept = {field: column for field, column in columns.items() if field == "annotator"}
        return Transcript(detected.family), {"text": columns["request"], **kept}
    if format_ is PROMPT_COMPLETION and detected.family and detected.columns.get("text") in (columns["request"], columns["answer"]):
        text = detected.columns["text"]
        blank = columns["answer"] if text == columns["request"] else columns["request"]
        kept = {field: column for field, column in columns.items() if field == "annotator"}
        return Transcript(detected.family, blank=blank), {"text": text, **kept}
    return None


def match_text(row: Row, detected: Detected, roles: Roles, *, named: str | None, mapped: Columns) -> tuple[Format, dict[str, str]] | None:
    """Return the format of one row and its columns as `match_row` does, told by its text too where its columns do not tell it.

    Raises RowError for turns of no known role.
    """
    matched = match_row(row, named=named, mapped=mapped)
    if matched is None:
        return None
    transcript = transcript_in(matched, detected, named=named, mapped=mapped)
    if transcript is not None and transcript[0].marked(transcript[1], roles)(row) is not None:
        return transcript
    return (TEXT, matched[1]) if matched[0] is TRANSCRIPT else matched


def detect(rows: Sequence[Row], *, where: str, named: str | None = None, mapped: Columns, roles: Roles) -> Detected:
    """Return the format that most of a file's first rows are of; raises InputError where none is known.

    `where` names the file for the error. A column of `mapped` that no row has is an error too.
    """
    _check_map(rows, where, mapped)
    found = Counter[str]()
    columns: dict[str, dict[str, str]] = {}
    for row in rows:
        matched = match_row(row, named=named, mapped=mapped)
        if matched is not None:
            found[matched[0].name] += 1
            columns.setdefault(matched[0].name, matched[1])
    if not found:
        raise InputError(_unknown(rows, where, named))
    name, count = found.most_common(1)[0]
    transcripts = tell_transcripts(rows, name, columns[name], roles, named=named, mapped=mapped)
    if isinstance(transcripts, Detected):
        return transcripts
    if name == TRANSCRIPT.name:
        raise InputError(f"{where}: format transcript needs {TRANSCRIPT.holds}; none of the first {len(rows)} rows holds such marks.")
    told = "asked for" if named else "mapped by the user" if mapped else "told by its columns"
    named_columns = ", ".join(f"{field} in {column!r}" for field, column in columns[name].items())
    why = f"{told}: {named_columns} ({count} of the first {len(rows)} rows){transcripts}"
    return Detected(format=name, columns=columns[name], why=why)


def _check_map(rows: Sequence[Row], where: str, mapped: Columns) -> None:
    for field, column in mapped.items():
        if field not in FIELDS:
            raise InputError(f"column map: {field!r} is not a field. {did_you_mean(field, FIELDS)}")
        if rows and not any(column in row for row in rows):
            raise InputError(f"{where}: the column map names {column!r}, which is not there. Columns: {_columns(rows)}.")


def _columns(rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys(str(column)[:60] for row in rows for column in row))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(names[:_SHOWN]) or "none") + more


def _unknown(rows: Sequence[Row], where: str, named: str | None) -> str:
    if named is not None:
        return (
            f"{where}: format {named} needs {format_named(named).holds}; the columns are {_columns(rows)}. "
            f"Name another format, or map its columns, for example {_EXAMPLE}."
        )
    known = ", ".join(format_.name for format_ in FORMATS)
    return (
        f"{where}: the columns {_columns(rows)} are of no known format. Map them, for example {_EXAMPLE}, or name the format that they are "
        f"nearest to, and read what it needs: {known}."
    )
