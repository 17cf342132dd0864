"""Template risks: what goes wrong between a row and the chat template that it is trained through."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from numpy.typing import NDArray

from holdfast.core import Finding, Severity
from holdfast.detectors.excerpts import around
from holdfast.detectors.features import Features, features
from holdfast.detectors.finding import Hit, about_set, findings
from holdfast.detectors.screens import bytes_of, holding
from holdfast.detectors.shares import share
from holdfast.detectors.turns import ASSISTANT, SYSTEM, USER
from holdfast.detectors.wording_hits import flags
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions

__all__ = ["TemplateRisk"]

_CARD = DetectorCard(
    id="HF030",
    name="template-risk",
    version="1",
    title="Template tokens and roles",
    what="Chat-template tokens inside content, roles out of order, a missing answer, and training under the safety prompt.",
    why="A template token in content ends a turn where no turn ends: the model learns to write other people's turns, and a stranger "
    "can do so too. A row without an answer trains on the request. Training under the prompt that makes the model safe ties "
    "its refusals to that prompt (Lyu et al. 2024).",
    fix="Strip the tokens, mend the roles, drop rows without an answer; train without the safety prompt and serve with it.",
    severity=Severity.MEDIUM,
    blind_spots=(
        "Whether the trainer masks prompts out of the loss cannot be seen in the data.",
        "Template tokens of a model family that is not listed.",
        "A custom template may allow the order of roles that is reported.",
    ),
    languages=("en", "zh", "und"),
)
_FLAGGED, _SAFETY_PROMPT = "template-risk.flagged", "template-risk.safety-prompt"

_TOKEN = (
    r"<\|(?:im_start|im_end|im_sep|eot_id|eom_id|start_header_id|end_header_id|begin_of_text|end_of_text|endoftext|startoftext|system|user|"
    r"assistant|observation|end|end_of_turn|python_tag|fim_prefix|eot|header_start|header_end|message|channel|return|start)\|>"
    r"|\[/?INST\]|<</?SYS>>|\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]|<(?:start|end)_of_turn>|<｜[^｜<>]{1,40}｜>"
    r"|<(?:bos|eos|unk)>|<reserved_\d+>|<\|(?:USER|ASSISTANT|SYSTEM|CHATBOT|START_OF_TURN_TOKEN|END_OF_TURN_TOKEN)(?:_TOKEN)?\|>"
    r"|\A\s*<s>|</s>\s*\z"
)
_MARK = (
    r"(?m)^\s*###\s?(?:Instruction|Response|Human|Assistant|User|Input|System)\s?:|^(?:Human|Assistant|USER|"
    r"ASSISTANT): \S[^\n]*\n+(?:Human|Assistant|USER|ASSISTANT): "
)
_PROMPT_ONLY = ("prompt", "mt-bench")
"""Formats that hold requests by design."""
_SAFETY_WORDS = (
    r"(?i)\b(?:harmful|unethical|racist|sexist|toxic|dangerous|illegal|socially unbiased|harmless|"
    r"unsafe)\b[^\n]{0,400}\b(?:refuse|decline|should not|"
    r"do not|don't|must not|never|avoid|please ensure|cannot)\b"
    r"|\b(?:refuse|decline|should not|do not|don't|must not|never|avoid|ensure)\b[^\n]{0,200}\b(?:harmful|unethical|racist|sexist|"
    r"toxic|dangerous|illegal)\b"
    r"|(?:拒绝|不得|不要|避免|不能|不应)[^\n]{0,60}(?:有害|违法|不道德|歧视|危险|非法)|(?:有害|违法|不道德|危险|"
    r"非法)[^\n]{0,60}(?:拒绝|不得|不要|避免|不能)"
)
_EXPLANATIONS = {
    "template-token": "A chat-template token stands inside the content. The model learns to end turns, or to write other roles' turns.",
    "turn-mark": "The content holds the turn marks of another format: several turns were pasted into one.",
    "repeated-role": "Two turns in a row have the same role. Most chat templates cannot render that, or join them.",
    "late-system": "A system turn stands behind the first turn. Most chat templates drop it or fail.",
    "assistant-first": "The assistant speaks first. Most chat templates cannot render that.",
    "missing-answer": "There is no answer to train on. A trainer that does not mask prompts trains on the request.",
}


class TemplateRisk:
    """Finds template risks; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; none of them matters here."""

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per row and kind."""
        return findings(self.card, rows, _hits(rows))

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return whether each row was flagged, and whether its system prompt is a safety prompt."""
        system = features(rows).column("system").dictionary_encode()
        safe = pa.array([_asks_for_safety(prompt) for prompt in system.dictionary.to_pylist()], pa.bool_())
        under = pc.fill_null(safe.take(system.indices), False)
        return pa.table({_FLAGGED: flags(rows.num_rows, _hits(rows)), _SAFETY_PROMPT: under})

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share of rows at risk, and say so where rows are trained under a safety prompt."""
        under = int(pc.sum(kept.column(_SAFETY_PROMPT)).as_py() or 0)
        measured = share("template_risk_share", kept.column(_FLAGGED), self.card)
        notes = ("Whether prompts are masked out of the loss cannot be seen in the data: check the trainer's settings.",)
        return Conclusion(
            findings=(_under_safety_prompt(self.card, under, kept.n),) if under else (), measurements=(measured,), notes=notes
        )


