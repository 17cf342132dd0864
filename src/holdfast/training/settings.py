"""Reading configuration files: YAML or TOML in, a checked `TrainConfig` out, and every mistake in one sentence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import InputError, did_you_mean, parse_yaml
from holdfast.training.config import TrainConfig

__all__ = ["read_config", "read_mapping", "to_config", "with_changes"]


_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]+)`(?: - at `\$\.?(?P<place>[^`]*)`)?")
_AT = re.compile(r" - at `\$\.?(?P<place>[^`]*)`")


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML, JSON or TOML file; raises InputError for a file that cannot be read or holds something else."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"{path}: cannot be read as a configuration ({why}).") from error
    if path.suffix == ".toml":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{path}: expected TOML, got a broken file ({error}).") from error
    values = parse_yaml(text, str(path))
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a mapping of settings, got {'nothing' if values is None else type(values).__name__}.")
    return {str(name): value for name, value in values.items()}


def with_changes(values: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return the mapping with KEY=VALUE changes made; dots go deeper (`lora.rank=8`), and values are read as YAML.

    Raises InputError for another form.
    """
    changed: dict[str, Any] = dict(values)
    for change in changes:
        name, equals, text = change.partition("=")
        if not (name and equals):
            raise InputError(f"--set {change!r} is not of the form KEY=VALUE, for example --set learning_rate=1e-5.")
        *outer, last = name.split(".")
        inside = changed
        for part in outer:
            deeper = inside.get(part)
            inside[part] = dict(deeper) if isinstance(deeper, dict) else {}
            inside = inside[part]
        inside[last] = parse_yaml(text, f"--set {name}")
    return changed


def to_config(values: Mapping[str, Any], where: str) -> TrainConfig:
    """Return the configuration that a mapping holds; raises InputError with the place and what was expected there."""
    try:
        return msgspec.convert(dict(values), TrainConfig)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, InputError):
            raise InputError(f"{where}: {error.__cause__}") from error
        raise InputError(f"{where}: {_in_words(str(error))}") from error


def read_config(path: Path, changes: Sequence[str] = ()) -> TrainConfig:
    """Return the configuration of a file with changes made. Paths of data are relative to where the command runs, as in a shell."""
    return to_config(with_changes(read_mapping(path), changes), str(path))


def _in_words(message: str) -> str:
    unknown = _UNKNOWN.match(message)
    if unknown is not None:
        name, place = unknown["field"], unknown["place"] or ""
        return f"{place + '.' if place else ''}{name} is not a setting. {did_you_mean(name, _fields(place))}"
    at = _AT.search(message)
    where = f"{at['place']}: " if at and at["place"] else ""
    said = _AT.sub("", message)
    return f"{where}{said[:1].lower()}{said[1:]}."


def _fields(place: str) -> Sequence[str]:
    kind: Any = TrainConfig
    for part in place.split(".") if place else ():
        kind = next((field.type for field in msgspec.structs.fields(kind) if field.name == part), None)
        kind = next((one for one in (getattr(kind, "__args__", None) or (kind,)) if hasattr(one, "__struct_fields__")), None)
        if kind is None:
            return ()
    return kind.__struct_fields__ if kind is not None else ()
