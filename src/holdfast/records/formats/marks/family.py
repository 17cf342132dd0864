"""One family of turn marks: a text is cut at them into turns without losing a character."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from holdfast.records.formats.format import Roles
from holdfast.records.formats.roles import role_named

__all__ = ["BEGINNINGS", "ENDS", "JOINED", "Cut", "Family", "Names", "inner"]

BEGINNINGS = (
    "<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>", "<|endoftext|>", "<BOS_TOKEN>", "<｜begin▁of▁sentence｜>", "[gMASK]", "<sop>",
)  # fmt: skip
"""Tokens that may stand before the first turn of any family."""
ENDS = ("</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>", "<｜end▁of▁sentence｜>")
"""Tokens that may end a turn of any family."""

JOINED = "joined"
"""The role of a part that belongs to the turn before it, such as the input below an instruction."""

_MOST_MARKS = 1000
_MOST_TURNS = 100_000
"""Marks of one text; what follows is left in the last turn, where it is found for what it is."""
_MOST_ENDS = 16
_Shape = Callable[[list[str], list[str]], tuple[list[str], list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Marks that one kind of chat template writes."""

    name: str
    marks: str
    """What they look like, for people."""
    mark: re.Pattern[str]
    """One mark, all of it in the only group; what stands up to the next one is what the turn says. Takes linear time."""
    word: re.Pattern[str]
    """The role in a mark, in its first group."""
    words: Mapping[str, str] = field(default_factory=dict)
    """That word, in lower case, to a role of ours or to JOINED; others are names of roles as in any file."""
    closed: tuple[str, ...] = ENDS
    """What may end a turn; not part of what it says."""
    at_line: bool = False
    """Whether marks stand at the start of a line; `mark` then begins with the line feed before it."""
    heads: tuple[str, ...] = ()
    """Marks of a system prompt before the first turn."""
    shape: _Shape | None = None
    """Mends pieces and roles where marks nest."""
    merges: frozenset[str] = frozenset()
    """Roles of which one turn may be written as several: a thought and an answer, a prompt and its tools."""
    style: Mapping[str, tuple[str, str]]
    """Role to what is written before and after what it says; for a system prompt before the first turn its mark is ''."""
    begins: str = ""
    """What a new text begins with."""

    leads: tuple[str, ...] = field(init=False)
    """Tokens that begin a text and marks of a system prompt before the first turn."""

    def __post_init__(self) -> None:
        """Put together what may stand before the first turn."""
        object.__setattr__(self, "leads", (*BEGINNINGS, *self.heads))


class Names(dict[str, str]):
    """Mark to role, each worked out once; raises RowError for a mark whose role is not known."""

    def __init__(self, family: Family, roles: Roles) -> None:
        super().__init__()
        self._family = family
        self._roles = roles

    def __missing__(self, mark: str) -> str:
        """Work a role out."""
        found = self._family.word.search(mark)
        word = mark.strip() if found is None else found[1]
        role = self._family.words.get(word.lower()) or role_named(word, self._roles)
        if len(self) < _MOST_MARKS:
            self[mark] = role
        return role


