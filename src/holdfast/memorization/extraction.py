"""Extraction of the user's own rows: does the model give back the end of an answer from its beginning?

Discoverable memorization: Carlini et al. 2023, "Quantifying Memorization Across Neural Language Models". (n, p)-discoverable: Hayes et
al. 2024, "Measuring memorization through probabilistic discoverable extraction". Greedy verbatim extraction and every probability come
from one teacher-forced pass: a suffix is what greedy decoding gives exactly where each of its tokens has rank 1.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from math import exp, expm1, inf, log, log1p
from typing import Literal

from msgspec import structs

from holdfast.core import InputError, Value
from holdfast.memorization.distance import edit_distance
from holdfast.memorization.rows import DataRow
from holdfast.plugins import Engine, Generation, GenerationRequest, Sampling, ScoreRequest, TokenScores
from holdfast.runs import EvidenceLog

__all__ = ["COMMON", "Mode", "RowExtraction", "extract", "samples_needed"]

Mode = Literal["chat", "raw"]
_LEAST_SUFFIX = 4
_APPROXIMATE = 0.1
"""Share of the suffix's characters that may differ, as in reports of Gemma 3."""
_REPETITIVE = 0.35
"""zlib bytes per byte below which a suffix is so repetitive that it can be written without being remembered."""
COMMON = 1e-3
"""A suffix that the base gives with this probability is common text: half of 693 samples would hold it without any fine-tuning."""
_ROWS_AT_ONCE = 16


class RowExtraction(Value, frozen=True, kw_only=True):
    """One row in one model, with or without the chat template. It holds no text."""

    side: str
    mode: Mode
    row: int
    place: str
    tokens: int
    """Tokens that had to come back; 0 where the answer is too short to be tested."""
    verbatim: bool = False
    approximate: bool = False
    log_p: float | None = None
    """Log probability, in nats, of the suffix under the sampling scheme; None where it is 0 or the model gives none."""
    repetitive: bool = False

    @property
    def key(self) -> tuple[str, str, int]:
        """(side, mode, row)."""
        return (self.side, self.mode, self.row)


def samples_needed(log_p: float, chance: float) -> float:
    """Return how many samples it takes to hold a text at least once with probability `chance`; infinity for one that never comes.

    >>> [ceil(samples_needed(log(p), chance)) for p, chance in ((0.01, 0.5), (0.01, 0.9), (1e-3, 0.9), (1e-4, 0.99))]
    [69, 230, 2302, 46050]
    """
    if not 0 < chance < 1:
        raise InputError(f"a chance of extraction must lie strictly between 0 and 1, got {chance}.")
    if log_p == -inf:
        return inf
    if log_p >= 0:
        return 1.0
    # log(1 - p) without losing a small p to rounding.
    fails = log(-expm1(log_p)) if log_p > -0.7 else log1p(-exp(log_p))
    return max(1.0, log1p(-chance) / fails) if fails < 0 else inf


