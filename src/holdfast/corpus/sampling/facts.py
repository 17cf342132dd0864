"""What a sample audit says. No text of a document is in it."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import Value, check_seed
from holdfast.corpus.sampling.estimating import DefectEstimate
from holdfast.corpus.sampling.sample import SampledSource

__all__ = ["SampleAudit", "SampleSpec"]


class SampleSpec(Value, frozen=True, kw_only=True):
    """What is asked."""

    given: str
    """A configuration (YAML), a corpus folder or a source."""
    n: int = 1000
    seed: int = 0
    budget: int = 1 << 30
    """Bytes to read, about."""
    confidence: float = 0.95
    format: str | None = None
    text: str = "text"
    labels: Path | None = None

    def __post_init__(self) -> None:
        """Refuse a seed that cannot be; raises InputError."""
        check_seed(self.seed, "--seed")


class SampleAudit(Value, frozen=True, kw_only=True):
    """Estimates of every defect, for the whole and for each source."""

    title: str
    n: int
    """Documents in the sample."""
    documents: float
    """Of the corpus, counted or estimated."""
    exact: bool
    """True where every document was counted."""
    sources: tuple[SampledSource, ...]
    estimates: tuple[DefectEstimate, ...]
    """Filters and detectors; 'all' before the sources."""
    labelled: tuple[DefectEstimate, ...] = ()
    """From labels that people gave."""
    labelled_rows: int = 0
    confidence: float
    notes: tuple[str, ...]
    command: str
    version: str
    seed: int
