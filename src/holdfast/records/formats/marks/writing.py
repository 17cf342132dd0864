"""Turns written as one text with marks: in place where the roles stay, else anew in the style of another text."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import Message
from holdfast.records.formats.format import RowError
from holdfast.records.formats.marks.family import BEGINNINGS, Cut, Family
from holdfast.records.formats.marks.openings import Marks
from holdfast.records.formats.texts import split_like

__all__ = ["changed_text", "new_text"]


def changed_text(text: str, cut: Cut, messages: Sequence[Message], marks: Marks) -> str:
    """Return a text with new turns; where their roles are the same, only words change. Raises RowError where the marks cannot hold them."""
    if [message.role for message in messages] != cut.roles:
        return new_text(cut.family, messages, marks, cut)
    for turn, message in enumerate(messages):
        if message.content != cut.contents[turn]:
            cut.with_parts(turn, split_like(message.content, cut.parts(turn), "\n"))
    return _checked(cut.text, messages, marks, cut.family)


def new_text(family: Family, messages: Sequence[Message], marks: Marks, like: Cut | None) -> str:
    """Return turns as a text of a family, in the style of `like` where that can hold them; raises RowError where nothing can."""
    if like is not None and like.family is family:
        try:
            return _checked(_like(messages, like), messages, marks, family)
        except (KeyError, RowError):
            pass
    try:
        return _checked(_plain(family, messages), messages, marks, family)
    except KeyError as error:
        raise RowError(f"a transcript of family {family.name} has no mark for a turn of {error.args[0]}") from None


def _plain(family: Family, messages: Sequence[Message]) -> str:
    text, previous = family.begins, ""
    for message in messages:
        before, after = family.style.get(f"{message.role} after {previous}") or family.style[message.role]
        text += f"{before}{message.content}{after}"
        previous = message.role
    return text.removeprefix("\n").rstrip()


def _like(messages: Sequence[Message], like: Cut) -> str:
    """Write turns with what stands around turns of the same role; raises KeyError for a role that is not there."""
    around: dict[str, tuple[str, str]] = {}
    turns = len(like.roles)
    for turn, role in enumerate(like.roles):
        before, after = like.around(turn)
        if turn == turns - 1:
            after = around[role][1] if role in around else after if after.strip() else like.family.style[role][1]
        around.setdefault(role, (before, after))
    begins = "" if like.led else like.pieces[0]
    if not begins and messages[0].role != "system":
        begins = _beginning(like)
    text = begins + "".join(f"{around[message.role][0]}{message.content}{around[message.role][1]}" for message in messages[:-1])
    last = messages[-1]
    ends = like.around(turns - 1)[1] if last.role == like.roles[-1] else around[last.role][1]
    return f"{text}{around[last.role][0]}{last.content}{ends}"


def _beginning(like: Cut) -> str:
    """Return the tokens that begin a text, without the words that stand before its first mark."""
    lead = like.pieces[0]
    return next((token for token in BEGINNINGS if lead.lstrip().startswith(token)), "")


def _checked(text: str, messages: Sequence[Message], marks: Marks, family: Family) -> str:
    """Return a text that is read as the turns it was written from; raises RowError for another one."""
    cut = marks.cut(text)
    wanted = [(message.role, message.content.strip()) for message in messages]
    if cut is None or cut.family is not family or list(zip(cut.roles, cut.contents, strict=True)) != wanted:
        raise RowError(f"a transcript of family {family.name} cannot hold these turns: they would be read as others")
    return text
