"""A drawn sample: its rows with their weights, and how each source was drawn."""

from __future__ import annotations

from typing import Literal

from holdfast.core import Value

__all__ = ["CorpusSample", "Design", "SampledRow", "SampledSource"]

Design = Literal["one pass", "two stages"]


class SampledRow(Value, frozen=True, kw_only=True):
    """One document of the sample. Its text is hostile and may be harmful."""

    id: str
    """Source, file and line: 'web/part-3.jsonl:17', or the byte where the line is not known: 'web/part-3.jsonl@70412'. Labels that
    people give name it."""
    source: str
    file: str
    line: int | None
    """Line, row or record in the file, from 1; None where only stretches of a large file were read, so that nobody counted."""
    offset: int | None = None
    """Where `line` is None, the byte of the file at which its line begins, from 0."""
    url: str | None = None
    weight: float
    """How many documents of the corpus it stands for: 1 over its expected number of draws."""
    draws: tuple[int, ...]
    """In which draws of its source it came up, from 0; in one pass the row itself is a draw."""
    text: str


class SampledSource(Value, frozen=True, kw_only=True):
    """How one source was drawn."""

    name: str
    design: Design
    """'one pass' read every document and kept a simple random sample. 'two stages' drew shards with a chance in proportion to
    their bytes, with replacement, and a simple random sample of rows in each draw."""
    shards: int
    bytes: int
    shards_read: int
    draws: int
    """Draws of shards; in one pass, rows."""
    rows: int
    """Rows in the sample, repeats counted."""
    documents: float
    """Documents of the source: counted in one pass, else estimated."""
    unreadable: int
    """Documents in what was read that could not be read."""


class CorpusSample(Value, frozen=True, kw_only=True):
    """The whole sample."""

    seed: int
    sources: tuple[SampledSource, ...]
    rows: tuple[SampledRow, ...]

    @property
    def documents(self) -> float:
        """Documents of the corpus, counted or estimated."""
        return sum(source.documents for source in self.sources)
