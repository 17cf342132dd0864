"""What the tests of filters share: one filter, its measures and its reasons for some texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from holdfast.corpus.filters import Documents, Filter, open_filters
from holdfast.corpus.steps import Trained


def opened(name: str, **settings: Any) -> Filter:
    """The filter, ready to measure."""
    (one,) = open_filters({name: settings})
    assert not isinstance(one, Trained)
    return one


def batch(texts: Sequence[str]) -> Documents:
    return Documents(pa.array(texts, pa.large_string()))


def measures(name: str, *texts: str, **settings: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = opened(name, **settings).measure(batch(texts)).to_pylist()
    return rows


def reasons(name: str, text: str, **settings: Any) -> set[str]:
    one = opened(name, **settings)
    return {reason for reason, taken in one.decide(one.measure(batch([text]))).items() if taken[0]}
