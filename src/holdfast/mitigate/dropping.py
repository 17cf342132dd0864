"""`drop`: training data without the rows that a ranking put on top, and the configuration to repeat the run with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from holdfast import __version__
from holdfast.core import InputError, Value, digest_file, pretty_json
from holdfast.records import Dataset, open_dataset
from holdfast.runs import write_atomically
from holdfast.training.config import TrainConfig

__all__ = ["Dropped", "drop", "read_queue"]


class _Queued(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a review queue, as far as it matters here; its other columns are ignored."""

    id: str
    row: int
    pull: float | None = None


class _Queue(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[_Queued, ...]


class Dropped(Value, frozen=True, kw_only=True):
    """What was written."""

    path: str
    record: str
    config: str | None
    """The configuration of the repeated run; None where none was given."""
    rows: int
    """Rows that are left."""
    dropped: int
    ids: tuple[str, ...]
    """'FILE:LINE' of the dropped rows, the strongest pull first."""
    unranked: int
    """Rows that the ranking could not weigh; they stay."""
    notes: tuple[str, ...] = ()


def read_queue(path: Path) -> list[_Queued]:
    """Read the queue that `holdfast drift --rank` wrote (.jsonl, .json or .parquet), in its order; raises InputError for anything else."""
    try:
        if path.suffix == ".parquet":
            rows = msgspec.convert(pq.read_table(path).to_pylist(), list[_Queued])
        elif path.suffix == ".jsonl":
            rows = msgspec.json.Decoder(_Queued).decode_lines(path.read_bytes())
        else:
            rows = list(msgspec.json.decode(path.read_bytes(), type=_Queue).rows)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except (msgspec.ValidationError, msgspec.DecodeError, pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a ranking of rows, as `holdfast drift --rank` writes it ({str(error)[:120]}).") from error
    if not rows:
        raise InputError(f"{path}: the ranking holds no rows.")
    return rows


def drop(
    data: str | Path,
    ranking: str | Path,
    out: str | Path,
    *,
    share: float | None = None,
    count: int | None = None,
    config: TrainConfig | None = None,
    format: str | None = None,  # the word that people use for it
    columns: Mapping[str, str] | None = None,
) -> Dropped:
    """Write the data without the rows that a ranking put on top, `OUT.drop.json` as the record, and `OUT.train.yaml` to repeat the run.

    `share` of all rows, above 0 to below 1, or `count` rows: one of the two. Rows that stay keep every byte. `config` is the training that
    used the data; its repetition reads the new file and writes to another folder. A ranking is triage: whether leaving rows out helped
    is known when the repeated run was compared. Raises InputError for a ranking of other data, and where nothing or everything would go.
    """
    target = Path(out)
    record, again = target.with_name(f"{target.name}.drop.json"), target.with_name(f"{target.name}.train.yaml")
    for taken in (record, *((again,) if config is not None else ())):
        if taken.exists():
            raise InputError(f"{taken}: exists already. Name a new file, or move this one away.")
    queue = read_queue(Path(ranking))
    dataset = open_dataset(data, format=format, columns=columns)
    total = dataset.count()
    weighed = [row for row in queue if row.pull is not None]
    wanted = _wanted(share, count, total)
    if wanted > len(weighed):
        raise InputError(f"{ranking}: {wanted:,} rows are to be dropped, and the ranking weighed {len(weighed):,}. Ask for fewer.")
    top = weighed[:wanted]
    _check_same(dataset, top, total, str(ranking))
    gone = {row.row for row in top}
    written = dataset.rewrite(target, lambda number: number not in gone)
    done = Dropped(
        path=str(target),
        record=str(record),
        config=str(again) if config is not None else None,
        rows=written.kept,
        dropped=written.dropped,
        ids=tuple(row.id for row in top),
        unranked=len(queue) - len(weighed),
        notes=_notes(top),
    )
    facts: dict[str, Any] = {
        "kind": "holdfast drop",
        "holdfast": __version__,
        "source": [{"name": file.source, "sha256": file.digest} for file in dataset.files],
        "ranking": digest_file(Path(ranking)),
        "written": {"name": target.name, "sha256": digest_file(target) if target.is_file() else ""},
        "dropped": list(done.ids),
    }
    write_atomically(record, pretty_json(facts))
    if config is not None:
        write_atomically(again, config_text(msgspec.structs.replace(config, data=str(target), out=f"{config.out}-without-{done.dropped}")))
    return done


def config_text(config: TrainConfig) -> bytes:
    """Return a configuration as YAML, with what differs from the defaults alone."""
    usual = msgspec.to_builtins(TrainConfig(model="", data="", out=""))
    return yaml.safe_dump(_changed(msgspec.to_builtins(config), usual), sort_keys=False, allow_unicode=True).encode()


def _changed(values: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        old = usual.get(name)
        if value != old:
            found[name] = _changed(value, old) if isinstance(value, dict) and isinstance(old, dict) else value
    return found


def _wanted(share: float | None, count: int | None, total: int) -> int:
    if (share is None) == (count is None):
        raise InputError("expected --share or --count, one of them.")
    if share is not None and not 0 < share < 1:
        raise InputError(f"--share must lie above 0 % and below 100 %, got {share:.3g}.")
    wanted = count if count is not None else max(1, round((share or 0.0) * total))
    if not 0 < wanted < total:
        raise InputError(f"--count must be at least 1 and below the {total:,} rows of the data, got {wanted:,}.")
    return wanted


def _check_same(dataset: Dataset, top: Sequence[_Queued], total: int, ranking: str) -> None:
    """Raise InputError where the ranking is not one of these rows."""
    beyond = next((row for row in top if not 0 <= row.row < total), None)
    if beyond is None:
        table = dataset.rows([row.row for row in top])
        found = [f"{source}:{line}" for source, line in zip(table["source"].to_pylist(), table["line"].to_pylist(), strict=True)]
        beyond = next((row for row, place in zip(top, found, strict=True) if row.id != place), None)
    if beyond is not None:
        raise InputError(f"{ranking}: row {beyond.row} is {beyond.id} there, and another one in this data. Rank this data and try again.")


def _notes(top: Sequence[_Queued]) -> tuple[str, ...]:
    harmless = sum((row.pull or 0.0) <= 0 for row in top)
    notes = ["A ranking is triage: train without these rows and compare again before you believe in it."]
    if harmless:
        notes.append(f"Of the dropped rows {harmless:,} have a pull of 0 or below: fewer rows would do.")
    return tuple(notes)
