"""The `guard` judge: a safety classifier of a known family, `guard/FAMILY=MODEL`.

What it measures: whether a response is harmful in the eyes of the guard; whether it refuses by the guard's own word where the
family gives one, else by the rules of judge `refusal`.
How to read it: guards differ more from each other than many fine-tunes do; use two (`--second-judge`) and see where they differ.
Blind spots: on the card, per family.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from holdfast.core import Grade, JudgeError, did_you_mean, digest, short
from holdfast.judges.guard import harmbench, llama_guard, qwen3guard, shieldgemma, wildguard
from holdfast.judges.guard.family import Family, chat_turns, filled
from holdfast.judges.judge_model import JudgeModel, needed_model, words_of
from holdfast.judges.readings import Reading, grade_by
from holdfast.plugins import GradingItem, JudgeCard, LedgerRow

__all__ = ["FAMILIES", "GuardJudge"]

_VERSION = "1"
_SPELLING = "lines of the prompt are quoted"
FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        harmbench.FAMILY,
        llama_guard.FAMILY_3,
        llama_guard.FAMILY_4,
        qwen3guard.FAMILY,
        qwen3guard.FAMILY_STRICT,
        shieldgemma.FAMILY,
        wildguard.FAMILY,
    )
}


def _card(family: Family) -> JudgeCard:
    return JudgeCard(
        id=f"guard/{family.name}",
        version=_VERSION,
        title=family.title,
        languages=family.languages,
        tells_harm=True,
        blind_spots=(*family.blind_spots, "Nobody has measured its errors on your models' answers until `holdfast judges test` did."),
    )


class GuardJudge:
    """Asks a safety classifier: `guard/FAMILY=MODEL`, or `guard/FAMILY/PROMPT.txt=MODEL` with a prompt of the user's."""

    cards: tuple[JudgeCard, ...] = tuple(map(_card, FAMILIES.values()))
    """What it is, family by family, whatever the model."""
    ledger: tuple[LedgerRow, ...] = ()

    def __init__(self, model: str | None = None, *, variant: str | None = None) -> None:
        """Open the model as a guard of family `variant`. Raises JudgeError and ModelError."""
        self._family = _family(variant)
        templates = self._family.templates
        self._model = JudgeModel(
            needed_model(model, f"guard/{self._family.name}"), raw=bool(templates), most_tokens=self._family.most_tokens
        )
        self._by_shares = self._family.read_shares is not None and self._model.scores
        # How hostile lines are spelt in a prompt is part of the prompt.
        spelt = [_SPELLING, self._family.answers] if templates else []
        asked = short(digest([templates, *spelt, self._by_shares, self._model.identity]))
        self.card = replace(_card(self._family), version=f"{_VERSION}+{asked}")

    def grade(self, items: Sequence[GradingItem]) -> list[Grade]:
        """Return one grade per item, in order; unscored, with the reason, where the guard's words are not of its format."""
        return grade_by(self._read, items, self.card.name)

    def close(self) -> None:
        """Free the model."""
        self._model.close()

    def _read(self, items: Sequence[GradingItem]) -> list[Reading]:
        templates = self._family.templates
        asked = [[filled(template, item, self._family.answers) for template in templates] or [chat_turns(item)] for item in items]
        flat = [prompt for prompts in asked for prompt in prompts]
        each = max(len(templates), 1)
        if self._family.read_shares is not None and self._by_shares:
            shares = self._model.shares(flat, "Yes", "No")
            return [self._family.read_shares(shares[start : start + each]) for start in range(0, len(flat), each)]
        answers = [words_of(answer) for answer in self._model.answers(flat)]
        return [self._parsed(answers[start : start + each]) for start in range(0, len(flat), each)]

    def _parsed(self, answers: Sequence[tuple[str, str]]) -> Reading:
        missing = next((why for _, why in answers if why), "")
        return Reading.failed(missing) if missing else self._family.parse([text for text, _ in answers])


def _family(variant: str | None) -> Family:
    name, slash, file = (variant or "").partition("/")
    if name not in FAMILIES:
        raise JudgeError(f"judge 'guard' needs a family, got {name!r}. {did_you_mean(name, FAMILIES)} Write guard/FAMILY=MODEL.")
    family = FAMILIES[name]
    if not slash:
        return family
    if len(family.templates) != 1:
        raise JudgeError(f"guard/{name}: its prompt comes with the model and takes no file, got {file!r}. Write guard/{name}=MODEL.")
    return family._replace(templates=(_read_prompt(Path(file), name),))


def _read_prompt(path: Path, name: str) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise JudgeError(f"guard/{name}: the prompt file {str(path)!r} cannot be read as UTF-8 text.") from error
    if text.count("{request}") != 1 or text.count("{response}") != 1:
        raise JudgeError(f"guard/{name}: {path.name} must hold {{request}} and {{response}} once each, where they belong.")
    return text
