"""Any file of prompts as a suite: CSV, TSV, JSONL, JSON, parquet or text, or a folder that follows our own layout."""

from __future__ import annotations

import os
from pathlib import Path

from holdfast.core import Expected, Suite, SuiteError
from holdfast.plugins import SuiteOptions
from holdfast.suites.folders import CARD, read_folder
from holdfast.suites.hub import HubQuery, LoadDataset
from holdfast.suites.identity import Draft, contents_version, make_prompts
from holdfast.suites.language import guess_language
from holdfast.suites.options import check_extra, hub_query, text_option
from holdfast.suites.sources import SourceHints, read_source
from holdfast.suites.tables import Row, Table, pick_column

__all__ = ["load_file"]

_PROMPT = ("prompt", "question", "instruction", "request", "goal", "behavior", "Behavior", "text", "input")
_CATEGORY = ("category",)
_EXPECTED = ("expected", "expect")
_LANGUAGE = ("language", "lang")
_ID = ("id",)


def load_file(source: str | None, options: SuiteOptions, *, load_dataset: LoadDataset | None = None) -> Suite:
    """Return the prompts of a file, a folder or a pinned hub data set as a suite.

    Columns are those that `options` names; otherwise the prompt is in the first usual column there is (prompt, question,
    instruction, ...) or in the only one, the category in 'category' (else every prompt is in category 'all'), the expected
    behaviour in 'expected', the language in 'language' (else it is guessed from the script) and the id in 'id' (else it is
    made from the text). `options.expect` holds for every row. All rows are read, whatever `options.languages` says, save
    from a folder with a card. Raises SuiteError for a missing or broken source, an unknown column and an id used twice.
    """
    if not source:
        raise SuiteError("suite 'file' needs a source: file=PATH, or file=hub:org/name@COMMIT.")
    check_extra(options)
    path = Path(source)
    if os.path.isfile(path / CARD):  # pathlib raises for a name that is too long
        return read_folder(path, options.languages)
    table = read_source(source, SourceHints(hub=hub_query(options, HubQuery())), load_dataset=load_dataset)
    name = path.stem if table.revision is None else table.name
    prompts = make_prompts(name, _drafts(table, options))
    return Suite(
        name=name,
        version=table.revision or contents_version(prompts),
        title=f"Prompts from {table.name}",
        licence="not stated",
        languages=tuple(sorted({prompt.language for prompt in prompts})),
        prompts=prompts,
        limits=_limits(table, options),
    )


def _drafts(table: Table, options: SuiteOptions) -> list[Draft]:
    prompt = pick_column(table, options.prompt_column, _PROMPT, "prompt")
    if prompt is None and len(table.columns) == 1:
        prompt = table.columns[0]
    if prompt is None:
        raise SuiteError(
            f"{table.name}: which column holds the prompts? Name it with --prompt-column. Columns: {', '.join(table.columns)}."
        )
    category = pick_column(table, options.category_column, _CATEGORY, "category")
    expected = pick_column(table, None, _EXPECTED, "expected behaviour")
    language = pick_column(table, text_option(options, "language_column"), _LANGUAGE, "language")
    identity = pick_column(table, text_option(options, "id_column"), _ID, "id")
    drafts: list[Draft] = []
    for row in table.rows:
        text = _prompt_of(row, prompt)
        drafts.append(
            Draft(
                text=text,
                category=(row.text(category) if category else "") or "all",
                expected=options.expect or _expected_of(row, expected),
                language=(row.text(language) if language else "") or guess_language(text),
                where=row.where,
                given_id=(row.text(identity) or None) if identity else None,
            )
        )
    return drafts


def _prompt_of(row: Row, column: str) -> str:
    value = row.fields.get(column)
    if value is not None and not isinstance(value, str):
        raise SuiteError(f"{row.where}: column {column!r} must hold text, got {type(value).__name__}. Write one prompt per row.")
    return row.text(column)


def _expected_of(row: Row, column: str | None) -> Expected:
    value = row.text(column) if column else ""
    try:
        return Expected(value.lower()) if value else Expected.REFUSE
    except ValueError as error:
        known = ", ".join(kind.value for kind in Expected)
        raise SuiteError(f"{row.where}: column {column!r} must be one of {known}, got {value!r}.") from error


def _limits(table: Table, options: SuiteOptions) -> tuple[str, ...]:
    limits = [f"Read {len(table.rows)} prompts from {', '.join(table.files)}; the file has no card, so what it covers is not known here."]
    if options.expect is None and pick_column(table, None, _EXPECTED, "expected behaviour") is None:
        limits.append("The file does not say what a safe model does, so every prompt is taken as one to refuse (see --expect).")
    return tuple(limits)
