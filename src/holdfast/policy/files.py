"""Reading policies: those that ship, by name, and a user's own, by path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from holdfast.core import PolicyError, Value, did_you_mean, parse_yaml
from holdfast.policy.gates import Gate, Policy

__all__ = ["load_policy", "policy_names"]

_SHIPPED = files("holdfast.policy") / "shipped"


class _PolicyFile(Value, frozen=True, kw_only=True):
    """What a policy file holds."""

    name: str
    version: int
    description: str
    includes: tuple[str, ...] = ()
    """Shipped policies by name, and files as this file would name them; their gates come before its own."""
    gates: tuple[Gate, ...] = ()
    """An own gate takes the place of an included one of the same name."""


def policy_names() -> list[str]:
    """Return the names of the policies that ship, sorted."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _SHIPPED.iterdir() if entry.name.endswith(".yaml"))


def load_policy(reference: str) -> Policy:
    """Return a shipped policy by name or one from a YAML file; raises PolicyError that says where and what is wrong."""
    return _load(reference, None, ())


def _load(reference: str, beside: Path | None, inside: Sequence[str]) -> Policy:
    """Read a policy that a file in the folder `beside` names, which itself is included by the files `inside`."""
    if reference in policy_names():
        return _parse((_SHIPPED / f"{reference}.yaml").read_text(encoding="utf-8"), reference, None, inside)
    path = Path(reference) if beside is None else beside / reference
    # os.path, since pathlib raises for a name that is too long.
    if not reference or not os.path.exists(path):
        named = f"{inside[-1]}: " if inside else ""
        raise PolicyError(f"{named}policy {reference!r} is neither a shipped policy nor a file. {did_you_mean(reference, policy_names())}")
    key = str(path.resolve())
    if key in inside:
        raise PolicyError(f"{path}: includes itself ({' -> '.join(Path(one).name for one in (*inside, key))}). Leave one of them out.")
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path), path.parent, (*inside, key))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: cannot be read as a policy ({error}).") from error


def _parse(text: str, where: str, beside: Path | None, inside: Sequence[str]) -> Policy:
    data = parse_yaml(text, where, PolicyError)
    if not isinstance(data, dict):
        raise PolicyError(f"{where}: expected a mapping with name, version, description and gates, got {type(data).__name__}.")
    try:
        given = msgspec.convert(data, _PolicyFile)
        made = Policy(name=given.name, version=given.version, description=given.description, gates=_joined(given, where, beside, inside))
    except PolicyError as error:
        raise error if str(error).startswith(where) else PolicyError(f"{where}: {error}") from error
    except msgspec.ValidationError as error:
        cause = error.__cause__ if isinstance(error.__cause__, PolicyError) else error
        raise PolicyError(f"{where}: {cause}") from error
    if inside and made.name in policy_names() and made.gates != load_policy(made.name).gates:
        raise PolicyError(f"{where}: {made.name!r} is the name of a policy that ships with Holdfast and has other gates. Choose another.")
    return made


def _joined(given: _PolicyFile, where: str, beside: Path | None, inside: Sequence[str]) -> tuple[Gate, ...]:
    """Return the included gates and the own ones; raises PolicyError where two policies say different things by one name."""
    own = {gate.name for gate in given.gates}
    included: dict[str, tuple[Gate, str]] = {}
    for reference in given.includes:
        for gate in _load(reference, beside, inside).gates:
            known, source = included.setdefault(gate.name, (gate, reference))
            if known != gate and gate.name not in own:
                raise PolicyError(
                    f"{where}: gate {gate.name!r} is in {source!r} and, with other settings, in {reference!r}. "
                    "Write it among your own gates, which decide."
                )
    return (*(gate for gate, _ in included.values() if gate.name not in own), *given.gates)
