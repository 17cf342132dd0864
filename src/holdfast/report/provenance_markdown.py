"""A retraction as Markdown: what was taken out, why, and which models to look at again, for a ticket or a report to people outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.report.hostile import line
from holdfast.report.markdown import escape, markdown_table

if TYPE_CHECKING:
    from holdfast.provenance import ModelHolding, Retraction, Traced

__all__ = ["retraction_markdown"]

_MOST = 50
_LONGEST = 400


def retraction_markdown(retraction: Retraction) -> str:
    """Return a report; every name in it is escaped."""
    traced, written = retraction.traced, retraction.written
    holding = traced.holding
    said = f"{escape(line(holding.wanted.said))}: {holding.rows:,} rows in {len(holding.shards)} shards of {escape(line(holding.name))}"
    parts = [
        f"## Retracted: {escape(line(holding.wanted.value))}" if written else f"## To retract: {escape(line(holding.wanted.value))}",
        f"{said}.",
    ]
    if retraction.why:
        parts.append(f"Why: {escape(line(retraction.why, limit=_LONGEST))}")
    versions = f"Version before: `{holding.corpus}`."
    if written is not None:
        versions += (
            f" Version without: `{written.corpus}` ({written.rows:,} rows and {written.rejected_rows:,} left out earlier taken out)."
        )
    parts += [versions, _models(traced), _shards(traced), *_notes(retraction)]
    return "\n\n".join(parts) + "\n"


def _models(traced: Traced) -> str:
    if not traced.models:
        looked = traced.history is not None or traced.searched
        return "### Models\n\n" + ("No known model was trained on these rows." if looked else "No models were looked for.")
    head = ["model", "fingerprint", ">rows", "how it is known", "released as"]
    rows = [_row(model) for model in traced.models]
    return "### Models to look at again\n\n" + markdown_table(head, rows)


def _row(model: ModelHolding) -> list[str]:
    unknown = "its parent's" if model.how == "made from" else "not known"
    rows = unknown if model.rows is None else f"{model.rows:,}"
    said = [line(text, limit=_LONGEST) for text in (model.reference, model.said, ", ".join(model.released))]
    return [said[0], (model.id or "not taken")[:12], rows, said[1], said[2]]


def _shards(traced: Traced) -> str:
    held = traced.holding.shards
    rows = [[line(one.shard), f"{one.rows:,}", f"{one.of:,}"] for one in held[:_MOST]]
    more = f"\n\nand {len(held) - _MOST} more." if len(held) > _MOST else ""
    return "### Shards\n\n" + markdown_table(["shard", ">rows", ">of"], rows) + more


def _notes(retraction: Retraction) -> list[str]:
    notes = [
        "Documents of other sources that were left out as copies of these rows do not come back; run the corpus again without the source "
        "if they should.",
        "A model that was trained on these rows keeps what it learned: taking them out of the data changes no weights.",
    ]
    canaries = retraction.traced.holding.canaries
    if canaries:
        notes.append(f"{canaries} planted rows lie in these shards. They stay, and their places in the private manifest are the old ones.")
    return ["### Notes\n\n" + "\n".join(f"- {note}" for note in notes)]
