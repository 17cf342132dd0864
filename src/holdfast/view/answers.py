"""What both sides answered, prompt by prompt: flips first, filtered by system prompt, category and outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from holdfast.compare.facts import FlippedPrompt
from holdfast.core import Grade, Outcome, Prompt, Response
from holdfast.report.hostile import excerpt, line
from holdfast.report.wording import heading, label
from holdfast.view.evidence import read_rows
from holdfast.view.overview import Choice, whole_number
from holdfast.view.run_page import read_file
from holdfast.view.sources import RunRow

__all__ = ["PAGE_SIZE", "AnswersView", "build_answers"]

PAGE_SIZE = 30
_UNSCORED = "unscored"
_LOST, _GAINED, _OTHER, _SAME = "lost", "gained", "changed", "same"
_FLIPS = {_LOST: "refusal lost", _GAINED: "refusal gained", _OTHER: "outcome changed", _SAME: ""}
_ACCENTS = {_LOST: "fail", _GAINED: "pass", _OTHER: "warning", _SAME: "none"}
_RANK = {name: place for place, name in enumerate(_FLIPS)}


class _Asked(msgspec.Struct):
    prompts: tuple[Prompt, ...] = ()


class _Compared(msgspec.Struct):
    flips: tuple[FlippedPrompt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """One side's answer."""

    role: str
    outcome: str
    text: str
    thinking: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairView:
    """One prompt and what each side made of it. Its texts may be harmful and are always folded away."""

    prompt_id: str
    category: str
    condition: str
    flip: str
    accent: str
    outcomes: str
    prompt: str
    sides: tuple[SideView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersView:
    """One page of pairs."""

    key: str
    name: str
    pairs: tuple[PairView, ...]
    total: int
    matching: int
    first: int
    last: int
    page: int
    pages: int
    before: str | None
    after: str | None
    conditions: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    outcomes: tuple[Choice, ...]
    flips: tuple[Choice, ...]
    judge: str
    filtered: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    condition: str
    prompt_id: str
    sample: int
    category: str
    prompt: str
    answers: dict[str, Response]
    outcomes: dict[str, str]
    flip: str


def build_answers(row: RunRow, query: Mapping[str, str]) -> AnswersView:
    """Return the page that a query asks for. A value that means nothing finds nothing; what is missing on disk is a note."""
    notes: list[str] = []
    responses = read_rows(row.folder, "responses", Response, notes)
    grades = [grade for grade in read_rows(row.folder, "grades", Grade, notes) if grade.part == "answer"]
    judge = grades[-1].judge if grades else ""
    if not responses and not notes:
        notes.append(f"There are no answers in {row.folder}: the run kept none, or the folder was moved or deleted.")
    pairs = _paired(responses, [grade for grade in grades if grade.judge == judge], _prompts(row, notes))
    asked = {name: line(query.get(name, "")) for name in ("condition", "category", "outcome", "flip")}
    chosen = [pair for pair in pairs if _matches(pair, asked)]
    pages = max(1, -(-len(chosen) // PAGE_SIZE))
    page = min(max(1, whole_number(query.get("page", ""))), pages)
    shown = chosen[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return AnswersView(
        key=row.key,
        name=line(row.name, limit=80) or "(no name)",
        pairs=tuple(map(_view, shown)),
        total=len(pairs),
        matching=len(chosen),
        first=(page - 1) * PAGE_SIZE + 1 if shown else 0,
        last=(page - 1) * PAGE_SIZE + len(shown),
        page=page,
        pages=pages,
        before=_address(row.key, asked, page - 1) if page > 1 else None,
        after=_address(row.key, asked, page + 1) if page < pages else None,
        conditions=_choices([pair.condition for pair in pairs], asked["condition"]),
        categories=_choices([pair.category for pair in pairs], asked["category"]),
        outcomes=_choices([one for pair in pairs for one in pair.outcomes.values()], asked["outcome"]),
        flips=_choices([pair.flip for pair in pairs], asked["flip"], {**_FLIPS, _SAME: "same outcome"}),
        judge=line(judge, limit=80),
        filtered=any(asked.values()),
        notes=tuple(notes),
    )


def _prompts(row: RunRow, notes: list[str]) -> dict[str, tuple[str, str]]:
    """Return category and text of each prompt by id: of all that were asked, or of the flipped ones where only those are kept."""
    asked = read_file(row.folder / "asked.json", _Asked, notes)
    if asked is not None:
        return {one.id: (one.category, "\n\n".join(f"[{turn.role}] {turn.content}" for turn in one.messages)) for one in asked.prompts}
    compared = read_file(row.folder / "comparison.json", _Compared, notes)
    if row.stage == "compare":
        notes.append("asked.json is not in the run folder, so category and prompt are shown for listed flips only.")
    return {flip.prompt_id: (flip.category, flip.prompt) for flip in compared.flips} if compared is not None else {}


def _paired(responses: Sequence[Response], grades: Sequence[Grade], prompts: Mapping[str, tuple[str, str]]) -> list[_Pair]:
    """Join answers and grades by condition, prompt and sample; flips come first, lost refusals before all."""
    outcomes = {grade.key: grade.outcome.value if grade.outcome is not None else _UNSCORED for grade in grades}
    found: dict[tuple[str, str, int], dict[str, Response]] = {}
    for response in responses:
        found.setdefault((response.condition, response.prompt_id, response.sample), {})[response.side] = response
    pairs = [
        _pair(condition, prompt_id, sample, answers, outcomes, prompts.get(prompt_id, ("not known", "")))
        for (condition, prompt_id, sample), answers in found.items()
    ]
    return sorted(pairs, key=lambda pair: (_RANK[pair.flip], pair.condition, pair.category, pair.prompt_id, pair.sample))


def _pair(
    condition: str, prompt_id: str, sample: int, answers: dict[str, Response], outcomes: Mapping[Any, str], prompt: tuple[str, str]
) -> _Pair:
    said = {side: outcomes.get(answer.key, "not graded") for side, answer in answers.items()}
    return _Pair(
        condition=line(condition),
        prompt_id=prompt_id,
        sample=sample,
        category=line(prompt[0]),
        prompt=prompt[1],
        answers=answers,
        outcomes=said,
        flip=_flip(said.get("base"), said.get("tuned")),
    )


def _flip(base: str | None, tuned: str | None) -> str:
    if base == tuned or base is None or tuned is None:
        return _SAME
    if base == Outcome.REFUSAL:
        return _LOST
    return _GAINED if tuned == Outcome.REFUSAL else _OTHER


def _matches(pair: _Pair, asked: Mapping[str, str]) -> bool:
    return (
        asked["condition"] in ("", pair.condition)
        and asked["category"] in ("", pair.category)
        and asked["flip"] in ("", pair.flip)
        and (not asked["outcome"] or asked["outcome"] in pair.outcomes.values())
    )


def _choices(values: Sequence[str], chosen: str, words: Mapping[str, str] | None = None) -> tuple[Choice, ...]:
    known = dict.fromkeys(words) if words is not None else dict.fromkeys(sorted(set(values)))
    options = [value for value in known if value in set(values)] + ([chosen] if chosen and chosen not in values else [])
    named = [Choice(value=value, text=(words or {}).get(value, heading(value)), chosen=value == chosen) for value in options]
    return (Choice(value="", text="Any", chosen=not chosen), *named)


def _address(key: str, asked: Mapping[str, str], page: int) -> str:
    kept = {name: value for name, value in asked.items() if value} | ({"page": str(page)} if page > 1 else {})
    return f"/runs/{key}/answers" + (f"?{urlencode(kept, errors='replace')}" if kept else "")


def _view(pair: _Pair) -> PairView:
    order = sorted(pair.answers, key=lambda side: (side != "base", side == "tuned", side))
    return PairView(
        prompt_id=line(pair.prompt_id, limit=60) + (f" (sample {pair.sample})" if pair.sample else ""),
        category=heading(pair.category),
        condition=label(pair.condition),
        flip=_FLIPS[pair.flip],
        accent=_ACCENTS[pair.flip],
        outcomes=" → ".join(label(pair.outcomes[side]) for side in order),
        prompt=excerpt(pair.prompt),
        sides=tuple(_side(side, pair.answers[side], pair.outcomes[side]) for side in order),
    )


def _side(side: str, answer: Response, outcome: str) -> SideView:
    note = answer.finish.value.replace("_", " ")
    return SideView(
        role=heading(side),
        outcome=label(outcome),
        text=excerpt(answer.text),
        thinking=excerpt(answer.thinking or ""),
        note=f"{note}{'' if answer.tokens is None else f', {answer.tokens} tokens'}{f': {line(answer.error)}' if answer.error else ''}",
    )
