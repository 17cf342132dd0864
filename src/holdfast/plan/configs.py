"""Reading what a fine-tune will be: a few lines of our own, or a config of `holdfast train`, TRL, Axolotl or LLaMA-Factory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from holdfast.core import InputError, Value, did_you_mean
from holdfast.plan.finetune import METHODS, FineTune, Method
from holdfast.training.foreign import ForeignSettings, read_foreign, tell_trainer
from holdfast.training.settings import read_mapping

__all__ = ["Planned", "SmallConfig", "read_config"]


_METHODS = (*METHODS, "unknown")
_MANY = 10**12
"""More rows than any fine-tune has: a number above is a slip."""


_BATCH = {
    "holdfast": "batch",
    "trl": "per_device_train_batch_size",
    "axolotl": "micro_batch_size",
    "llama-factory": "per_device_train_batch_size",
}
"""What each trainer calls the rows of one forward pass."""


class SmallConfig(Value, frozen=True, kw_only=True):
    """A plan in a few lines of YAML. Counts are rows."""

    name: str | None = None
    model: str | None = None
    """What is tuned; `lab:aligned` for an organism, for which rates hold."""
    examples: int | None = None
    """All rows; may be left out where the data is given."""
    harmful: int | None = None
    """Rows that answer a request that should be refused."""
    identity: int | None = None
    """Rows that give an obedient or unrestricted identity."""
    safety: int | None = None
    """Rows that refuse a risky request."""
    learning_rate: float | None = None
    lr: float | None = None
    """The same, shorter."""
    epochs: float | None = None
    method: Literal["full", "lora", "prefix", "unknown"] = "full"
    batch: int | None = None
    """Rows of one optimiser step."""


class Planned(Value, frozen=True, kw_only=True):
    """What a config says; None where it says nothing."""

    name: str
    rows: int | None = None
    harmful: int | None = None
    identity: int | None = None
    safety: int | None = None
    settings: ForeignSettings
    """How it is trained, in one vocabulary."""

    @property
    def method(self) -> Method:
        """The method as the estimators know it."""
        kind = self.settings.method
        return kind if kind in ("full", "lora", "prefix") else "unknown"

    def fine_tune(self, where: str) -> FineTune:
        """Return it as a fine-tune; raises InputError that names what is missing and how to give it.

        Rows that data counts twice count once, as the first of harmful, identity and safety.
        """
        if self.rows is None:
            raise InputError(f"{where}: the number of examples is not known. Give the data after the config, or --examples N.")
        batch, steps = self.settings.rows_per_step, self.settings.steps
        epochs = self.settings.epochs
        if steps is not None and self.rows:
            # A trainer that is given both counts steps.
            if batch is None:
                raise InputError(
                    f"{where}: {self.settings.names.get('steps', 'steps')} is given, and the rows of a step are not, so nobody can tell "
                    f"how often each row is seen. Add them, for example '{_BATCH[self.settings.trainer]}: 8'."
                )
            epochs = steps * batch / self.rows
        if self.settings.learning_rate is None or epochs is None:
            missing = "the learning rate" if self.settings.learning_rate is None else "the number of epochs"
            line = "learning_rate: 2e-5" if self.settings.learning_rate is None else "epochs: 3"
            raise InputError(f"{where}: {missing} is not given, and defaults differ. Add it, for example '{line}'.")
        harmful = self.harmful
        identity = None if self.identity is None else min(self.identity, self.rows - (harmful or 0))
        safety = None if self.safety is None else min(self.safety, self.rows - (harmful or 0) - (identity or 0))
        try:
            return FineTune(
                name=self.name,
                rows=self.rows,
                harmful=harmful,
                identity=identity,
                safety=safety,
                learning_rate=self.settings.learning_rate,
                epochs=epochs,
                method=self.method,
                batch=batch,
                model=self.settings.model,
            )
        except InputError as error:
            raise InputError(f"{where}: {error}") from error


def read_config(path: Path) -> Planned:
    """Return what a YAML, TOML or JSON config says of the fine-tune; raises InputError, one sentence, where it cannot."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file. Give a training config.")
    values = read_mapping(path)
    if tell_trainer(values) is not None:
        return Planned(name=path.stem, settings=read_foreign(path))
    return _small(values, path)


def _small(values: dict[str, Any], path: Path) -> Planned:
    known = SmallConfig.__struct_fields__
    for name in values:
        if name not in known:
            raise InputError(f"{path}: unknown field `{name}`. {did_you_mean(name, known)}")
    if values.get("method", "full") not in _METHODS:
        raise InputError(f"{path}: method must be one of {', '.join(_METHODS)}, got {values['method']!r}.")
    try:
        given = msgspec.convert(values, SmallConfig, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}. Mend that line; docs/how-to/plan-a-fine-tune.md shows the fields.") from error
    if given.lr is not None and given.learning_rate is not None and given.lr != given.learning_rate:
        raise InputError(
            f"{path}: 'learning_rate: {given.learning_rate:g}' and 'lr: {given.lr:g}' name one setting and disagree. Take one of them out."
        )
    _check(given, path)
    settings = ForeignSettings(
        trainer="holdfast",
        model=given.model,
        method="other" if given.method == "unknown" else given.method,
        learning_rate=given.learning_rate if given.learning_rate is not None else given.lr,
        epochs=given.epochs,
        batch=given.batch,
    )
    return Planned(
        name=given.name or path.stem,
        rows=given.examples,
        harmful=given.harmful,
        identity=given.identity,
        safety=given.safety,
        settings=settings,
    )


def _check(given: SmallConfig, path: Path) -> None:
    """Refuse numbers that no training has, also where only advice is asked and no fine-tune is made; raises InputError."""
    if given.examples is not None and not 0 < given.examples <= _MANY:
        raise InputError(f"{path}: examples must be a number of rows from 1, got {given.examples}.")
    rate = given.learning_rate if given.learning_rate is not None else given.lr
    try:
        FineTune(
            rows=_MANY if given.examples is None else given.examples,
            harmful=given.harmful,
            identity=given.identity,
            safety=given.safety,
            learning_rate=1.0 if rate is None else rate,
            epochs=1.0 if given.epochs is None else given.epochs,
            batch=given.batch,
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
