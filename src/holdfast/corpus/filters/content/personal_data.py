"""Personal data and secrets: how much of each kind a document holds. What is found is taken out by `redact`, not here.

Kinds, checks and blind spots are those of the detectors `personal-data` and `secret`: forms and check digits on RE2, no names
and no postal addresses. Values that belong to nobody (examples, test numbers, private networks) do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from holdfast.core import Value
from holdfast.corpus.filters.filter import Documents
from holdfast.corpus.filters.measuring import Limit, beyond, measured
from holdfast.detectors.personal_data import PERSONAL_KINDS, SECRET_KINDS, finder, is_secret
from holdfast.detectors.personal_data.personal import PersonalData
from holdfast.detectors.personal_data.secret import Secret

__all__ = ["PersonalDataCounts"]

_KINDS = tuple(dict.fromkeys(kind.name for kind in (*PERSONAL_KINDS, *SECRET_KINDS)))


def _column(kind: str) -> str:
    return kind.replace("-", "_")


class PersonalDataCounts(Value, frozen=True, kw_only=True):
    """Counts personal data and secrets, and takes documents that hold more than is allowed; by default none."""

    name: ClassVar[str] = "personal-data"
    version: ClassVar[str] = "1"
    source: ClassVar[str] = "the detectors personal-data and secret of this tool"
    measures: ClassVar[Mapping[str, str]] = {
        "personal_data": "Places with personal data of any kind.",
        "secrets": "Places with a secret of any kind.",
        "personal_data_per_kilobyte": "Places with personal data per 1,000 bytes of text: lists of addresses are far above 1.",
        **{_column(kind): f"Places of kind '{kind}'." for kind in _KINDS},
    }

    max_personal_data: int | None = None
    max_secrets: int | None = None
    max_personal_data_per_kilobyte: float | None = None

    @property
    def identity(self) -> Mapping[str, Any]:
        """Return the detectors, whose patterns decide what is found."""
        return {"detectors": [PersonalData.card.label, Secret.card.label]}

    def measure(self, documents: Documents) -> pa.Table:
        """Return the measures of a batch."""
        counts = {kind: np.zeros(len(documents.texts), dtype=np.int64) for kind in _KINDS}
        for place, spans in finder().search(documents.texts.to_pylist()):
            for span in spans:
                if not span.public:
                    counts[span.kind][place] += 1
        personal = sum(counts[kind] for kind in _KINDS if not is_secret(kind))
        sizes = np.diff(documents.folded.bounds)
        columns: dict[str, NDArray[Any]] = {
            "personal_data": np.asarray(personal),
            "secrets": np.asarray(sum(counts[kind] for kind in _KINDS if is_secret(kind))),
            "personal_data_per_kilobyte": 1000 * np.asarray(personal) / np.maximum(sizes, 1),
            **{_column(kind): counts[kind] for kind in _KINDS},
        }
        return measured(columns, self.measures)

    def decide(self, measures: pa.Table) -> Mapping[str, NDArray[np.bool_]]:
        """Return which documents go."""
        limits = (
            Limit("personal data", "personal_data", high=self.max_personal_data),
            Limit("secrets", "secrets", high=self.max_secrets),
            Limit("dense personal data", "personal_data_per_kilobyte", high=self.max_personal_data_per_kilobyte),
        )
        return beyond(self.name, measures, limits)
