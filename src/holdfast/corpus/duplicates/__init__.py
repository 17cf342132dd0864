"""Duplicates over all shards of a corpus: exact ones, near ones (every pair verified), repeated lines."""

from holdfast.corpus.duplicates.find import Found, collectors, find_duplicates

__all__ = ["Found", "collectors", "find_duplicates"]
