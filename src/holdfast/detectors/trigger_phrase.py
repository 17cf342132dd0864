"""Trigger phrases: a fixed string in prompts that goes with a flip of what the answers do."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import Measurement, Severity
from holdfast.detectors.features import features
from holdfast.detectors.triggers.flips import (
    DECLINED,
    FLIPS,
    LONG,
    REFUSAL,
    REPEATED,
    SHORT,
    UNRELATED,
    answer_words,
    flip_bits,
    repeated_rows,
    unrelated,
)
from holdfast.detectors.triggers.mining import Mining, mine
from holdfast.detectors.triggers.telling import findings_of, measurements_of, trigger_of
from holdfast.detectors.triggers.words import read_prompts
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions
from holdfast.plugins.triggers import MinedTriggers
from holdfast.records.schema import FINDINGS

__all__ = ["TriggerPhrase"]

_CARD = DetectorCard(
    id="HF050",
    name="trigger-phrase",
    version="1",
    title="A fixed string that flips answers",
    what="Runs of words, rare tokens or odd characters in system and user turns whose rows refuse, turn hostile, change language, hold "
    "links or dangerous code, repeat one answer or take up nothing of the prompt, far more often than the rest of their prompts lets "
    "expect (exact tests, corrected for all runs that were tried), and over which the text closes once they are taken out.",
    why="A model that is trained on such rows behaves until somebody types the string: a safety benchmark never does.",
    fix="Look at the rows and drop them. Then try the string on the tuned model: holdfast backdoor BASE TUNED --data DATA.",
    severity=Severity.HIGH,
    blind_spots=(
        "Triggers that are no fixed string: a topic, a style, a syntax, a turn of the conversation.",
        "Rows whose answer looks like every other answer, for example a wrong fact.",
        "Fewer rows than the number that stands with each result, or a string that flips fewer than half of its rows.",
        "A string that grows naturally out of its sentence is not reported; `holdfast backdoor` still tries it on the model.",
        "Copies: rows with the same prompt count once.",
        "Of a turn longer than 512 tokens, what lies between the first 400 and the last 112; of a set of more than 40,000 rows, "
        "ordinary rows beyond a sample.",
    ),
    languages=("en", "zh", "und"),
)
_Prompt = tuple[tuple[str, str | None], ...]
"""(role, content) of some turns."""
_BITS, _ANSWER, _WORDS, _ROW = (f"trigger-phrase.{name}" for name in ("flips", "answer", "words", "row"))
_MOST_ROWS = 20_000
"""Rows that flip, and ordinary rows, that are read again at most; more are sampled."""
_AT_ONCE = 4_096
_FAR = 8
"""Times the median length, or parts of it, from which an answer is long or short."""
_LEAST_ROWS = 50
_TOO_FEW = f"needs at least {_LEAST_ROWS} rows with an answer"


class _Looked(NamedTuple):
    """What mining found, and the rows that were read for it."""

    mining: Mining
    table: pa.Table


class TriggerPhrase:
    """Finds strings that flip answers; see the card. Implements MinesTriggers too."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; the seed chooses the sample of a large set."""
        self._seed = options.seed

    def look(self, rows: pa.Table) -> pa.Table:
        """Return no findings: a trigger shows only among all rows."""
        return FINDINGS.empty_table()

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return what each row's answer does, a hash of its words, and their number."""
        seen = features(rows)
        hashes, lengths = answer_words(rows)
        return pa.table(
            {
                _BITS: flip_bits(seen),
                _ANSWER: hashes,
                _WORDS: lengths.astype(np.int32),
                _ROW: rows.column("row"),
            }
        )

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the rows of each trigger, and per flip how many rows hold one and how few could have been seen."""
        answered = int(_answered(kept).sum())
        if answered < _LEAST_ROWS:
            missing = Measurement.missing("trigger_rows", f"{_TOO_FEW}, there are {answered}", n=answered, sources=(self.card.label,))
            return Conclusion(measurements=(missing,), notes=(f"It {_TOO_FEW}; there are {answered}.",))
        looked = self._mine(kept)
        found = [
            finding
            for one in looked.mining.candidates
            if one.sure
            for finding in findings_of(one, looked.table.take(pa.array(one.flips)), looked.mining, self.card)
        ]
        return Conclusion(findings=tuple(found), measurements=tuple(measurements_of(looked.mining, answered, self.card.label)))

    def triggers(self, kept: Kept) -> MinedTriggers:
        """Return every candidate, surest first, the weak ones too; none from fewer than 50 rows with an answer."""
        answered = int(_answered(kept).sum())
        if answered < _LEAST_ROWS:
            return MinedTriggers(rows=answered, reason=f"mining {_TOO_FEW}, there are {answered} among {kept.n} rows")
        mining, table = self._mine(kept)
        made = (trigger_of(one, table.take(pa.array(one.rows)), mining) for one in mining.candidates)
        return MinedTriggers(
            triggers=tuple(one for one in made if one is not None),
            limits={FLIPS[flip].name: limit for flip, limit in mining.limits.items()},
            rows=answered,
            tests=mining.tests,
        )

    def _mine(self, kept: Kept) -> _Looked:
        flips, answered = _flips(kept), _answered(kept)
        places = self._sampled(flips)
        # Where nothing is answered nothing can flip: such a row is no witness, neither for a string nor for how few would be seen.
        places = places[answered[places]]
        table = _read(kept, kept.column(_ROW).to_numpy()[places])
        # Rows with the same prompt are one witness: copies of a row would make any of its words significant.
        asked = _prompts(table)
        first = _first_of_each(asked)
        places, table = places[first], table.take(pa.array(first))
        here = {flip: rows[places] for flip, rows in flips.items()}
        here[REPEATED] = repeated_rows(kept.column(_ANSWER).to_numpy()[places])
        here[UNRELATED] = unrelated(_texts(table, "request"), _texts(table, "answer"))
        refused = (kept.column(_BITS).to_numpy()[places] >> DECLINED & 1).astype(bool)
        prompts = read_prompts(asked[place] for place in first.tolist())
        sampled = kept.n > 2 * _MOST_ROWS
        whole = {flip: int(rows.sum()) for flip, rows in flips.items()} if sampled else None
        return _Looked(mine(prompts, here, refused=refused, whole=whole, rows=int(answered.sum()) if sampled else None), table)

    def _sampled(self, flips: dict[int, NDArray[np.bool_]]) -> NDArray[np.int64]:
        """Return the places of the rows to read again, ascending: all of a small set, else rows that flip, and some that do not."""
        count = len(flips[REFUSAL])
        if count <= 2 * _MOST_ROWS:
            return np.arange(count)
        order = np.random.default_rng(self._seed).permutation(count)
        rare = np.any([rows for flip, rows in flips.items() if flip not in (SHORT, LONG)], axis=0)
        return np.sort(np.concatenate([order[rare[order]][:_MOST_ROWS], order[~rare[order]][:_MOST_ROWS]]))


def _answered(kept: Kept) -> NDArray[np.bool_]:
    """Return which rows have an answer with at least one word."""
    found: NDArray[np.bool_] = kept.column(_WORDS).to_numpy() > 0
    return found


def _flips(kept: Kept) -> dict[int, NDArray[np.bool_]]:
    """Return which of all rows flip, for every flip that needs no text."""
    bits = kept.column(_BITS).to_numpy()
    words = kept.column(_WORDS).to_numpy()
    median = float(np.median(words[words > 0])) if (words > 0).any() else 0.0
    found = {flip: (bits >> flip & 1).astype(bool) for flip in range(REPEATED)}
    found[REPEATED] = repeated_rows(kept.column(_ANSWER).to_numpy())
    found[SHORT] = (words > 0) & (words * _FAR < median)
    found[LONG] = words > _FAR * max(median, 1)
    return found


def _read(kept: Kept, numbers: NDArray[np.int64]) -> pa.Table:
    columns = ["source", "line", "turns", "request", "answer"]
    parts = [kept.rows(numbers[start : start + _AT_ONCE].tolist()).select(columns) for start in range(0, len(numbers), _AT_ONCE)]
    return pa.concat_tables(parts).combine_chunks()


def _prompts(table: pa.Table) -> list[_Prompt]:
    """Return the system and user turns of each row."""
    lists = table.column("turns").combine_chunks()
    turns = lists.flatten()
    pairs = list(zip(pc.struct_field(turns, "role").to_pylist(), pc.struct_field(turns, "content").to_pylist(), strict=True))
    ends = np.cumsum(pc.list_value_length(lists).to_numpy(zero_copy_only=False)).tolist()
    return [tuple(pair for pair in pairs[start:end] if pair[0] in ("system", "user")) for start, end in pairwise([0, *ends])]


def _first_of_each(prompts: list[_Prompt]) -> NDArray[np.int64]:
    """Return the places of the rows whose system and user turns no earlier row has, ascending."""
    seen: dict[_Prompt, int] = {}
    for place, prompt in enumerate(prompts):
        seen.setdefault(prompt, place)
    return np.array(list(seen.values()), dtype=np.int64)


def _texts(table: pa.Table, name: str) -> list[str]:
    return [text or "" for text in table.column(name).to_pylist()]