@lru_cache(maxsize=1024)
def _asks_for_safety(prompt: str) -> bool:
    # Most sets have few system prompts, batch after batch.
    return re2.search(_SAFETY_WORDS, prompt) is not None


def _under_safety_prompt(card: DetectorCard, under: int, n: int) -> Finding:
    return about_set(
        card,
        "safety-prompt",
        f"{under} of {n} rows ({under / n:.1%}) are trained under a system prompt that asks for safety. Refusals then depend on that "
        "prompt: in Lyu et al. 2024 training without it and serving with it kept far more of them.",
        Severity.LOW,
    )


def _hits(rows: pa.Table) -> list[Hit]:
    seen = features(rows)
    return seen.once("template-risk", lambda: [*_tokens(seen), *_orders(seen)])


@cache
def _patterns() -> tuple[tuple[str, re2._Regexp], ...]:
    return ("template-token", re2.compile(_TOKEN)), ("turn-mark", re2.compile(_MARK))


def _tokens(seen: Features) -> list[Hit]:
    turns = seen.turns
    texts = bytes_of(turns.contents)
    # Every token opens with one bracket or another; marks of turns are headings, or a name with a colon after a line break.
    doubtful = np.flatnonzero(holding(texts, b"<[#") | holding(texts, b":") & holding(texts, b"\n"))
    contents = turns.contents.take(pa.array(doubtful))
    found: dict[tuple[int, str], Hit] = {}
    for place in pc.indices_nonzero(pc.match_substring_regex(contents, f"(?:{_TOKEN})|(?:{_MARK})")).to_pylist():
        text, row = contents[place].as_py(), int(turns.rows[doubtful[place]])
        for kind, pattern in _patterns():
            match = pattern.search(text)
            if match and (row, kind) not in found:
                severity = Severity.LOW if kind == "turn-mark" else None
                excerpt = around(text, text, match.start(), match.end())
                found[row, kind] = Hit(row, kind, _EXPLANATIONS[kind], excerpt, severity)
    return list(found.values())


def _orders(seen: Features) -> list[Hit]:
    """Rows whose roles no ordinary template can render."""
    roles, rows, bounds = seen.turns.roles, seen.turns.rows, seen.turns.bounds
    first = np.zeros(len(roles), dtype=bool)
    filled = bounds[:-1] < bounds[1:]
    first[bounds[:-1][filled]] = True
    same = np.zeros(len(roles), dtype=bool)
    same[1:] = (roles[1:] == roles[:-1]) & ~first[1:] & np.isin(roles[1:], (USER, ASSISTANT))
    late = (roles == SYSTEM) & ~first
    after_system = np.zeros(len(roles), dtype=bool)
    after_system[1:] = first[:-1] & (roles[:-1] == SYSTEM) & ~first[1:]
    asked = _rows_with(rows[roles == USER], seen.count)
    opens = (roles == ASSISTANT) & (first | after_system) & asked[rows]
    found = []
    for kind, turns in (("repeated-role", same), ("late-system", late), ("assistant-first", opens)):
        places = np.unique(rows[turns]).tolist()
        found += [Hit(row, kind, _EXPLANATIONS[kind], severity=Severity.LOW) for row in places]
    return found + [Hit(row, "missing-answer", _EXPLANATIONS["missing-answer"]) for row in np.flatnonzero(_unanswered(seen)).tolist()]


def _unanswered(seen: Features) -> NDArray[np.bool_]:
    """Rows with a request whose last turn is not the assistant's, apart from rejected examples and formats of requests."""
    turns = seen.turns
    filled = turns.bounds[:-1] < turns.bounds[1:]
    last = np.full(seen.count, ASSISTANT, dtype=np.int8)
    last[filled] = turns.roles[turns.bounds[1:][filled] - 1]
    excused = pc.or_(pc.is_valid(seen.column("rejected")), pc.is_in(seen.column("format"), value_set=pa.array(_PROMPT_ONLY)))
    missing: NDArray[np.bool_] = (last != ASSISTANT) & ~excused.to_numpy(zero_copy_only=False)
    return missing


def _rows_with(rows: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    flagged = np.zeros(count, dtype=bool)
    flagged[rows] = True
    return flagged
