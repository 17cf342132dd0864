"""Filters of plain documents, one kind per file: measures that are kept, and rules over them that may change."""

from holdfast.corpus.filters.filter import Documents, Filter
from holdfast.corpus.filters.opening import FILTERS, notes, open_filters

__all__ = ["FILTERS", "Documents", "Filter", "notes", "open_filters"]
