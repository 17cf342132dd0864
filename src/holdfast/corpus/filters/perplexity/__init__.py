"""Perplexity under a small n-gram model of words that is trained on a sample of the corpus itself."""

from holdfast.corpus.filters.perplexity.filter import Perplexity, TrainedPerplexity

__all__ = ["Perplexity", "TrainedPerplexity"]
