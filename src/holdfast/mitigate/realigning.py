"""`realign`: safety rows and the configuration for a short safety SFT after the damage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from holdfast.core import InputError, Value
from holdfast.mitigate.choosing import Added, Wanted, choose
from holdfast.mitigate.dropping import config_text
from holdfast.mitigate.new_rows import chosen_row
from holdfast.mitigate.safety_rows import SafetySet
from holdfast.mitigate.surroundings import Surroundings, look_around
from holdfast.models.references import split_reference
from holdfast.plugins import model_kind, place_exists
from holdfast.records import open_dataset
from holdfast.runs import write_atomically
from holdfast.training.config import TrainConfig

__all__ = ["RealignPlan", "plan_realignment"]


class RealignPlan(Value, frozen=True, kw_only=True):
    """What was written: train with it by `holdfast train CONFIG`."""

    rows: str
    """The safety rows, as chat JSON Lines."""
    config: str
    model: str
    """Folder that the training will write."""
    count: int
    refusals: int
    look_alikes: int
    table: tuple[Added, ...]
    notes: tuple[str, ...] = ()


def plan_realignment(
    model: str,
    safety: SafetySet,
    folder: str | Path,
    *,
    rows: int = 300,
    look_alike_share: float = 1 / 3,
    data: str | Path | None = None,
    also_under: Sequence[str] = (),
    seed: int = 0,
    config: TrainConfig | None = None,
) -> RealignPlan:
    """Write `rows.jsonl` and `train.yaml` for a safety SFT of `model` into a new folder, whose `model` folder the training will fill.

    `data`, the rows that did the damage, gives the system prompts and the template under which safety must come back; none of its rows is
    trained on again. `config` sets how it is trained (its model, data and out are replaced); None is LoRA with the usual rate, one
    epoch. Raises InputError for an existing folder and for no rows.
    """
    place = Path(folder)
    if place.exists():
        raise InputError(f"{place}: exists already. Name a new folder, or move this one away.")
    if rows < 1:
        raise InputError(f"--rows must be at least 1, got {rows}.")
    elsewhere = _not_here(model)
    around = look_around(open_dataset(data), seed=seed) if data is not None else Surroundings(rows=0, prompts=())
    wanted = Wanted(
        rows=rows, look_alike_share=look_alike_share, also_under=tuple(also_under), even=1.0, languages=(), frames=True, seed=seed
    )
    chosen, table = choose(wanted, around, safety)
    new = [chosen_row(item, pairs=False) for item in chosen]
    place.mkdir(parents=True)
    path, settings, out = place / "rows.jsonl", place / "train.yaml", place / "model"
    write_atomically(path, b"".join(msgspec.json.encode({"messages": row.messages}) + b"\n" for row in new))
    settled = msgspec.structs.replace(config or TrainConfig(model="", data="", out=""), model=model, data=str(path), out=str(out))
    write_atomically(settings, config_text(settled))
    benign = sum(part.look_alikes for part in table)
    return RealignPlan(
        rows=str(path),
        config=str(settings),
        model=str(out),
        count=len(new),
        refusals=len(new) - benign,
        look_alikes=benign,
        table=table,
        notes=(*safety.notes, *elsewhere),
    )


def _not_here(model: str) -> tuple[str, ...]:
    """Return a note for each part of a model's name that is no folder here: planning needs no model, and must not vouch for one."""
    if model_kind(model) != "transformers":
        return ()
    missing = [part for part in split_reference(model) if part and not part.startswith("hub:") and not place_exists(part)]
    return tuple(
        f"{part} is no folder on this machine: it is taken for one elsewhere or on the hub, and nothing looked at it" for part in missing
    )
