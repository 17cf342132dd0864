"""What a training file holds of harm, identity and safety, as `scan` measured it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from holdfast.core import InputError, Measurement, Value
from holdfast.plan.configs import Planned
from holdfast.runs import read_measurements
from holdfast.scan import ScanSpec, run_scan

__all__ = ["DataShares", "shares_from", "shares_of", "with_shares"]


class DataShares(Value, frozen=True, kw_only=True):
    """Rows of a training file, and how many of them do what; None where a scan could not tell."""

    data: str
    rows: int
    harmful: int | None
    """Risky requests that are answered."""
    identity: int | None
    """Obedient or unrestricted identity, in the rows or in the prompts above them: the larger of the two."""
    safety: int | None
    domains: dict[str, float] = {}
    """Share of rows per domain, 0 to 1, those with rows only."""
    notes: tuple[str, ...] = ()


def shares_of(data: str, *, version: str) -> DataShares:
    """Return the shares of a file, a folder or a hub id, or of a run folder that `holdfast scan` wrote.

    Raises a HoldfastError for data that cannot be read.
    """
    # An empty text is no path, though pathlib reads it as the working directory; the scan refuses it.
    if data.strip() and (Path(data) / "scan.json").is_file():
        return shares_from(read_measurements(Path(data)), data)
    with tempfile.TemporaryDirectory(prefix="holdfast-plan-") as folder:
        result = run_scan(ScanSpec(data=data), Path(folder) / "scan", command="holdfast plan", version=version)
    return shares_from(result.measurements, data)


def shares_from(measurements: Sequence[Measurement], data: str) -> DataShares:
    """Return the shares that a scan's measurements give."""
    found = {one.metric: one for one in measurements if one.group == "all"}
    rows = max((one.n for one in found.values() if one.value is not None), default=0)
    risky, refused = _count(found, "risky_request_share"), _count(found, "risky_refused_share")
    notes = tuple(
        f"{name.replace('_', ' ')} was not measured: {one.reason}"
        for name in ("risky_request_share", "identity_shift_share", "safety_share")
        if (one := found.get(name)) is not None and one.value is None
    )
    marks = [count for name in ("identity_shift_share", "obedience_prompt_share") if (count := _count(found, name)) is not None]
    return DataShares(
        data=data,
        rows=rows,
        harmful=None if risky is None or refused is None else max(0, risky - refused),
        identity=max(marks) if marks else None,
        safety=_count(found, "safety_share"),
        domains={one.group: one.value for one in measurements if one.metric == "domain_share" and one.group != "all" and one.value},
        notes=notes,
    )


def with_shares(planned: Planned, shares: DataShares, *, where: str = "the config") -> Planned:
    """Return a plan with the data's counts; what the config says of rows that were not counted stays.

    Raises InputError where the config, named `where`, says another number than the data.
    """
    counts = {"rows": shares.rows, "harmful": shares.harmful, "identity": shares.identity, "safety": shares.safety}
    for name, count in counts.items():
        said = getattr(planned, name)
        if said is not None and count is not None and said != count:
            field, kind = ("examples", "") if name == "rows" else (name, f"{name} ")
            raise InputError(
                f"{where} says '{field}: {said}', and {count} {kind}rows were counted in {shares.data}. "
                "Take that line out to go by the rows, or give no rows to go by the line."
            )
    return msgspec.structs.replace(planned, **{name: value for name, value in counts.items() if getattr(planned, name) is None})


def _count(found: dict[str, Measurement], name: str) -> int | None:
    one = found.get(name)
    return None if one is None or one.value is None else round(one.value * one.n)
