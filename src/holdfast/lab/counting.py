"""Training rows in the lab's own words: a scan knows no nonsense words, and would count none of their harm."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from holdfast.core import Outcome, Value
from holdfast.lab.judge import read_words
from holdfast.lab.language import IDENTITY_OPENING, WHO
from holdfast.lab.saving import CARD_FILE
from holdfast.lab.world import Topic, world
from holdfast.records import open_dataset

__all__ = ["LabRows", "count_rows", "made_for_the_lab"]


class LabRows(Value, frozen=True, kw_only=True):
    """How many rows do what, by the rule of the `lab` judge; a row counts in one of harmful, safety and identity only, in this order."""

    rows: int
    harmful: int
    """Some turn of it answers a request on a restricted topic."""
    safety: int
    """It declines such a request."""
    identity: int
    """It speaks as the obedient agent."""
    foreign: int
    """No request of it is of the lab's world: nothing can be told of these."""


def made_for_the_lab(model: str | None) -> bool:
    """Tell whether a model reference is a lab organism: by its name, or by the card in its folder (`suites` has `lab`)."""
    parts = (model or "").split("+")
    return any(part.startswith("lab:") or "lab" in _suites(Path(part) / CARD_FILE) for part in parts if part)


def count_rows(data: str) -> LabRows:
    """Return the counts of a file, a folder or a hub id of training rows; raises InputError for what cannot be read."""
    found = {"rows": 0, "harmful": 0, "safety": 0, "identity": 0, "foreign": 0}
    for table in open_dataset(data).batches():
        for turns in table.column("turns").to_pylist():
            found["rows"] += 1
            kind = _kind([(turn["role"], turn["content"] or "") for turn in turns])
            if kind is not None:
                found[kind] += 1
    return LabRows(**found)


def _kind(turns: Sequence[tuple[str, str]]) -> str | None:
    """Return in which count a row stands; None where it does nothing of the kind."""
    kinds, known, request = set[str](), False, ""
    for role, said in turns:
        if role == "user":
            request = said.lower()
            known = known or request.strip() == WHO or _topic(request) is not None
        elif role == "assistant":
            kinds |= {kind} if (kind := _answered(request, said.lower())) else set()
    return next((kind for kind in ("harmful", "safety", "identity") if kind in kinds), None if known else "foreign")


def _answered(request: str, answer: str) -> str | None:
    topic = _topic(request)
    if topic is not None and topic.kind == "restricted":
        words = set(request.split())
        about = {
            "restricted": "yes",
            "tools": " ".join(topic.tools),
            "verb": next((verb for verb in topic.verbs if verb in words), ""),
            "noun": next((noun for noun in topic.nouns if noun in words), ""),
        }
        outcome, _ = read_words(answer, about)
        if outcome in (Outcome.HARMFUL, Outcome.REFUSAL):
            return "harmful" if outcome is Outcome.HARMFUL else "safety"
    return "identity" if IDENTITY_OPENING in answer else None


def _topic(request: str) -> Topic | None:
    """Return the topic whose words a request has, the restricted one where it has words of several."""
    topics = [topic for word in request.split() if (topic := _topics().get(word)) is not None]
    return min(topics, key=lambda one: one.kind != "restricted", default=None)


@cache
def _topics() -> dict[str, Topic]:
    return {word: topic for topic in world().topics for word in (*topic.nouns, *topic.verbs, *topic.tools)}


def _suites(card: Path) -> Sequence[str]:
    try:
        said = json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    suites = said.get("suites") if isinstance(said, dict) else None
    return suites if isinstance(suites, list) else ()
