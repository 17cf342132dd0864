"""`mix`: safety rows spread through training data, in its format, its languages, under its system prompts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast import __version__
from holdfast.core import InputError, Value, digest_file, pretty_json
from holdfast.mitigate.choosing import Added, Chosen, Wanted, choose
from holdfast.mitigate.new_rows import check_answers, chosen_row
from holdfast.mitigate.safety_rows import SafetySet
from holdfast.mitigate.shares import rows_to_add
from holdfast.mitigate.surroundings import Surroundings, look_around
from holdfast.records import Dataset, NewRow, open_dataset

__all__ = ["Mixed", "mix"]


class Mixed(Value, frozen=True, kw_only=True):
    """What was written."""

    path: str
    record: str
    """The manifest, beside the file: digests of what went in and what came out, and this table."""
    rows: int
    """All rows of the result."""
    added: int
    refusals: int
    look_alikes: int
    share: float
    """Added rows over all rows, 0 to 1."""
    table: tuple[Added, ...]
    """By system prompt and language."""
    most_uses: int
    """How often the safety row that is used most was used."""
    notes: tuple[str, ...] = ()


def mix(
    data: str | Path | object,
    safety: SafetySet,
    out: str | Path,
    *,
    share: float = 0.03,
    look_alike_share: float = 1 / 3,
    also_under: Sequence[str] = (),
    even: float = 0.5,
    languages: Sequence[str] = (),
    frames: bool = True,
    seed: int = 0,
    format: str | None = None,  # the word that people use for it
    columns: Mapping[str, str] | None = None,
) -> Mixed:
    """Write the data to `out` with safety rows spread through it, and a manifest `OUT.mix.json` beside it.

    `data` is whatever `holdfast.records.open_dataset` reads; its rows keep every byte and their order. `share` is added rows over all
    rows of the result, 0 to below 1, hit to the nearest row (Bianchi et al., ICLR 2024: 3 % is enough for much). `look_alike_share` of
    the added rows are benign requests that are answered, against over-refusal (0 for none). Each system prompt of the data, the default
    one and those of `also_under` get rows of their own: `even` of the rows are shared out evenly among them, the rest in proportion to
    their rows, because a rare identity prompt in proportion gets next to nothing and keeps its loss. Languages are matched unless
    `languages` names them. With `frames`, refused requests stand in the template that the data's requests share, as often as those do.
    Raises InputError for a share out of range or of less than one row, a format that holds no answers, an existing `out`, or safety rows
    that do not fit.
    """
    if not 0 <= look_alike_share < 1:
        raise InputError(f"the share of look-alikes must lie from 0 to below 1, got {look_alike_share}.")
    if not 0 <= even <= 1:
        raise InputError(f"even must lie from 0 to 1, got {even}.")
    target = Path(out)
    record = target.with_name(f"{target.name}.mix.json")
    if record.exists():
        raise InputError(f"{record}: exists already. Name a new file, or move this one away.")
    dataset = open_dataset(data, format=format, columns=columns)
    check_answers(dataset)
    around = look_around(dataset, seed=seed)
    wanted = Wanted(
        rows=_count(around.rows, share),
        look_alike_share=look_alike_share,
        also_under=tuple(also_under),
        even=even,
        languages=tuple(languages),
        frames=frames,
        seed=seed,
    )
    chosen, table = choose(wanted, around, safety)
    dataset.rewrite(target, inserted=_Spread(chosen, around.rows, dataset, seed))
    benign = sum(part.look_alikes for part in table)
    done = Mixed(
        path=str(target),
        record=str(record),
        rows=around.rows + len(chosen),
        added=len(chosen),
        refusals=len(chosen) - benign,
        look_alikes=benign,
        share=len(chosen) / (around.rows + len(chosen)) if around.rows else 0.0,
        table=table,
        most_uses=max((item.use for item in chosen), default=-1) + 1,
        notes=_notes(around, safety, chosen),
    )
    record.write_bytes(_manifest(done, dataset, safety, wanted, target))
    return done


def _count(rows: int, share: float) -> int:
    """Return how many rows to add; raises InputError for a share above 0 that is not one row."""
    count = rows_to_add(rows, share)
    if share > 0 and not count:
        raise InputError(
            f"a share of {100 * share:g} % of {rows:,} rows is less than one row, so nothing would be added. "
            f"Give a share from {100 / (rows + 1):.1f}%, or more rows."
        )
    return count


class _Spread(Mapping[int, Sequence[NewRow]]):
    """The added rows by the number of the row that they follow, written out only when they are asked for."""

    def __init__(self, chosen: Sequence[Chosen], rows: int, dataset: Dataset, seed: int) -> None:
        rng = random.Random(f"{seed}/places")
        self._chosen = chosen
        self._after: dict[int, tuple[int, int]] = {}
        count = len(chosen)
        for place in range(count):
            # One row in each of `count` equal stretches: spread through the file, and not in step with it.
            row = min(int((place + rng.random()) * rows / count), rows - 1)
            first, end = self._after.get(row, (place, place))
            self._after[row] = (first, end + 1)
        self._ends: list[tuple[int, str]] = []
        end = 0
        for file in dataset.files:
            end += file.count()
            self._ends.append((end, file.format))

    def __getitem__(self, row: int) -> Sequence[NewRow]:
        first, end = self._after[row]
        pairs = next(name for stop, name in self._ends if row < stop) == "dpo"
        return [chosen_row(item, pairs=pairs) for item in self._chosen[first:end]]

    def __contains__(self, row: object) -> bool:
        return row in self._after

    def __iter__(self) -> Iterator[int]:
        return iter(self._after)

    def __len__(self) -> int:
        return len(self._after)


def _notes(around: Surroundings, safety: SafetySet, chosen: Sequence[Chosen]) -> tuple[str, ...]:
    notes = list(safety.notes)
    languages = around.languages
    uncovered = sum(count for language, count in languages.items() if language not in (*safety.languages, "und"))
    if uncovered and "und" not in safety.languages and not set(safety.languages) - {"en", "zh"}:
        notes.append(f"{uncovered:,} rows are in a language without safety rows; refusals in that language are not covered.")
    if around.unmatched:
        notes.append(f"{around.unmatched:,} rows stand under system prompts beyond the first thousand, and got no rows of their own.")
    if not chosen:
        notes.append("No row was added: the share is 0.")
    return tuple(notes)


def _manifest(done: Mixed, dataset: Dataset, safety: SafetySet, wanted: Wanted, target: Path) -> bytes:
    facts: dict[str, Any] = {
        "kind": "holdfast mix",
        "holdfast": __version__,
        "source": [{"name": file.source, "sha256": file.digest} for file in dataset.files],
        "safety": {"name": safety.name, "sha256": safety.digest},
        "asked": wanted,
        "written": {"name": target.name, "sha256": digest_file(target) if target.is_file() else ""},
        "result": {"rows": done.rows, "added": done.added, "refusals": done.refusals, "look_alikes": done.look_alikes, "share": done.share},
        "table": done.table,
        "notes": done.notes,
    }
    return pretty_json(facts)
