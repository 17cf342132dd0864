"""The functions that people call from Python: every argument is held to the signature first, and mistakes are told in Python's words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import signature
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from holdfast.core import HoldfastError, InputError, name_too_long

__all__ = ["checked", "shown"]

_P = ParamSpec("_P")
_R = TypeVar("_R")

_MOST_SHOWN = 60
_TRUTHS = ("bool", "bool_")
"""Python's name of a truth value and NumPy's."""
_OPTION = re.compile(r"(`[^`]*`)|(?<![\w/-])--([a-z][a-z-]*[a-z])")
"""A command, which is left as it is, or an option."""
_WORDS: dict[Any, tuple[str, str]] = {
    str: ("a text", "texts"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    bool: ("True or False", "truth values"),
    Path: ("a path", "paths"),
    NoneType: ("None", "None"),
}


def checked(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return a function that holds its arguments to its own annotations before it runs, and names itself in what it refuses.

    Raises InputError for a value of another type and for an empty text; a text is no list of letters, and a truth value no number.
    NumPy's numbers become Python's. Errors that speak of an option of the command line speak of the argument instead.
    """
    takes, name = signature(function), f"holdfast.{function.__name__}"

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        hints = get_type_hints(function)
        try:
            given = takes.bind(*args, **kwargs)
        except TypeError as error:  # as Python itself says it
            raise TypeError(f"{function.__name__}() {error}") from None
        try:
            for word, value in given.arguments.items():
                given.arguments[word] = _taken(value, hints[word], word)
        except _UnfitError as unfit:
            raise InputError(f"{name}: {unfit}. {_remedy(unfit, name)}") from None
        try:
            return function(*given.args, **given.kwargs)
        except HoldfastError as error:
            error.args = (_in_python(str(error), takes.parameters),)
            raise
        except OSError as error:
            if (said := name_too_long(error)) is None:
                raise
            raise said from error

    return call


def shown(value: Any) -> str:
    """Say what came, without the contents of anything long.

    >>> shown("3"), shown(None), shown([1]), shown(len)
    ("'3'", 'None', 'a list', 'a function')
    """
    if value is None or isinstance(value, bool | float) or (isinstance(value, str | int) and len(repr(value)) <= _MOST_SHOWN):
        return repr(value)
    if isinstance(value, str):
        return f"a text of {len(value):,} characters"
    kind = "function" if callable(value) and hasattr(value, "__name__") else type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


class _UnfitError(Exception):
    """A value is not what an argument, or a part of one, takes."""

    def __init__(self, place: str, hint: Any, value: Any) -> None:
        self.place, self.hint, self.value = place, hint, value
        super().__init__(f"{place} must be {_words(hint)}, got {shown(value)}")


def _taken(value: Any, hint: Any, place: str) -> Any:
    """Return a value as an annotation wants it; raises _UnfitError."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _either(value, hint, place)
    if origin is Literal and value in get_args(hint):
        return value
    if origin in (Sequence, tuple) and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        of = get_args(hint)[0]
        return tuple(_taken(one, of, f"{place}[{number}]") for number, one in enumerate(value))
    if origin in (Mapping, dict) and isinstance(value, Mapping):
        of = get_args(hint)[1]
        return {key: _taken(one, of, f"{place}[{key!r}]") for key, one in value.items()}
    if origin is Callable and callable(value):
        return value
    if hint is Any:
        return value
    if origin is None:
        return _plain(value, hint, place)
    raise _UnfitError(place, hint, value)


def _either(value: Any, hint: Any, place: str) -> Any:
    inside: _UnfitError | None = None
    for one in get_args(hint):
        try:
            return _taken(value, one, place)
        except _UnfitError as unfit:
            inside = unfit if unfit.place != place else inside
    raise inside or _UnfitError(place, hint, value)


def _plain(value: Any, hint: Any, place: str) -> Any:
    truth = type(value).__name__ in _TRUTHS
    if hint is bool and truth:
        return bool(value)
    if hint is int and isinstance(value, Integral) and not truth:
        return int(value)
    if hint is float and isinstance(value, Real) and not truth:
        return float(value)
    if hint is str and isinstance(value, str) and value.strip():
        return str(value)
    if hint is Path and isinstance(value, os.PathLike):
        return Path(value)
    if hint in _WORDS and hint is not NoneType:
        raise _UnfitError(place, hint, value)
    if not isinstance(value, hint):
        raise _UnfitError(place, hint, value)
    if isinstance(value, msgspec.Struct):
        hints = get_type_hints(type(value))
        held = {name: getattr(value, name) for name in value.__struct_fields__}
        fit = {name: _taken(one, hints[name], f"{place}.{name}") for name, one in held.items()}
        return msgspec.structs.replace(value, **{name: one for name, one in fit.items() if one is not held[name]})
    return value


def _words(hint: Any, *, many: bool = False) -> str:
    origin, parts = get_origin(hint), get_args(hint)
    if hint in _WORDS:
        return _WORDS[hint][many]
    if origin in (Union, UnionType):
        words = [_words(part, many=many) for part in parts]
        return f"{', '.join(words[:-1])} or {words[-1]}"
    if origin is Literal:
        return f"one of {', '.join(map(repr, parts))}"
    if origin in (Sequence, tuple):
        return f"{'lists' if many else 'a list'} of {_words(parts[0], many=True)}"
    if origin in (Mapping, dict):
        return "a dictionary"
    return "a function" if origin is Callable else f"a {getattr(hint, '__name__', hint)}"


def _remedy(unfit: _UnfitError, name: str) -> str:
    hints = get_args(unfit.hint) if get_origin(unfit.hint) in (Union, UnionType) else (unfit.hint,)
    if isinstance(unfit.value, str) and not unfit.value.strip():
        return "Leave it out, or look for a name that is not set."
    if isinstance(unfit.value, str) and any(get_origin(hint) is Sequence for hint in hints) and len(unfit.value) <= _MOST_SHOWN:
        return f"Write {unfit.place}=[{unfit.value!r}]."
    return f"help({name}) says what it takes."


def _in_python(text: str, known: Mapping[str, Any]) -> str:
    """Return a sentence with the names of arguments in the place of options.

    >>> _in_python("--limit must be 1; `holdfast gate --policy X` and --price are others. Leave it to --no-limit.", {"limit": 0})
    'limit must be 1; `holdfast gate --policy X` and --price are others. Leave it to limit=False.'
    """

    def spelled(found: re.Match[str]) -> str:
        word = (found[2] or "").replace("-", "_")
        if word in known:
            return f"{word}=" if text[found.end() : found.end() + 1] in ("", ".", ",") else word
        return f"{word[3:]}=False" if word.startswith("no_") and word[3:] in known else found[0]

    return _OPTION.sub(spelled, text)