class Cut:
    """A text cut at its marks: what stands before the first one, then each mark and what follows it; joined, they are the text."""

    __slots__ = ("_places", "contents", "family", "led", "pieces", "roles")

    def __init__(self, family: Family, pieces: list[str], roles: list[str]) -> None:
        """Take pieces, and a role for each mark among them."""
        self.family = family
        self.pieces = pieces
        self.roles = roles
        """Of each turn."""
        closed = family.closed
        usual = closed[0]
        # Written out for speed: this is all the work per turn. Nearly every turn ends in one token or in none.
        self.contents = [piece.strip().removesuffix(usual).rstrip() for piece in pieces[2::2]]
        """What each turn says; parts of one turn stand below each other."""
        for turn, said in enumerate(self.contents):
            if said.endswith(closed):
                self.contents[turn] = _without_end(pieces[2 * turn + 2].strip(), closed)
        lead = pieces[0].strip()
        if lead and (lead.startswith(family.leads) or lead.endswith(closed)):
            lead = _said(lead, family, lead=True)
        self.led = bool(lead)
        """Whether words stand before the first mark: they are the first turn, the system's."""
        self._places: list[list[int]] | None = None
        if JOINED in roles or (family.merges and any(roles.count(role) + (lead != "") > 1 for role in family.merges)):
            self._gather(lead)
        elif lead:
            self.roles = ["system", *roles]
            self.contents = [lead, *self.contents]

    @classmethod
    def of(cls, text: str, family: Family, names: Names) -> Cut | None:
        """Return a text's turns; None where it has no mark. Raises RowError for a mark whose role is not known."""
        pieces = family.mark.split(f"\n{text}" if family.at_line else text, _MOST_TURNS)
        if len(pieces) < 3:
            return None
        if family.at_line:
            first = 0 if pieces[0] else 1
            pieces[first] = pieces[first][1:]
        roles = [names[mark] for mark in pieces[1::2]]
        if family.shape is not None:
            pieces, roles = family.shape(pieces, roles)
        return cls(family, pieces, roles) if roles else None

    def _gather(self, lead: str) -> None:
        """Put the parts of each turn together, what stands before the first mark as a system turn."""
        roles, parts, places = (["system"], [[lead]], [[0]]) if lead else ([], [], [])
        for index, (role, text) in enumerate(zip(self.roles, self.contents, strict=True)):
            if roles and (role == JOINED or (role == roles[-1] and role in self.family.merges)):
                parts[-1].append(text)
                places[-1].append(2 * index + 2)
            else:
                roles.append("system" if role == JOINED else role)
                parts.append([text])
                places.append([2 * index + 2])
        self.roles, self._places = roles, places
        self.contents = [texts[0] if len(texts) == 1 else "\n".join(filter(None, texts)) for texts in parts]

    def parts(self, turn: int) -> list[str]:
        """Return the parts of a turn that say anything; one where none does."""
        return [self._text(place) for place in self._held(turn)]

    def with_parts(self, turn: int, parts: Sequence[str]) -> None:
        """Put other parts in place of those of `parts(turn)`; marks, blanks and ends around them stay."""
        for place, part in zip(self._held(turn), parts, strict=True):
            piece = self.pieces[place]
            start, end = inner(piece, self.family, lead=place == 0)
            self.pieces[place] = piece[:start] + part + piece[end:]

    def around(self, turn: int) -> tuple[str, str]:
        """Return what stands before and after what a turn says, its mark with it."""
        places = self._of_turn(turn)
        first, last = self.pieces[places[0]], self.pieces[places[-1]]
        mark = self.pieces[places[0] - 1] if places[0] else ""
        start = inner(first, self.family, lead=places[0] == 0)[0]
        return mark + first[:start], last[inner(last, self.family, lead=places[-1] == 0)[1] :]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)

    def _of_turn(self, turn: int) -> list[int]:
        """Return the pieces of a turn."""
        if self._places is not None:
            return self._places[turn]
        return [2 * (turn + 1 - self.led)]

    def _held(self, turn: int) -> list[int]:
        places = self._of_turn(turn)
        return places if len(places) == 1 else [place for place in places if self._text(place)] or places[:1]

    def _text(self, place: int) -> str:
        return _said(self.pieces[place], self.family, lead=place == 0)


def _without_end(text: str, closed: tuple[str, ...]) -> str:
    """Return a stripped text without the tokens that end it."""
    for _ in range(_MOST_ENDS):
        for token in closed:
            if text.endswith(token):
                text = text[: -len(token)].rstrip()
                break
        else:
            break
    return text


def _said(piece: str, family: Family, *, lead: bool = False) -> str:
    start, end = inner(piece, family, lead=lead)
    return piece[start:end]


def inner(piece: str, family: Family, *, lead: bool = False) -> tuple[int, int]:
    """Return where what a turn says begins and ends in a piece: without the blanks around it and the tokens that end it.

    For a `lead`, what stands before the first mark, tokens that begin a text and the mark of a system prompt are left out too.
    """
    start = _beginning(family.leads).match(piece).end() if lead else len(piece) - len(piece.lstrip())  # type: ignore[union-attr]
    return start, start + len(_without_end(piece[start:].rstrip(), family.closed))


@cache
def _beginning(leads: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches blanks, tokens that begin a text and marks of a system prompt, in any number."""
    return re.compile(rf"(?:\s|{'|'.join(map(re.escape, leads))})*+")
