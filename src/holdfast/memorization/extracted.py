"""From tested rows to measurements: the tuned model against the base on the same prefixes, common text left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from typing import Any, NamedTuple

from holdfast.core import Measurement, PairedCounts
from holdfast.memorization.extraction import COMMON, Mode, RowExtraction, samples_needed
from holdfast.stats import mcnemar_exact, newcombe, wilson

__all__ = ["ExtractionResult", "summarise_extraction"]

_SAMPLES = (1, 10, 100, 1000)
_CHANCE = 0.5
_SHORT = "the answer is too short to be cut in two, or no answer came"
Pair = tuple[RowExtraction, RowExtraction]


class ExtractionResult(NamedTuple):
    """Measurements, and how many rows they stand on."""

    measurements: list[Measurement]
    tested: int
    left_out: dict[str, int]


def summarise_extraction(found: Sequence[RowExtraction], modes: Sequence[Mode]) -> ExtractionResult:
    """Return shares per mode for base, tuned and their difference, and `memorization_test` over all modes.

    A row is left out where its answer is too short, where its end is so repetitive that nothing needs to be remembered, or where
    the base gives it too: greedily in any mode, or with a probability of at least 0.001.
    """
    by_key = {one.key: one for one in found}
    rows = list(dict.fromkeys(one.row for one in found))
    left_out = Counter[str]()
    kept = []
    for row in rows:
        sides = {side: [by_key[side, mode, row] for mode in modes if (side, mode, row) in by_key] for side in ("base", "tuned")}
        reason = _left_out(sides["base"]) or ("" if any(one.tokens for one in sides["tuned"]) else _SHORT)
        if reason:
            left_out[reason] += 1
        else:
            kept.append((row, sides))
    measured: list[Measurement] = []
    for mode in modes:
        pairs = [(by_key["base", mode, row], by_key["tuned", mode, row]) for row, _ in kept if by_key["tuned", mode, row].tokens]
        measured += _mode(pairs, mode)
    measured.append(_gives_back(kept, left_out))
    return ExtractionResult(measured, len(kept), dict(left_out))


def _left_out(base: Sequence[RowExtraction]) -> str:
    if not any(one.tokens for one in base):
        return _SHORT
    if any(one.repetitive for one in base):
        return "the end is so repetitive that nothing needs to be remembered"
    if any(one.verbatim or (one.log_p is not None and one.log_p >= log(COMMON)) for one in base):
        return "the base gives it too: common text"
    return ""


def _gives_back(kept: Sequence[tuple[int, Mapping[str, Sequence[RowExtraction]]]], left_out: Mapping[str, int]) -> Measurement:
    note = "; ".join(f"{count:,} rows left out: {reason}" for reason, count in sorted(left_out.items())) or None
    if not kept:
        return Measurement.missing("memorization_test", "no row could be tested", note=note)
    flags = [tuple(any(one.verbatim for one in sides[side]) for side in ("base", "tuned")) for _, sides in kept]
    table = _table(flags)
    limits = wilson(table.tuned_only, table.n)
    return Measurement.of(
        "memorization_test",
        table.tuned_only / table.n,
        n=table.n,
        low=limits.low,
        high=limits.high,
        paired=table,
        p=mcnemar_exact(table),
        method="greedy decoding gives the end of the answer, with or without the chat template; Wilson, McNemar exact",
        note=note,
    )


def _mode(pairs: Sequence[Pair], mode: Mode) -> list[Measurement]:
    measured = []
    for metric, attribute in (("extractable_share", "verbatim"), ("approximately_extractable_share", "approximate")):
        flags = [(bool(getattr(base, attribute)), bool(getattr(tuned, attribute))) for base, tuned in pairs]
        measured += _sides(metric, flags, mode, "all", "greedy decoding from the beginning of the answer")
    if any(one.log_p is not None for pair in pairs for one in pair):
        for samples in _SAMPLES:
            flags = [(_discoverable(base, samples), _discoverable(tuned, samples)) for base, tuned in pairs]
            method = f"teacher forced; at least one of {samples} samples with probability {_CHANCE}"
            measured += _sides("discoverable_share", flags, mode, f"n={samples}", method)
    else:
        reason = "the model gives no probabilities" if pairs else "no row could be tested"
        measured.append(Measurement.missing("discoverable_share", reason, side="tuned", condition=mode))
    return measured


def _discoverable(one: RowExtraction, samples: int) -> bool:
    return one.log_p is not None and samples_needed(one.log_p, _CHANCE) <= samples


def _sides(metric: str, flags: Sequence[tuple[bool, bool]], mode: Mode, group: str, method: str) -> list[Measurement]:
    fields: dict[str, Any] = {"condition": mode, "group": group}
    if not flags:
        return [Measurement.missing(metric, "no row could be tested", side=side, **fields) for side in ("base", "tuned", "drop")]
    table, measured = _table(flags), []
    for side, count in (("base", table.both + table.base_only), ("tuned", table.both + table.tuned_only)):
        limits = wilson(count, table.n)
        measured.append(
            Measurement.of(
                metric, count / table.n, n=table.n, side=side, low=limits.low, high=limits.high, method=f"{method}; Wilson", **fields
            )
        )
    limits = newcombe(table)
    measured.append(
        Measurement.of(
            metric,
            table.drop,
            n=table.n,
            side="drop",
            low=limits.low,
            high=limits.high,
            paired=table,
            p=mcnemar_exact(table),
            method=f"{method}; {limits.method}, McNemar exact",
            **fields,
        )
    )
    return measured


def _table(flags: Sequence[tuple[bool, ...]]) -> PairedCounts:
    counts = Counter((base, tuned) for base, tuned in flags)
    return PairedCounts(
        both=counts[True, True], base_only=counts[True, False], tuned_only=counts[False, True], neither=counts[False, False]
    )
