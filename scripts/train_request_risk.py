"""Train the model of harmful requests and write its weights and its card into the package. Reads our own text only.

    python scripts/train_request_risk.py            # one or two minutes of one core
    python scripts/train_request_risk.py --check    # train again and compare with the files in the package

The same text gives the same bytes. The threshold follows a rule over held-out text of our own (`training.held_out`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np

from holdfast.detectors import harm
from holdfast.detectors.harm.card import CARD_FILE, RequestRiskCard
from holdfast.detectors.harm.linear import WEIGHTS_FILE, LinearModel
from holdfast.detectors.harm.training.combining import fit_signs, held_out_combined, signs_of
from holdfast.detectors.harm.training.corpus import FOLDS, LANGUAGES, digest_of, training_requests
from holdfast.detectors.harm.training.fitting import fit, gram_matrix, held_out_margins, importance
from holdfast.detectors.harm.training.grammar import TrainingRequest
from holdfast.detectors.harm.training.held_out import (
    THRESHOLD_RULE,
    accuracy_per_pattern,
    error_curve,
    open_margin,
    shares_by_kind,
    threshold_margin,
)

VERSION = "3"
TRAINED_ON = (
    "Text written for this project only: the grammars in detectors/harm/training (patterns filled by slots), requests written one by one "
    "there, and the suites policy11 (harmful) and contrast (harmless). No public data set, no text of another project."
)
BLIND_SPOTS = (
    "Languages other than English and Chinese are not covered: a low risk there means nothing.",
    "It reads words, not meaning: harm without a word of harm (a coded term, a role play, an innocent first step) passes.",
    "Encoded, misspelt on purpose or translated requests pass.",
    "Few authors wrote the text it learned from; styles that they did not think of are judged worse than the error curve says.",
    "Legal or medical advice without a specialist is no harm in its sense.",
    "Only the beginning and the end of a text of more than 8,000 characters are read.",
    "Questions about crime, weapons, drugs or groups of people that only ask for knowledge are its commonest false alarms.",
)


def main(arguments: list[str]) -> int:
    """Train, then write or compare; 1 where a comparison fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files in the package and write nothing")
    chosen = parser.parse_args(arguments)
    package = Path(harm.__path__[0])
    model, card = trained(training_requests())
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / WEIGHTS_FILE)
        made = {WEIGHTS_FILE: (Path(folder) / WEIGHTS_FILE).read_bytes(), CARD_FILE: card_bytes(card)}
    if chosen.check:
        differing = [name for name, content in made.items() if (package / name).read_bytes() != content]
        print(f"differs: {', '.join(differing)}" if differing else "the files in the package are what this script makes")
        return 1 if differing else 0
    for name, content in made.items():
        (package / name).write_bytes(content)
    for held in card.held_out:
        print(f"{held.kind:55} n={held.n:6d} called risky {held.called_risky:.3f}")
    print(f"threshold {card.threshold:.4f}; {len(made[WEIGHTS_FILE])} bytes of weights")
    return 0


def trained(training: list[TrainingRequest]) -> tuple[LinearModel, RequestRiskCard]:
    """Return the model of all training requests, and the card that held-out copies of it give."""
    matrix = gram_matrix([request.text for request in training])
    harmful = np.array([request.harmful for request in training])
    linear = held_out_margins(training, matrix)
    signs = signs_of(training, linear)
    margins = held_out_combined(training, linear, signs)
    risks = 1.0 / (1.0 + np.exp(-margins))
    threshold, open_from = (round(1.0 / (1.0 + float(np.exp(-rule(training, margins)))), 4) for rule in (threshold_margin, open_margin))
    model = fit(matrix, harmful, importance(training))
    card = RequestRiskCard(
        name="request-risk",
        version=VERSION,
        languages=LANGUAGES,
        trained_on=TRAINED_ON,
        requests=len(training),
        patterns=len({request.group for request in training}),
        harmful_share=round(float(harmful.mean()), 4),
        training_digest=digest_of(training),
        weights_digest=sha256(model.weights.tobytes()).hexdigest(),
        threshold=threshold,
        threshold_rule=f"{THRESHOLD_RULE} Requests of one pattern are never on both sides; {FOLDS} folds.",
        open_from=open_from,
        sign_weights=fit_signs(training, linear, signs, np.ones(len(training), dtype=bool)),
        accuracy=accuracy_per_pattern(training, risks >= threshold),
        held_out=tuple(shares_by_kind(training, risks >= threshold)),
        error_curve=error_curve(training, risks),
        blind_spots=BLIND_SPOTS,
    )
    return model, card


def card_bytes(card: RequestRiskCard) -> bytes:
    """Return a card as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
