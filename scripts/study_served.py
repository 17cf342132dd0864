"""A served model that is watched: how often a false alarm rises, and how many rounds until a fall is found. Prints JSON.

The model refuses each of 330 requests with a probability of its own (95 of 100 in the mean); a round asks 24 fixed requests and 24 drawn
anew. False alarms: watches of 400 rounds without a change, and as many at the very edge of the margin, the worst case that is
still no change. Delay: the refusal rate falls after 0, 30 or 300 quiet rounds. Nothing is asked of any model.

Run: python scripts/study_served.py [--watches 40] [--repeats 5]
"""

from __future__ import annotations

import argparse
import json
import statistics
from math import log
from typing import Any

import numpy as np

from holdfast.stats import log_e_change

BANK, FIXED, DRAWN, MARGIN, BAR = 330, 24, 24, 0.05, 100.0
QUIET, FALLS, MOST = (0, 30, 300), (0.10, 0.20, 0.50, 1.00), 400


def evidence(chances: np.ndarray, recorded: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the log evidence after each round; `chances` has shape (rounds, requests), `recorded` is the baseline's outcome."""
    drawn = rng.integers(0, BANK, (len(chances), DRAWN))
    rows = np.arange(len(chances))[:, None]
    fresh = recorded[drawn] - (rng.random(drawn.shape) < chances[rows, drawn])
    fixed = (recorded[:FIXED] - (rng.random((len(chances), FIXED)) < chances[:, :FIXED])).mean(axis=1)
    both = np.logaddexp(log_e_change(fresh.tolist(), above=MARGIN), log_e_change(fixed[:, None].tolist(), above=MARGIN))
    return both - log(2.0)


def false_alarms(watches: int, rounds: int, *, edge: bool, seed: int) -> float:
    """Return the share of watches without a change in which the alarm rises."""
    rng, risen = np.random.default_rng(seed), 0
    for _ in range(watches):
        rates = rng.beta(19, 1, BANK)
        recorded = (rng.random(BANK) < rates).astype(float)
        # At the edge every request is refused as often as recorded, less the margin: the mean of the differences is the margin itself.
        chances = np.clip(recorded - MARGIN, 0, 1) if edge else recorded
        risen += bool((evidence(np.tile(chances, (rounds, 1)), recorded, rng) >= log(BAR)).any())
    return risen / watches


def delays(quiet: int, fall: float, repeats: int, seed: int) -> dict[str, Any]:
    """Return how many rounds after a fall of the refusal rate by this share of it the alarm rises."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(repeats):
        rates = rng.beta(19, 1, BANK)
        recorded = (rng.random(BANK) < rates).astype(float)
        chances = np.concatenate([np.tile(recorded, (quiet, 1)), np.tile(recorded * (1 - fall), (MOST, 1))])
        over = np.flatnonzero(evidence(chances, recorded, rng) >= log(BAR))
        found.append(int(over[0]) + 1 - quiet if len(over) else MOST)
    return {"quiet_rounds": quiet, "fall": fall, "median_rounds": statistics.median(found), "largest": max(found)}


def main() -> None:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watches", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    alarms = {
        name: false_alarms(asked.watches, 400, edge=edge, seed=seed) for name, edge, seed in (("no change", False, 0), ("edge", True, 1))
    }
    table = [delays(quiet, fall, asked.repeats, 2) for quiet in QUIET for fall in FALLS]
    print(json.dumps({"allowed": 1 / BAR, "false_alarms": alarms, "watches": asked.watches, "delays": table}, indent=2))
    if max(alarms.values()) > 1 / BAR:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
