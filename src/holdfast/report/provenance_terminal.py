"""Where rows came from, on a terminal. Names in a corpus are anybody's: each is made visible and escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from holdfast.report.hostile import line

if TYPE_CHECKING:
    from holdfast.provenance import Checked, CorpusDiff, Count, Holding, Retracted, Retraction, RowOrigin, Traced

__all__ = ["print_checked", "print_diff", "print_row", "print_traced", "print_written"]

_MOST = 20
_SHORT = 12
_LONGEST = 2000
_MB = 1_000_000


def print_row(row: RowOrigin, *, console: Console | None = None) -> None:
    """Print where one row came from; its text is not shown."""
    out = console or Console(emoji=False, highlight=False)
    state = "a canary, planted; the private manifest knows which" if row.canary else "kept"
    out.print(f"[bold]{_safe(row.shard)}:{row.row}[/] {state if row.kept else f'left out: {_safe(row.reason)}'}", soft_wrap=True)
    place = None if row.file is None else f"{row.file}:{row.line}"
    said = {
        "source": row.source,
        "file": place,
        "url": row.url,
        "host": row.host,
        "author": row.author,
        "date": _day(row.date),
        "crawled": row.crawled,
        "licence": row.licence or "not stated",
        "digest": f"{row.digest} (BLAKE2b-128)",
        "text": {True: "has this digest", False: "does NOT have this digest", None: "cannot be read"}[row.intact],
    }
    for name, value in said.items():
        if value is not None:
            out.print(f"{name:<8} {_safe(value)}", soft_wrap=True)
    table = Table("step", "version", "this row", "settings", box=None, pad_edge=False)
    for step in row.steps:
        table.add_row(_safe(step.name), _safe(step.version), step.did, _safe(_settings(step.settings)))
    out.print(table)


def print_traced(found: Traced, *, planned: bool = False, console: Console | None = None) -> None:
    """Print which shards and models hold rows of a source."""
    out = console or Console(emoji=False, highlight=False)
    holding = found.holding
    _print_holding(out, holding)
    out.print()
    if found.models:
        out.print(f"[bold]{len(found.models)} model{'s' * (len(found.models) != 1)} to look at again[/]")
        for model in found.models:
            shipped = f" [bold red]released as {_safe(', '.join(model.released))}[/]" if model.released else ""
            rows = f"{model.rows:,} rows in {len(model.shards)} shard{'s' * (len(model.shards) != 1)}; " if model.rows is not None else ""
            out.print(f"  {_safe(model.reference)}{f' ({model.id[:_SHORT]})' if model.id else ''}{shipped}", soft_wrap=True)
            out.print(f"    {rows}{_safe(model.said)}", soft_wrap=True)
    else:
        out.print("No known model was trained on these rows.")
    out.print(_safe(_looked(found)), soft_wrap=True)
    if planned:
        out.print(f"{len(holding.shards)} shards would be written anew. Nothing was written.")


def print_written(retraction: Retraction, *, console: Console | None = None) -> None:
    """Print what a retraction wrote."""
    out = console or Console(emoji=False, highlight=False)
    written = retraction.written
    if written is None:
        return
    out.print()
    out.print(f"New version: {_safe(written.folder)} ({written.corpus[:_SHORT]})", soft_wrap=True)
    for sentence in _sentences(written):
        out.print(sentence, soft_wrap=True)


def print_checked(found: Checked, *, console: Console | None = None) -> None:
    """Print what a check of a corpus found."""
    out = console or Console(emoji=False, highlight=False)
    for problem in found.problems:
        out.print(f"[bold red]{problem.what:<8}[/] {_safe(problem.file)}: {_safe(problem.said)}", soft_wrap=True)
    if found.not_covered:
        places = Counter(name.partition("/")[0] + "/" * ("/" in name) for name in found.not_covered)
        said = [f"{place} ({count} files)" if place.endswith("/") else place for place, count in sorted(places.items())]
        out.print(f"note: not of the corpus itself, and not checked: {_safe(', '.join(said[:_MOST]))}", soft_wrap=True)
    texts = "" if found.rows is None else f", {found.rows:,} texts held against their digests"
    word = "[green]whole[/]" if found.whole else f"[bold red]{len(found.problems)} of its files are not what they should be[/]"
    if found.whole:
        out.print(
            f"{_safe(found.name)} {found.corpus[:_SHORT]}: {word}, {found.files:,} files, {found.bytes / _MB:,.1f} MB of shards{texts}."
        )
    else:
        out.print(f"{_safe(found.name) or 'this corpus'}: {word}. Do not train on it.", soft_wrap=True)


def _field_changes(fields: Mapping[str, tuple[Any, Any]]) -> Iterator[str]:
    """Say what became of each field, of settings one by one; how many documents a step left out stands in a table of its own."""
    for name, (before, after) in fields.items():
        if name == "removed":
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            names = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
            yield from (f"{key} {_value(before, key)} to {_value(after, key)}" for key in names)
        else:
            yield f"{name} {before!r} to {after!r}"


def _value(settings: Mapping[str, Any], key: str) -> str:
    return repr(settings[key]) if key in settings else "its default"


def print_diff(found: CorpusDiff, *, console: Console | None = None) -> None:
    """Print what changed between two versions."""
    out = console or Console(emoji=False, highlight=False)
    made = f", its child: {_safe(found.why)}" if found.child else ""
    out.print(f"[bold]{found.old[:_SHORT]}[/] to [bold]{found.new[:_SHORT]}[/]{made}", soft_wrap=True)
    come = f" ({_safe(_sums(found.come_by_source))})" if found.come else ""
    gone = f" ({_safe(_sums(found.gone_by_source))})" if found.gone else ""
    out.print(f"rows {found.rows.before:,} to {found.rows.after:,}: {found.gone:,} gone{gone}, {found.come:,} come{come}", soft_wrap=True)
    for kind, changes in (("source", found.sources), ("step", found.steps)):
        for change in changes:
            fields = "; ".join(_field_changes(change.fields))
            if fields or change.what != "changed":
                out.print(f"{kind} {_safe(change.name)}: {change.what}{f' ({_safe(fields)})' if fields else ''}", soft_wrap=True)
    if found.order_changed:
        out.print("the steps that both have stand in another order")
    for title, counts in (("source", found.by_source), ("licence", found.by_licence), ("left out", found.by_reason)):
        changed = {name: count for name, count in counts.items() if count.before != count.after}
        if changed:
            out.print(_count_table(title, changed))
    for word, rows in (("gone", found.gone_rows), ("come", found.come_rows)):
        if rows:
            more = f" and {len(rows) - _MOST} more with --json" if len(rows) > _MOST else ""
            out.print(f"{word}: {_safe(', '.join(rows[:_MOST]))}{more}", soft_wrap=True)


def _print_holding(out: Console, holding: Holding) -> None:
    aside = f", {holding.rejected_rows:,} more left out of it" if holding.rejected_rows else ""
    out.print(
        f"[bold]{_safe(holding.wanted.said)}[/]: {holding.rows:,} rows in {len(holding.shards)} shards of {_safe(holding.name)}{aside}"
    )
    if holding.named > 1:
        more = f" and {holding.named - len(holding.names)} more" if holding.named > len(holding.names) else ""
        out.print(f"names: {_safe(', '.join(holding.names))}{more}", soft_wrap=True)
    table = Table("shard", box=None, pad_edge=False)
    for name in ("rows", "of"):
        table.add_column(name, justify="right")
    table.add_column("dates")
    table.add_column("licences")
    for held in holding.shards[:_MOST]:
        dates = " to ".join(dict.fromkeys(filter(None, (_day(held.first), _day(held.last))))) or "none"
        table.add_row(_safe(held.shard), f"{held.rows:,}", f"{held.of:,}", dates, _safe(_sums(held.licences)))
    if holding.shards:
        out.print(table)
    if len(holding.shards) > _MOST:
        out.print(f"and {len(holding.shards) - _MOST} more shards; --json has all")


def _sentences(written: Retracted) -> list[str]:
    dropped = f", {written.dropped} of which nothing was left are gone" if written.dropped else ""
    said = [
        f"{written.rows:,} rows taken out, and {written.rejected_rows:,} of those left out earlier.",
        f"{written.written} shards written anew{dropped}; {written.linked} files are the same as before.",
    ]
    if written.canaries:
        said.append(f"{written.canaries} planted rows in those shards stayed; their places in the private manifest are the old ones.")
    return said


def _looked(found: Traced) -> str:
    places = [f"the history {found.history}"] if found.history is not None else []
    places += [f"the models below {', '.join(found.searched)}"] if found.searched else []
    asked = " and ".join(places)
    if not asked:
        return "No models were looked for: the history is off. Name folders with --models, or a database with --history."
    return f"Asked: {asked}. A training elsewhere is known only if `holdfast provenance used` recorded it."


def _count_table(title: str, counts: Mapping[str, Count]) -> Table:
    table = Table(title, box=None, pad_edge=False)
    for name in ("before", "after", "change"):
        table.add_column(name, justify="right")
    for name, count in counts.items():
        table.add_row(_safe(name), f"{count.before:,}", f"{count.after:,}", f"{count.after - count.before:+,}")
    return table


def _sums(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {rows:,}" for name, rows in counts.items())


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _day(date: datetime | None) -> str | None:
    return None if date is None else f"{date:%Y-%m-%d}"


def _safe(text: object) -> str:
    return escape(line(str(text), limit=_LONGEST))
