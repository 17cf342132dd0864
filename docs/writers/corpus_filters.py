"""The page of corpus filters, from the filters themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docs.writers.markdown import code, page, table
from docs.writers.source import field_table, prose

from holdfast.corpus.filters import FILTERS

__all__ = ["corpus_filters_page"]


def corpus_filters_page() -> str:
    """Return the page of filters: an overview, then the measures and the settings of each."""
    return page(
        "Corpus filters",
        "the filters themselves",
        "A filter measures every document once and takes those that are beyond its thresholds. In the configuration of "
        "`holdfast corpus run` it stands under `filters`, by its name, with the settings that differ from the defaults. A threshold may "
        "change without a new pass over the texts; a setting that says so measures again. `null` leaves a rule out, and no rule takes "
        "a document whose measure is null. How they read a text, how they were measured and what they miss is told in "
        "[Corpus filters](../explanation/corpus-filters.md).",
        table(("filter", "version", "source"), ((_link(name), code(kind.version), kind.source) for name, kind in FILTERS.items())),
        *(part for name, kind in FILTERS.items() for part in _filter(name, kind)),
    )


def _link(name: str) -> str:
    return f"[{code(name)}](#{name})"


def _filter(name: str, kind: type[Any]) -> Iterator[str]:
    yield f"## {name}"
    yield prose(kind)
    yield f"Version {kind.version}. Source: {kind.source}."
    yield table(("measure", "meaning"), ((code(measure), meaning) for measure, meaning in kind.measures.items()))
    yield field_table(kind).replace("| field |", "| setting |", 1)
