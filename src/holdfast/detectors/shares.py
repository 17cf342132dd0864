"""Shares of rows as measurements."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core import Measurement
from holdfast.plugins import DetectorCard
from holdfast.stats import JudgeAccuracy, correct_share, wilson

__all__ = ["corrected_share_of", "share", "share_of"]


def share(metric: str, flagged: pa.ChunkedArray, card: DetectorCard, **fields: Any) -> Measurement:
    """Return the share of rows with a true flag; rows with a null flag are left out."""
    return share_of(metric, int(pc.sum(flagged).as_py() or 0), int(len(flagged) - flagged.null_count), card, **fields)


def share_of(metric: str, count: int, n: int, card: DetectorCard, **fields: Any) -> Measurement:
    """Return `count` of `n` rows as a measurement with Wilson's interval, or why there is none.

    The interval treats the rows as a sample of what their source would give; the errors of the detector are not in it.
    """
    if not n:
        return Measurement.missing(metric, "no row could be assessed", sources=(card.label,), **fields)
    limits = wilson(count, n)
    return Measurement.of(
        metric,
        count / n,
        n=n,
        low=limits.low,
        high=limits.high,
        confidence=limits.confidence,
        method=f"{limits.method} over rows",
        sources=(card.label,),
        **fields,
    )


def corrected_share_of(metric: str, count: int, n: int, card: DetectorCard, accuracy: JudgeAccuracy | None, **fields: Any) -> Measurement:
    """Return `share_of`, corrected for how often what flags rows is right (Rogan and Gladen 1978); the counted share is `observed`.

    It stays as counted where nobody measured how often that is, or where it hardly beats guessing; `correction` says which.
    """
    counted = share_of(metric, count, n, card, **fields)
    if accuracy is None or counted.value is None:
        return counted
    corrected = correct_share(counted.value, wilson(count, n), accuracy)
    if corrected.value is None or corrected.interval is None:
        return msgspec.structs.replace(counted, correction=f"as counted: {corrected.reason}")
    return msgspec.structs.replace(
        counted,
        value=corrected.value,
        low=corrected.interval.low,
        high=corrected.interval.high,
        method=f"{corrected.interval.method} over rows",
        observed=counted.value,
        correction=(
            f"corrected for sensitivity {accuracy.sensitivity:.3f} (n {accuracy.positives}) and specificity "
            f"{accuracy.specificity:.3f} (n {accuracy.negatives}) on held-out requests (card of request-risk)"
        ),
    )
