"""The language of documents, by script and function words."""

from holdfast.corpus.filters.language.filter import Language

__all__ = ["Language"]
