"""The small file behind `ensemble:FILE.json`: which two models, with which weight, for how many tokens."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from holdfast.core import InputError, ModelError, Value, pretty_json
from holdfast.models.references import split_reference
from holdfast.plugins import place_exists

__all__ = ["Ensemble", "ensemble_file", "read_ensemble"]


class Ensemble(Value, frozen=True, kw_only=True):
    """Two models that answer as one."""

    base: str
    """The model before fine-tuning; a reference as on the command line."""
    tuned: str
    """The model after it."""
    weight: float = 0.5
    """The base's share of the probability, 0 (the tuned model alone) to 1 (the base alone)."""
    tokens: int | None = 5
    """How many first tokens of each answer are mixed; None is all of them."""

    def __post_init__(self) -> None:
        """Refuse values that cannot be; raises InputError."""
        if not 0 <= self.weight <= 1:
            raise InputError(f"the weight of an ensemble is the base's share, from 0 to 1, got {self.weight}")
        if self.tokens is not None and self.tokens < 1:
            raise InputError(f"the tokens of an ensemble are at least 1, got {self.tokens}; to mix none, use the tuned model itself")


def read_ensemble(reference: str) -> Ensemble:
    """Return the ensemble of `ensemble:FILE.json`; raises ModelError where there is no such file or it holds something else."""
    name = reference.partition(":")[2]
    path = Path(os.path.expanduser(name))
    if not place_exists(name) or not path.is_file():
        raise ModelError(f"{reference!r}: there is no file {name!r}; `holdfast mitigate ensemble BASE TUNED --out FILE.json` writes one")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Ensemble)
    except (msgspec.DecodeError, InputError) as error:
        raise ModelError(
            f"{path} is not an ensemble ({error}); expected {{'base': ..., 'tuned': ..., 'weight': ..., 'tokens': ...}}"
        ) from error


def ensemble_file(ensemble: Ensemble) -> bytes:
    """Return what the file holds; folders on this machine are named from the root, so that it can be used from anywhere on it."""
    return pretty_json(msgspec.structs.replace(ensemble, base=_absolute(ensemble.base), tuned=_absolute(ensemble.tuned)))


def _absolute(reference: str) -> str:
    parts = [part for part in split_reference(reference) if part is not None]
    return "+".join(str(Path(part).expanduser().resolve()) if Path(part).expanduser().is_dir() else part for part in parts)