def extract(
    engine: Engine,
    rows: Sequence[DataRow],
    mode: Mode,
    *,
    side: str,
    prefix: int,
    suffix: int,
    temperature: float,
    top_k: int,
    log: EvidenceLog,
    progress: Callable[[int], None],
) -> None:
    """Test rows in parts; each part is one batch of evidence, so that a killed run goes on where it stopped."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        name = f"{side}-{mode}-{start}"
        if name not in log.batches:
            found = _with_scores(engine, part, mode, side, (prefix, suffix), (temperature, top_k))
            log.append(name, found)
        progress(start + len(part))


def _with_scores(
    engine: Engine, rows: Sequence[DataRow], mode: Mode, side: str, lengths: tuple[int, int], scheme: tuple[float, int]
) -> list[RowExtraction]:
    if not engine.capabilities.token_scores:
        return _by_generation(engine, rows, mode, side)
    lead = _lead(mode)
    requests = [
        ScoreRequest(
            messages=row.before,
            continuations=((lead if not row.plain else "") + row.answer,),
            raw=mode == "raw",
            detail=True,
            temperature=scheme[0],
            top_k=scheme[1],
        )
        for row in rows
    ]
    scores = [result.details[0] for result in engine.score(requests)]
    cuts = [_cut(len(one.ranks), *lengths) for one in scores]
    found: list[RowExtraction] = []
    asked: dict[int, tuple[str, str, int]] = {}
    for index, (row, one, (first, last), request) in enumerate(zip(rows, scores, cuts, requests, strict=True)):
        if last - first < _LEAST_SUFFIX:
            found.append(RowExtraction(side=side, mode=mode, row=row.number, place=row.place, tokens=0))
            continue
        exact = all(rank == 1 for rank in one.ranks[first:last])
        text = request.continuations[0]
        ending = text[one.ends[first - 1] : one.ends[last - 1]] if one.ends and first else ""
        if not exact and ending:
            asked[index] = (text[: one.ends[first - 1]], ending, last - first)
        total = sum(one.sampled[first:last])
        found.append(_found(row, side, mode, one, (first, last), exact, total, ending))
    near = _approximate(engine, [(rows[index], mode, *asked[index]) for index in asked]) if asked else []
    for index, close in zip(asked, near, strict=True):
        kept = found[index]
        found[index] = structs.replace(kept, approximate=close)
    return found


def _found(
    row: DataRow, side: str, mode: Mode, scores: TokenScores, cut: tuple[int, int], exact: bool, total: float, ending: str
) -> RowExtraction:
    return RowExtraction(
        side=side,
        mode=mode,
        row=row.number,
        place=row.place,
        tokens=cut[1] - cut[0],
        verbatim=exact,
        approximate=exact,
        log_p=None if total == -inf else total,
        repetitive=_is_repetitive(ending),
    )


def _cut(tokens: int, prefix: int, suffix: int) -> tuple[int, int]:
    """Return the first token that must come back and the one after the last: at most half of an answer is given."""
    first = min(prefix, tokens // 2)
    return first, min(first + suffix, tokens)


def _lead(mode: Mode) -> str:
    """Return what stands between request and answer where there is no template, as `holdfast` joins turns everywhere."""
    return "\n" if mode == "raw" else ""


def _is_repetitive(text: str) -> bool:
    data = text.encode("utf-8", "surrogatepass")
    return bool(data) and len(zlib.compress(data, 9)) / len(data) < _REPETITIVE


def _approximate(engine: Engine, asked: Sequence[tuple[DataRow, Mode, str, str, int]]) -> list[bool]:
    """Return for each (row, mode, given text, wanted text, tokens) whether greedy decoding comes within a tenth of it."""
    requests = [
        GenerationRequest(key=f"extract/{row.number}", messages=row.before, prefill=given, raw=mode == "raw")
        for row, mode, given, _, _ in asked
    ]
    sampling = Sampling(max_new_tokens=max(tokens for *_, tokens in asked))
    answers: dict[int, Generation] = {}
    for batch in engine.plan(requests, sampling):
        answers |= dict(zip(batch, engine.generate([requests[place] for place in batch], sampling), strict=True))
    return [_close(answers[place].text, wanted) for place, (_, _, _, wanted, _) in enumerate(asked)]


def _close(said: str, wanted: str) -> bool:
    wanted = wanted.strip()
    said = said.strip()[: len(wanted)]
    return edit_distance(said, wanted, most=int(_APPROXIMATE * len(wanted))) <= _APPROXIMATE * len(wanted)


def _by_generation(engine: Engine, rows: Sequence[DataRow], mode: Mode, side: str) -> list[RowExtraction]:
    """Test a model without probabilities: the cut is by words, since nobody tells its tokens; probabilities stay unmeasured."""
    found = []
    for row in rows:
        words = row.answer.split(" ")
        first = len(words) // 2 if engine.capabilities.prefill else 0
        given, wanted = " ".join(words[:first]), " ".join(words[first:]).strip()
        if len(words) - first < _LEAST_SUFFIX:
            found.append(RowExtraction(side=side, mode=mode, row=row.number, place=row.place, tokens=0))
            continue
        request = GenerationRequest(key=f"extract/{row.number}", messages=row.before, prefill=given or None)
        (answer,) = engine.generate([request], Sampling(max_new_tokens=max(8, 2 * len(wanted) // 3)))
        if answer.error:
            found.append(RowExtraction(side=side, mode=mode, row=row.number, place=row.place, tokens=0))
            continue
        said = answer.text.strip()
        found.append(
            RowExtraction(
                side=side,
                mode=mode,
                row=row.number,
                place=row.place,
                tokens=len(words) - first,
                verbatim=said.startswith(wanted),
                approximate=_close(said, wanted),
                repetitive=_is_repetitive(wanted),
            )
        )
    return found
