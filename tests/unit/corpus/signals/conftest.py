from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from holdfast.corpus.signals import collectors
from holdfast.corpus.spec import CorpusSpec, SignalSettings, SourceSpec
from holdfast.testing.held_corpus import Document, HeldWork, document_table

Measured = Callable[..., HeldWork]


@pytest.fixture
def measured(tmp_path: Path) -> Measured:
    """Measure documents as one source or several, some hundred per shard."""

    def make(*sources: Sequence[Document], per_shard: int = 700, settings: SignalSettings | None = None, batch: int = 256) -> HeldWork:
        spec = CorpusSpec(
            name="tested",
            sources=tuple(SourceSpec(name=f"source{place}", path=".", crawled="2026-10-01/2026-11-01") for place in range(len(sources))),
            signals=settings or SignalSettings(),
        )
        shards = [
            (place, document_table(documents[start : start + per_shard]))
            for place, documents in enumerate(sources)
            for start in range(0, len(documents), per_shard)
        ]
        return HeldWork(spec, shards, collectors(spec), tmp_path, batch=batch)

    return make
