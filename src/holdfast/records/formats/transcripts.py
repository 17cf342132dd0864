"""Whether the texts of a file are transcripts, told by a sample of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from holdfast.records.formats.format import Columns, Detected, Roles, Row
from holdfast.records.formats.marks.families import family_named
from holdfast.records.formats.marks.openings import Marks
from holdfast.records.formats.prompt import PROMPT
from holdfast.records.formats.prompt_completion import PROMPT_COMPLETION
from holdfast.records.formats.text import TEXT
from holdfast.records.formats.transcript import TRANSCRIPT

__all__ = ["tell_transcripts"]

_MOST = 0.5
"""From this share of the sampled texts on, a file holds transcripts; below it each text that surely is one is still read as one."""

_LOOKED_AT = 100_000
"""Characters of a text by which its family is told."""


def tell_transcripts(
    rows: Sequence[Row], name: str, columns: Mapping[str, str], roles: Roles, *, named: str | None, mapped: Columns
) -> Detected | str:
    """Return that a file holds transcripts, where most of its first rows do, or a remark on those that do.

    `name` and `columns` are what its columns tell. Texts are looked at where that is plain text, nothing but a prompt, or a prompt and
    a completion of which one is always blank, unless the user named another format than transcripts or said which column is the request.
    """
    column = _column_of(name, columns, named, mapped) or _only_side(rows, name, columns, named, mapped)
    if column is None:
        return ""
    marks = Marks(roles)
    texts = [text[:_LOOKED_AT] for row in rows if isinstance(text := row.get(column), str) and text.strip()]
    families = Counter(family for text in texts if (family := marks.tell(text)))
    if families and (named is not None or families.total() >= _MOST * len(texts)):
        kept = {field: other for field, other in columns.items() if field == "annotator"}
        usual = families.most_common(1)[0][0]
        return Detected(
            format=TRANSCRIPT.name, columns={"text": column, **kept}, why=_why(families, column, len(rows), named), family=usual
        )
    sure = sum(1 for text in texts if marks.cut(text) is not None) if name == TEXT.name else 0
    return f"; {sure} of them hold turns and are read as transcripts" if sure else ""


def _column_of(name: str, columns: Mapping[str, str], named: str | None, mapped: Columns) -> str | None:
    if named is not None and named != TRANSCRIPT.name:
        return None
    if name in (TRANSCRIPT.name, TEXT.name):
        return columns["text"]
    if name == PROMPT.name and "request" not in mapped and columns.keys() <= {"request", "annotator"}:
        return columns["request"]
    return None


def _only_side(rows: Sequence[Row], name: str, columns: Mapping[str, str], named: str | None, mapped: Columns) -> str | None:
    """Return the column of the prompt or of the completion where the other one is blank in every row."""
    fields = {"request", "answer"}
    if (
        named not in (None, TRANSCRIPT.name)
        or name != PROMPT_COMPLETION.name
        or fields & mapped.keys()
        or not columns.keys() <= fields | {"annotator"}
    ):
        return None
    filled = [columns[field] for field in sorted(fields) if any(row.get(columns[field]) not in (None, "") for row in rows)]
    return filled[0] if len(filled) == 1 else None


def _why(families: Counter[str], column: str, rows: int, named: str | None) -> str:
    (usual, count), *others = families.most_common()
    told = "asked for" if named else "told by the marks of turns"
    more = f", and {sum(number for _, number in others)} others" if others else ""
    return f"{told} in {column!r}: {usual}, {family_named(usual).marks} ({count} of the first {rows} rows{more})"
