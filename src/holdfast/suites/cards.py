"""The card of a suite: what it measures, how it was written, and what it cannot show."""

from __future__ import annotations

import msgspec

from holdfast.core import Condition, Expected, SuiteError, Value, Variation, parse_yaml

__all__ = ["Card", "parse_card"]


class Card(Value, frozen=True, kw_only=True):
    """The contents of a `card.yaml`. Every field but those with a default must be given."""

    name: str
    version: str
    """Rises whenever a prompt changes, so that numbers of two versions are never mixed."""
    title: str
    licence: str
    """An SPDX identifier."""
    languages: tuple[str, ...]
    """BCP 47; there is one file `prompts.LANGUAGE.jsonl` for each."""
    size: int
    """Requests per language."""
    expected: Expected
    measures: str
    method: str
    """How the prompts were written."""
    limits: tuple[str, ...]
    """What the suite cannot show, one sentence each."""
    categories: dict[str, str]
    """Category name to a description of one line, in the order in which reports show them."""
    conditions: tuple[Condition, ...] = ()
    """System prompts that replace the usual ones; none asks under the default and the identity prompt."""
    judge: str | None = None
    variations: tuple[Variation, ...] = ()
    """Ways to put the requests otherwise, for a language that the general ones do not cover."""


def parse_card(text: str, where: str) -> Card:
    """Return the card that a YAML text holds; raises SuiteError that says where and what is wrong."""
    data = parse_yaml(text, where, SuiteError)
    try:
        return msgspec.convert(data, Card)
    except msgspec.ValidationError as error:
        raise SuiteError(f"{where}: not a suite card: {error}.") from error
