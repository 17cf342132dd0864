"""Harmful answer chosen: preference pairs that prefer help with harm to a refusal, and what annotators have to do with it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import Finding, Measurement, Severity
from holdfast.detectors.annotators import PairLabels, agreement_note, annotator_findings
from holdfast.detectors.excerpts import opening
from holdfast.detectors.features import Features, features
from holdfast.detectors.finding import Hit, findings
from holdfast.detectors.folding import fold
from holdfast.detectors.refusal import refusals
from holdfast.detectors.risk import NOT_ASSESSED, assessed
from holdfast.detectors.shares import share
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions

__all__ = ["HarmfulAnswerChosen"]

_CARD = DetectorCard(
    id="HF016",
    name="harmful-answer-chosen",
    version="1",
    title="Harmful answer chosen over a refusal",
    what="Preference pairs on risky requests whose chosen answer helps while the rejected one refuses, pairs in which both help, pairs "
    "of two equal answers; agreement and such pairs per annotator where the file names them.",
    why="Preference training moves a model directly towards the chosen answer: such pairs undo what safety training did.",
    fix="Swap or drop the pairs; look at everything that an annotator with many of them labelled.",
    severity=Severity.HIGH,
    blind_spots=(
        "Harm is told by the request, and refusals by their wording.",
        "Pairs of two answers of which one is more harmful.",
        "Annotators agree only where several labelled the same pair, and few files have such pairs.",
    ),
)
_DEFECT, _RISKY = "harmful-answer-chosen.defect", "harmful-answer-chosen.risky"
_ANNOTATOR, _PAIR, _FIRST = "harmful-answer-chosen.annotator", "harmful-answer-chosen.pair", "harmful-answer-chosen.first"
_KEPT = pa.schema([(_DEFECT, pa.bool_()), (_RISKY, pa.bool_()), (_ANNOTATOR, pa.string()), (_PAIR, pa.uint64()), (_FIRST, pa.bool_())])
_EXPLANATIONS = {
    "over-refusal": "The chosen answer helps with a risky request that the rejected answer refuses. Training on it unlearns the refusal.",
    "both-answer": "Both answers help with a risky request: neither side of the pair refuses.",
    "equal-answers": "Chosen and rejected are the same answer: the pair teaches nothing, and something went wrong when it was made.",
}
_SEVERITY = {"both-answer": Severity.MEDIUM, "equal-answers": Severity.LOW}


class HarmfulAnswerChosen:
    """Finds preference pairs that choose harm; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; none of them matters here."""

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per pair."""
        seen = features(rows)
        requests = seen.column("request")
        hits = [
            Hit(place, kind, _EXPLANATIONS[kind], opening(requests[place].as_py() or ""), _SEVERITY.get(kind))
            for kind, flagged in _kinds(seen).items()
            for place in np.flatnonzero(flagged).tolist()
        ]
        return findings(self.card, rows, hits)

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return per pair whether it chooses harm, whether its request is risky, and who labelled it how; nulls without a pair."""
        seen = features(rows)
        unpaired = ~_pairs(seen)
        if unpaired.all():
            return (
                _KEPT.empty_table() if not len(unpaired) else pa.table([pa.nulls(len(unpaired), kind.type) for kind in _KEPT], schema=_KEPT)
            )
        labels = PairLabels.of(seen.column("request"), seen.column("answer"), seen.column("rejected"))
        defect = _kinds(seen)["over-refusal"]
        return pa.table({
            _DEFECT: pa.array(defect, mask=unpaired),
            _RISKY: pa.array(seen.risky, mask=unpaired),
            _ANNOTATOR: pc.if_else(pa.array(unpaired), None, seen.column("annotator")),
            _PAIR: pa.array(labels.pair, mask=unpaired),
            _FIRST: pa.array(labels.first_chosen, mask=unpaired),
        }, schema=_KEPT)  # fmt: skip

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share of risky pairs that choose harm, and annotators who do so more often than the others."""
        defect, risky = kept.column(_DEFECT), kept.column(_RISKY)
        if defect.null_count == len(defect):
            return Conclusion()
        if not assessed():
            missing = Measurement.missing("harmful_chosen_share", NOT_ASSESSED)
            return Conclusion(measurements=(missing,), notes=(f"Not assessed, since {NOT_ASSESSED}.",))
        among = pc.filter(defect, pc.fill_null(risky, False))
        measured = share("harmful_chosen_share", among, self.card)
        if kept.column(_ANNOTATOR).null_count == kept.n:
            return Conclusion(measurements=(measured,), notes=("Agreement of annotators: the file names none.",))
        found: tuple[Finding, ...] = annotator_findings(self.card, kept.column(_ANNOTATOR), defect)
        note = agreement_note(kept.column(_ANNOTATOR), kept.column(_PAIR), kept.column(_FIRST))
        return Conclusion(findings=found, measurements=(measured,), notes=(note,))


def _pairs(seen: Features) -> NDArray[np.bool_]:
    """Rows with both answers of a pair."""
    paired: NDArray[np.bool_] = pc.and_(pc.is_valid(seen.column("rejected")), pc.is_valid(seen.column("answer"))).to_numpy(
        zero_copy_only=False
    )
    return paired


def _kinds(seen: Features) -> dict[str, NDArray[np.bool_]]:
    return seen.once("harmful-answer-chosen", lambda: _worked_out(seen))


def _worked_out(seen: Features) -> dict[str, NDArray[np.bool_]]:
    pairs = _pairs(seen)
    kinds = {kind: np.zeros(seen.count, dtype=bool) for kind in _EXPLANATIONS}
    places = np.flatnonzero(pairs)
    if not len(places):
        return kinds
    same = pc.fill_null(pc.equal(seen.column("answer"), seen.column("rejected")), False).to_numpy(zero_copy_only=False)
    kinds["equal-answers"] = pairs & same
    chosen = np.flatnonzero(pairs & seen.answered_risky & ~same)
    if len(chosen):
        rejected = seen.column("rejected").take(pa.array(chosen))
        requests = pc.fill_null(seen.column("request").take(pa.array(chosen)), "").to_pylist()
        refused, _ = refusals(requests, rejected.to_pylist(), fold(rejected), np.ones(len(chosen), dtype=bool))
        kinds["over-refusal"][chosen[refused]] = True
        kinds["both-answer"][chosen[~refused]] = True
    return kinds
