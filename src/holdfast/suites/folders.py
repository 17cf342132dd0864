"""Reading a suite folder: `card.yaml` and one `prompts.LANGUAGE.jsonl` per language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from holdfast.core import Message, Prompt, Suite, SuiteError, Value, did_you_mean
from holdfast.suites.cards import Card, parse_card

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["CARD", "Folder", "read_card", "read_folder"]

CARD = "card.yaml"


class Folder(Protocol):
    """A path on disk or inside an installed package."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        ...

    def joinpath(self, *parts: str) -> Folder:
        """Return the entry below."""
        ...

    def read_text(self, encoding: str) -> str:
        """Return the contents of a file."""
        ...


class _Line(Value, frozen=True, kw_only=True):
    id: str
    category: str
    text: str


def read_card(folder: Folder) -> Card:
    """Return the card of a suite folder; raises SuiteError where there is none or it is broken."""
    return parse_card(_text(folder, CARD), f"{folder.name}/{CARD}")


def read_folder(folder: Folder, languages: Sequence[str]) -> Suite:
    """Return the suite of a folder in the languages asked for, which its card must name.

    A line in one language and the line with the same id in another are one request: they form one cluster. A prompt's id
    is the line's id and the language, 'policy11-malware-07.en', so that it stays the same whatever else is asked.
    """
    card = read_card(folder)
    for language in languages:
        if language not in card.languages:
            raise SuiteError(f"suite {card.name!r} has no prompts in {language!r}. {did_you_mean(language, card.languages)}")
    if not languages:
        raise SuiteError(f"suite {card.name!r}: no language was asked for. It has: {', '.join(card.languages)}.")
    prompts: list[Prompt] = []
    first_ids: set[str] | None = None
    for language in dict.fromkeys(languages):
        lines = _lines(folder, card, language)
        ids = {line.id for line in lines}
        first_ids = ids if first_ids is None else first_ids
        if ids != first_ids:
            odd = min(ids ^ first_ids)
            raise SuiteError(f"{folder.name}: request {odd!r} is not there in every language; each id needs a line in each file.")
        prompts += _prompts(card, language, lines)
    return Suite(
        name=card.name,
        version=card.version,
        title=card.title,
        licence=card.licence,
        languages=tuple(dict.fromkeys(languages)),
        prompts=tuple(prompts),
        limits=card.limits,
        conditions=card.conditions,
        judge=card.judge,
        variations=card.variations,
    )


def _prompts(card: Card, language: str, lines: Iterable[_Line]) -> Iterable[Prompt]:
    for line in lines:
        yield Prompt(
            id=f"{line.id}.{language}",
            suite=card.name,
            category=line.category,
            language=language,
            messages=(Message(role="user", content=line.text),),
            expected=card.expected,
            cluster=line.id,
        )


def _lines(folder: Folder, card: Card, language: str) -> list[_Line]:
    name = f"prompts.{language}.jsonl"
    lines: list[_Line] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(_text(folder, name).rstrip("\n").split("\n"), start=1):
        where = f"{folder.name}/{name}:{number}"
        try:
            line = msgspec.json.decode(raw, type=_Line)
        except msgspec.DecodeError as error:
            raise SuiteError(f"{where}: expected an object with id, category and text, got a broken line ({error}).") from error
        if line.category not in card.categories:
            raise SuiteError(f"{where}: category {line.category!r} is not on the card. {did_you_mean(line.category, card.categories)}")
        if line.id in seen:
            raise SuiteError(f"{where}: id {line.id!r} was already used on line {seen[line.id]}; give each request an id of its own.")
        if not line.text.strip():
            raise SuiteError(f"{where}: the text is empty.")
        seen[line.id] = number
        lines.append(line)
    if len(lines) != card.size:
        raise SuiteError(f"{folder.name}/{name}: the card promises {card.size} requests, the file holds {len(lines)}.")
    return lines


def _text(folder: Folder, name: str) -> str:
    try:
        return folder.joinpath(name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SuiteError(f"{folder.name}: no {name} in this suite folder.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{folder.name}/{name}: cannot be read ({error}).") from error
