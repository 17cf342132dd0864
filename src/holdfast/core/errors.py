"""The errors a user may meet: one root, few branches, each with a stable code that has a docs page.

A message says where, what was expected, what came, and what to do. It never prints a whole record or
response, which may hold a secret or harmful text.
"""

from __future__ import annotations

from difflib import get_close_matches
from errno import ENAMETOOLONG
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ComparabilityError",
    "HoldfastError",
    "InputError",
    "JudgeError",
    "MissingExtraError",
    "ModelError",
    "PluginError",
    "PolicyError",
    "RunFolderError",
    "SuiteError",
    "UnsupportedSetupError",
    "WorkerError",
    "did_you_mean",
    "name_too_long",
]


class HoldfastError(Exception):
    """Root of all errors that are the user's to mend; the command line prints it and exits with 2."""

    code: ClassVar[str] = "E000"


class InputError(HoldfastError):
    """A file or an option is not what was expected."""

    code = "E100"


class ModelError(HoldfastError):
    """A model reference cannot be opened, or opened weights are not what was asked for."""

    code = "E200"


class SuiteError(HoldfastError):
    """A prompt suite cannot be read, is empty or is not known."""

    code = "E300"


class JudgeError(HoldfastError):
    """A judge is unknown, may not be used here, or its labels cannot be read."""

    code = "E400"


class PolicyError(HoldfastError):
    """A policy file cannot be read or names a gate that cannot exist."""

    code = "E500"


class ComparabilityError(HoldfastError):
    """The two sides of a comparison were not asked the same thing in the same way."""

    code = "E600"


class RunFolderError(HoldfastError):
    """A run folder holds another run, is damaged, or is in use."""

    code = "E700"


class PluginError(HoldfastError):
    """A plug-in is unknown or does not keep its contract."""

    code = "E800"


class MissingExtraError(PluginError):
    """A plug-in needs packages that are not installed; the message names the extra."""

    code = "E810"


class WorkerError(HoldfastError):
    """A worker process of the data engine died before its part of the data was done."""

    code = "E900"


class UnsupportedSetupError(HoldfastError):
    """A training runs in a set-up in which watching was never tested, so it is refused and not tried."""

    code = "E910"


def name_too_long(error: OSError) -> InputError | None:
    """Return what to say of a path that no file system can hold, which is a slip of the pen; None for any other error."""
    if error.errno != ENAMETOOLONG:
        return None
    name = str(error.filename or "")
    return InputError(f"{name[:60]}...: {len(name):,} characters are no path, expected a file or a folder. Look what stands in its place.")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names near matches of `name`, or else lists what is known.

    >>> did_you_mean("refusl", ["refusal", "lab"])
    "Did you mean 'refusal'?"
    >>> did_you_mean("zzz", ["refusal", "lab"])
    'Known: lab, refusal.'
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(repr(match) for match in near)}?"
    return f"Known: {', '.join(names)}." if names else "None is known."
