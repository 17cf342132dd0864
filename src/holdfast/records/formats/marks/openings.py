"""Which family of marks a text is written in, told by how it opens."""

from __future__ import annotations

import re
from collections.abc import Sequence

from holdfast.records.formats.format import Roles, RowError
from holdfast.records.formats.marks.families import FAMILIES, family_named
from holdfast.records.formats.marks.family import BEGINNINGS, Cut, Family, Names

__all__ = ["Marks"]

_DEEPSEEK = "<｜begin▁of▁sentence｜>"
"""Its system prompt stands right behind the token that begins the text, without a mark."""
_OPENINGS: Sequence[tuple[str, tuple[str, ...]]] = (
    (r"<\|im_start\|>", ("chatml",)),
    (r"<\|start_header_id\|>", ("llama-3",)),
    (r"<\|header_start\|>", ("llama-4",)),
    (r"<\|start_of_role\|>", ("granite",)),
    (r"\[INST\]|\[SYSTEM_PROMPT\]|\[AVAILABLE_TOOLS\]", ("llama-2",)),
    (r"<\|(?:system|user|human|prompter|SYSTEM|USER|HUMAN|PROMPTER)\|>", ("zephyr",)),
    (r"<start_of_turn>", ("gemma",)),
    (rf"<｜User｜>|{_DEEPSEEK}", ("deepseek",)),
    (r"<\|START_OF_TURN_TOKEN\|>", ("command-r",)),
    (r"<\|start\|>", ("harmony",)),
    (r"(?:GPT4 Correct|GPT4|Code) User:", ("openchat",)),
    (r"<\|im_(?:system|user)\|>", ("kimi",)),
    (r"\[Round \d", ("chatglm",)),
    (r"Instruction:", ("instruction-labels",)),
    (r"###[ ]?(?:Human|User|System|HUMAN|USER)[ ]?[:：]", ("guanaco", "alpaca")),
    (r"###[ ]?(?:Instruction|指令)[ ]?[:：]|Below is an instruction that describes a task", ("alpaca",)),
    (r"###[ ]?Question[ ]?:", ("question-headings",)),
    (r"USER:|A chat between a curious", ("vicuna", "user-assistant")),
    (r"(?:\*\*)?Human(?:\*\*)?:", ("human-assistant",)),
    (r"(?:\*\*)?User(?:\*\*)?:", ("user-assistant",)),
    (r"<human>:", ("human-bot",)),
    (r"(?:\*\*)?(?:用户|人类|系统)(?:\*\*)?[:：]", ("chinese-labels",)),
    (r"(?:\*\*)?System(?:\*\*)?:|SYSTEM:", ("human-assistant", "user-assistant", "vicuna")),
)
"""What a text of a family begins with, after the tokens that may begin any text."""

_BEGINS = "|".join(re.escape(token) for token in BEGINNINGS if token != _DEEPSEEK)
_OPENING = re.compile(rf"(?:\s|{_BEGINS})*+(?:{'|'.join(f'({opening})' for opening, _ in _OPENINGS)})")
_OPENED = {index: tuple(map(family_named, names)) for index, (_, names) in enumerate(_OPENINGS, 1)}


class Marks:
    """Cuts texts into turns, each by the marks that it opens with.

    Where nothing else is known, a text is a transcript only if it opens with a mark and has a request and an answer that say something.
    """

    def __init__(self, roles: Roles, *, family: str = "") -> None:
        """Take a file's roles and, where most of its texts are transcripts, their family.

        Words may then stand before the first mark, and an answer may be missing.
        """
        self._names = {known.name: Names(known, roles) for known in FAMILIES}
        self._usual = usual = family_named(family) if family else None
        self._opened = {index: sorted(families, key=lambda one: one is not usual) for index, families in _OPENED.items()}

    def cut(self, text: str) -> Cut | None:
        """Return the turns of a text; None where it is no transcript. Raises RowError for a mark whose role is not known."""
        opening = _OPENING.match(text)
        if opening is not None and opening.lastindex is not None:
            for family in self._opened[opening.lastindex]:
                cut = self._of(text, family)
                if cut is not None and ((self._usual is not None and "user" in cut.roles) or _answers(cut)):
                    return cut
        if self._usual is not None:
            cut = self._of(text, self._usual)
            if cut is not None and _answers(cut):
                return cut
        return None

    def tell(self, text: str) -> str:
        """Return the name of the family of a text, words before its first mark or not; '' where it is no transcript."""
        cut = self.cut(text)
        if cut is not None:
            return cut.family.name
        return next((family.name for family in FAMILIES if (cut := self._of(text, family)) is not None and _answers(cut)), "")

    def _of(self, text: str, family: Family) -> Cut | None:
        try:
            return Cut.of(text, family, self._names[family.name])
        except RowError:
            if self._usual is None:
                return None
            raise


def _answers(cut: Cut) -> bool:
    """Tell whether a request and an answer after it say something."""
    asked = False
    for role, said in zip(cut.roles, cut.contents, strict=True):
        if said and role == "user":
            asked = True
        elif said and asked and role == "assistant":
            return True
    return False
