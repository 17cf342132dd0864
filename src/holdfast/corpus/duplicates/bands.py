"""What the measuring pass keeps of every document for its comparison with others: words, and a key per MinHash band."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from holdfast.corpus.duplicates.planted import Planted
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.spec import DuplicateSettings
from holdfast.similarity.minhash import BANDS, band_keys

__all__ = ["BAND_COLUMNS", "Bands"]

BAND_COLUMNS = tuple(f"band{band:02d}" for band in range(BANDS))


class Bands:
    """Keeps `words` (0 for a text without words and for a canary) and, for near duplicates, 14 band keys: 116 bytes per document.

    Args:
        settings: of the run's duplicates.
    """

    name: ClassVar[str] = "bands"
    version: ClassVar[str] = "1"

    def __init__(self, settings: DuplicateSettings) -> None:
        self._near = settings.near is not None
        self._planted = Planted(settings.canaries)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return whether there are keys, and which canaries are left alone; another threshold needs no new pass."""
        return {"near": self._near, "canaries": sorted(self._planted.digests)}

    def collect(self, documents: Documents, facts: pa.Table) -> pa.Table:
        """Return one row per document, in the order of `facts`."""
        words = documents.words
        counts = np.minimum(words.counts, np.iinfo(np.uint32).max).astype(np.uint32)
        counts[self._planted.documents(documents, facts["content"].to_numpy())] = 0
        columns = {"words": pa.array(counts)}
        if self._near:
            keys = band_keys(words)
            columns |= {name: pa.array(np.ascontiguousarray(keys[:, band])) for band, name in enumerate(BAND_COLUMNS)}
        return pa.table(columns)
