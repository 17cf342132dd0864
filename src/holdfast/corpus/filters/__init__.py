"""Filters of plain documents, one kind per file: measures that are kept, and rules over them that may change."""

from holdfast.corpus.filters.filter import Documents, Filter
from holdfast.corpus.filters.opening import FILTERS, open_filters

__all__ = ["FILTERS", "Documents", "Filter", "open_filters"]
