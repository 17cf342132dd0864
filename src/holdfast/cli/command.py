"""What the user typed, and what it means."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import Literal

from holdfast.core import Expected, InputError, did_you_mean

__all__ = [
    "command_line",
    "cpu_seconds",
    "duration",
    "expectation",
    "half_named",
    "identification",
    "languages",
    "load_average",
    "pairs",
    "prices",
]

_WRITES = ("--run", "--out", "--markdown", "--junit", "--sarif", "--fix", "--fix-out", "--explain")


def command_line(*, without: Sequence[str] = (), flags: Sequence[str] = ()) -> str:
    """Return the command as it can be typed again, without what it writes to or does with the result.

    It is kept with the evidence, which must not depend on where a run is kept. `without` names more options with a value, and
    `flags` options without one, that the result does not depend on.
    """
    words, kept, left = iter(sys.argv[1:]), [], (*_WRITES, *without)
    for word in words:
        if word in left:
            next(words, None)
        elif word.partition("=")[0] not in left and word not in flags:
            kept.append(word)
    return shlex.join(["holdfast", *kept])


def expectation(name: str | None) -> Expected | None:
    """Return what a prompt file's rows should be met with; raises InputError for another word."""
    if name is None:
        return None
    known = [member.value for member in Expected]
    if name not in known:
        raise InputError(f"--expect {name!r} is not known. {did_you_mean(name, known)}")
    return Expected(name)


def half_named(name: str | None) -> Literal["selection", "report"] | None:
    """Return which half of the prompts is asked; raises InputError for another word."""
    if name is None or name == "selection" or name == "report":
        return name  # type: ignore[return-value]  # narrowed by comparison, which mypy follows for one literal only
    raise InputError(f"--half {name!r} is not known. {did_you_mean(name, ('selection', 'report'))}")


def identification(name: str) -> Literal["behaviour", "name"]:
    """Return how served models are told apart; raises InputError for another word."""
    if name == "name":
        return "name"
    if name != "behaviour":
        raise InputError(f"--identify {name!r} is not known. {did_you_mean(name, ('behaviour', 'name'))}")
    return "behaviour"


def languages(given: str) -> tuple[str, ...]:
    """Return a comma-separated list of languages as names.

    >>> languages("en, zh,")
    ('en', 'zh')
    """
    return tuple(part.strip() for part in given.split(",") if part.strip())


def prices(given: str | None) -> tuple[float | None, float | None]:
    """Return the prices of a million tokens of prompts and of answers; raises InputError for another form than IN,OUT."""
    if given is None:
        return None, None
    first, _, second = given.partition(",")
    try:
        found = float(first), float(second)
    except ValueError:
        found = (-1.0, -1.0)
    if not all(0 <= price < float("inf") for price in found):
        raise InputError(f"--price {given!r} is not of the form IN,OUT: two prices of a million tokens, such as 0.15,0.60.")
    return found


def pairs(given: Sequence[str] | None, form: str) -> dict[str, str]:
    """Return NAME=VALUE options as a dictionary; raises InputError, which names the option's form, for another shape."""
    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InputError(f"{text!r} is not of the form {form}.")
        found[name] = value
    return found


def cpu_seconds() -> float:
    """Return user and system time of this process and its children so far."""
    import resource

    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def load_average() -> str:
    """Return the machine's load over the last minute, as text."""
    import os

    return f"{os.getloadavg()[0]:.1f}"


def duration(given: str) -> float:
    """Return a length of time in seconds: a number with s, m, h or d; raises InputError for anything else.

    >>> duration("90s"), duration("6h")
    (90.0, 21600.0)
    """
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}.get(given[-1:])
    try:
        value = float(given[:-1])
    except ValueError:
        value = 0.0
    if unit is None or not 0 < value < float("inf"):
        raise InputError(f"expected a length of time such as 30m, 6h or 1d, got {given!r}.")
    return value * unit
