"""From names on the command line to open models, judges and suites.

| reference                          | kind                                         |
| ---------------------------------- | -------------------------------------------- |
| `./folder`, `org/name`, `hub:...`  | transformers                                 |
| `BASE+ADAPTER`                     | transformers, one load for base and adapter  |
| `KIND:REST`                        | the model kind of that name (`lab:`, ...)    |
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from pathlib import Path

from holdfast.core import JudgeError, Suite, SuiteError
from holdfast.plugins.contents import place_exists
from holdfast.plugins.judges import Judge
from holdfast.plugins.models import Engine, ModelKind, ModelOptions
from holdfast.plugins.registry import load, names
from holdfast.plugins.suites import SuiteOptions

__all__ = ["close_judge", "model_kind", "open_judge", "open_models", "open_suite", "open_suites", "resolve_reference"]

_DEFAULT_KIND = "transformers"
_MOST_RESOLUTIONS = 4
_DEFAULT_LANGUAGE = SuiteOptions().languages[0]
_NO_LANGUAGE = "und"
"""A prompt of no language that could be told, for example one of a file: it is asked whatever was asked for."""


def model_kind(reference: str) -> str:
    """Return which kind of model a reference means.

    >>> model_kind("replay:answers.jsonl"), model_kind("./folder"), model_kind("hub:org/name@abc")
    ('replay', 'transformers', 'transformers')
    """
    prefix, separator, _ = reference.partition(":")
    if not separator or prefix == "hub" or "/" in prefix or "\\" in prefix or place_exists(reference):
        return _DEFAULT_KIND
    if prefix not in names("model"):
        load("model", prefix)  # raises, naming near matches
    return prefix


def _resolve(reference: str) -> tuple[str, str]:
    kind = model_kind(reference)
    for _ in range(_MOST_RESOLUTIONS):
        plugin: ModelKind = load("model", kind)()
        resolved = plugin.resolve(reference)
        if resolved == reference:
            break
        reference, kind = resolved, model_kind(resolved)
    return kind, reference


def resolve_reference(reference: str) -> str:
    """Return the most basic form of a model reference: the folder of a `lab:` name, or the reference unchanged."""
    return _resolve(reference)[1]


def open_models(references: Sequence[str], options: ModelOptions) -> list[Engine]:
    """Open models in the order given; those of one kind are opened together, so that they can share weights."""
    resolved = [_resolve(reference) for reference in references]
    engines: dict[int, Engine] = {}
    for kind in dict.fromkeys(kind for kind, _ in resolved):
        where = [index for index, (other, _) in enumerate(resolved) if other == kind]
        plugin: ModelKind = load("model", kind)()
        opened = plugin.open([resolved[index][1] for index in where], options)
        for index, engine in zip(where, opened, strict=True):
            engine.reference = references[index]
            engines[index] = engine
    return [engines[index] for index in range(len(references))]


def open_judge(reference: str) -> Judge:
    """Open `NAME`, `NAME=MODEL`, or `NAME/VARIANT=MODEL`; raises JudgeError where a judge has no variants.

    A judge that runs a model frees it in `close_judge`.
    """
    name, _, model = reference.partition("=")
    family, slash, variant = name.partition("/")
    if not slash or name in names("judge"):
        judge: Judge = load("judge", name)(model or None)
        return judge
    factory = load("judge", family)
    if "variant" not in signature(factory).parameters:
        raise JudgeError(f"judge {family!r} has no variants, got {name!r}. Write --judge {family}.")
    judge = factory(model or None, variant=variant)
    return judge


def close_judge(judge: Judge) -> None:
    """Let a judge free what it holds; judges that hold nothing need no `close`."""
    close = getattr(judge, "close", None)
    if close is not None:
        close()


def open_suite(reference: str, options: SuiteOptions) -> Suite:
    """Open `NAME`, `NAME=SOURCE`, or a file of prompts (a path with a suffix, read by the `file` suite)."""
    name, separator, source = reference.partition("=")
    if name in names("suite"):
        suite: Suite = load("suite", name)(source or None, options)
        return suite
    if not separator and (Path(reference).suffix or place_exists(reference)):
        suite = load("suite", "file")(reference, options)
        return suite
    load("suite", name)  # raises, naming near matches
    raise AssertionError(name)


def open_suites(references: Sequence[str], options: SuiteOptions) -> list[Suite]:
    """Open suites; raises SuiteError where none of them has a prompt in a language that was asked for, and where none was.

    English, the default, is asked for without a word, so that it never stands in the way of a suite in another language.
    """
    if not options.languages:
        raise SuiteError("no language was asked for. Name one of those that the suites have, such as en.")
    opened = [open_suite(name, options) for name in references]
    held = {language for suite in opened for language in suite.languages}
    unknown = next((one for one in options.languages if one not in held and one != _DEFAULT_LANGUAGE), None)
    if unknown is not None and _NO_LANGUAGE not in held:
        raise SuiteError(
            f"suite {', '.join(suite.name for suite in opened)}: expected a language that it has prompts in, got {unknown!r}. "
            f"It has: {', '.join(sorted(held))}."
        )
    return opened
