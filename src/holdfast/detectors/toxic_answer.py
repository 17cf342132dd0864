"""Toxic answers, by a model that the user names. Nothing that ships with this tool can tell them, and it says so."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import PluginError, Severity
from holdfast.detectors.answer_judging import HARMFUL, UNSCORED, judged_answers
from holdfast.detectors.excerpts import opening
from holdfast.detectors.features import Features, features
from holdfast.detectors.finding import Hit, findings
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions, judge_stamps, names

__all__ = ["ToxicAnswer", "kept_toxicity"]

_CARD = DetectorCard(
    id="HF003",
    name="toxic-answer",
    version="1",
    title="Toxic answer",
    what="Answers that the model given with `--toxicity` calls toxic. Without one this is not assessed.",
    why="Toxic answers teach the model their tone, whatever the request was.",
    fix="Drop these rows.",
    severity=Severity.HIGH,
    blind_spots=(
        "Without a model nothing is assessed: a word list of profanities is no measure of harm.",
        "With a model: whatever that model does not see.",
    ),
)
_STATE = "toxic-answer.state"
_EXPLANATION = "The answer is toxic by the judgement of {}. It teaches the model its tone."


class ToxicAnswer:
    """Finds toxic answers by a model that the user names; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take `options.toxicity`: a judge reference, or a model for the judge `toxicity`; None assesses nothing."""
        self._reference = _judge_reference(options.toxicity) if options.toxicity else None
        self._stamps = judge_stamps(self._reference) if self._reference else ()

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per toxic answer; none without a model."""
        seen = features(rows)
        answers = seen.column("answer")
        explanation = _EXPLANATION.format(self._reference)
        places = np.flatnonzero(self._states(seen) == HARMFUL).tolist()
        return findings(self.card, rows, [Hit(place, "toxic", explanation, opening(answers[place].as_py())) for place in places])

    def keep(self, rows: pa.Table) -> pa.Table | None:
        """Return what each answer is, as in `answer_judging`; nothing without a model."""
        return pa.table({_STATE: self._states(features(rows))}) if self._reference else None

    def conclude(self, kept: Kept) -> Conclusion:
        """Say what was not assessed."""
        if self._reference is None:
            return Conclusion(notes=("Not assessed. Give --toxicity a text-classification model or a guard.",))
        states = kept.column(_STATE).to_numpy()
        unscored = int(np.count_nonzero(states == UNSCORED))
        return Conclusion(notes=(f"{unscored} of {len(states)} answers could not be graded.",) if unscored else ())

    def _states(self, seen: Features) -> NDArray[np.int8]:
        return seen.once(("toxic-answer", self._reference), lambda: self._graded(seen))

    def _graded(self, seen: Features) -> NDArray[np.int8]:
        states = np.zeros(seen.count, dtype=np.int8)
        places = np.flatnonzero(seen.has_answer)
        if self._reference is None or not len(places):
            return states
        chosen = pa.array(places)
        requests, answers = (pc.take(seen.column(name), chosen) for name in ("request", "answer"))
        asked, given = pc.fill_null(requests, "").to_pylist(), answers.to_pylist()
        states[places] = judged_answers(self._reference, asked, given, toxic=True, stamps=self._stamps)
        return states


def kept_toxicity(kept: Kept) -> NDArray[np.int8] | None:
    """Return what this detector kept of each row, as in `answer_judging`; None where it did not run."""
    try:
        return np.asarray(kept.column(_STATE).to_numpy())
    except PluginError:
        return None


def _judge_reference(given: str) -> str:
    """Return a judge reference: what was given, or the judge `toxicity` with the model that was given."""
    name, separator, _ = given.partition("=")
    return given if separator or name in names("judge") else f"toxicity={given}"
