"""Filters of plain documents, one kind per file: measures that are kept, and rules over them that may change."""
