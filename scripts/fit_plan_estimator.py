"""Fit the `calibrated` estimator of `holdfast plan estimate` on the table of lab organisms, and measure it on organisms held out.

Held out are tenths at random, and each level of each factor in turn: all organisms with 300 rows, all with LoRA, and so on. Beside it
stand the article's formula on the same organisms and the mean of the others. Prediction intervals are conformal (Vovk et al. 2005): a
quantile of the misses of whole levels held out; how many organisms they hold is measured with the quantile of the other half.

Prints the errors as JSON. `--check` writes nothing, and exits with 1 where the shipped estimator is not what the table gives.

Run: python scripts/fit_plan_estimator.py [--check]
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
from scipy.optimize import minimize

from holdfast.core import digest_file
from holdfast.plan.article import article_estimate
from holdfast.plan.calibrated import Calibrated, Errors, Fitted, misses
from holdfast.plan.finetune import FineTune
from holdfast.plan.push_pull import LAB, METHOD_NAMES, PushPull, columns_of, inputs_of, refusal_index, simulated

warnings.simplefilter("ignore")
SHIPPED = Path(__file__).resolve().parents[1] / "src/holdfast/plan/shipped"
TABLE, OUT = SHIPPED / "lab_organisms.csv", SHIPPED / "calibrated.json"
PROMPTS = ("default", "identity")
FACTORS = ("rows", "harmful_share", "identity_share", "safety_share", "learning_rate", "epochs", "method")
CONFIDENCE, TENTHS = 0.9, 10
START = (-1.3, -0.5, -1.8, 0.3, *(0.0,) * 12, 0.1, 0.1, 4.5, 0.5, 0.3, -3.0, -3.0)
SINGLE = ("rate_power", "steps_power", "start", "slope", "threshold", "fading", "fading_identity")
RIDGE_METHODS, RIDGE, NUDGE = 3e-3, 5e-4, 1e-5
SAME = 0.005
"""Errors may differ by so much from machine to machine."""
LIMITS = (
    "Lab organisms of 0.3 M parameters: rates do not transfer to other models, only the order of plans may.",
    "Benign rows are task rows in another phrasing; rows in the model's own format take less.",
    "One batch size (10), one schedule (linear, short warm-up), one optimiser (AdamW).",
    "Safety rows stand under the default system prompt only, as people mix them in.",
)


def table() -> tuple[list[FineTune], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return fine-tunes, refusal rates per prompt, and the levels of every factor."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tunes = [
        FineTune(
            rows=int(row["rows"]),
            **{name: round(float(row[f"{name}_share"]) * int(row["rows"])) for name in ("harmful", "identity", "safety")},
            learning_rate=float(row["learning_rate"]),
            epochs=float(row["epochs"]),
            method=row["method"],  # type: ignore[arg-type]
            model="lab:aligned",
        )
        for row in rows
    ]
    rates = {name: np.array([float(row[f"refusal_{name}"]) for row in rows]) for name in PROMPTS}
    levels = {name: np.array([row[name] for row in rows]) for name in FACTORS}
    levels["learning_rate"] = np.array([f"{one.learning_rate / LAB[one.method]:.3g}" for one in tunes])
    return tunes, rates, levels


def unpacked(theta: np.ndarray) -> PushPull:
    """Return parameters as the model that they are."""
    return PushPull(
        shared=tuple(map(float, theta[:4])),
        methods=tuple(tuple(map(float, theta[4 + 4 * place : 8 + 4 * place])) for place in range(3)),
        **dict(zip(SINGLE, map(float, theta[16:]), strict=True)),
    )


def fitted(inputs: list[Any], seen: np.ndarray) -> PushPull:
    """Return the model with the highest likelihood less a penalty that draws methods together and parameters to their start."""
    start, columns = np.array(START), columns_of(inputs)
    nudged = np.vstack([np.zeros((1, len(start))), NUDGE * np.eye(len(start))])

    def cost(theta: np.ndarray) -> tuple[float, np.ndarray]:
        models = theta + nudged
        rates = np.clip(1 / (1 + np.exp(-simulated(many(models), columns))), 1e-3, 1 - 1e-3)
        costs = -(seen * np.log(rates) + (1 - seen) * np.log(1 - rates)).mean(-1)
        costs += RIDGE_METHODS * (models[:, 4:16] ** 2).mean(-1) + RIDGE * ((models - start) ** 2).mean(-1)
        return float(costs[0]), (costs[1:] - costs[0]) / NUDGE

    return unpacked(minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x)


def many(models: np.ndarray) -> SimpleNamespace:
    """Return rows of parameters as one model of many, all of which are tried at once."""
    single = {name: models[:, 16 + place, None] for place, name in enumerate(SINGLE)}
    return SimpleNamespace(shared=models[:, :4], methods=models[:, 4:16].reshape(-1, 3, 4), **single)


def predicted(tunes: list[FineTune], seen: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return the index of every organism, predicted from the organisms of other parts alone."""
    inputs = [inputs_of(one, in_lab=True) for one in tunes]
    index = np.zeros(len(tunes))
    for part in sorted(set(parts.tolist())):
        out = parts == part
        model = fitted([one for one, held in zip(inputs, out, strict=True) if not held], seen[~out])
        index[out] = refusal_index(model, [one for one, held in zip(inputs, out, strict=True) if held])
    return index


def others_mean(seen: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return for every organism the mean rate of the organisms of other parts."""
    return np.array([seen[parts != part].mean() for part in parts])


def article(tunes: list[FineTune], base: float, *, identity: bool) -> np.ndarray:
    """Return the article's final safety; with `identity` those rows count as harmful."""
    counted = [
        msgspec.structs.replace(one, harmful=(one.harmful or 0) + (one.identity or 0), identity=0) if identity else one for one in tunes
    ]
    return np.array([article_estimate(one, base=base).final for one in counted])


def quantile(missed: np.ndarray) -> float:
    """Return the conformal quantile."""
    place = min(len(missed), math.ceil((len(missed) + 1) * CONFIDENCE))
    return float(np.sort(missed)[place - 1])


def main() -> None:
    """Fit, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the shipped numbers differ")
    check = parser.parse_args().check
    tunes, rates, levels = table()
    inputs = [inputs_of(one, in_lab=True) for one in tunes]
    tenths = np.random.default_rng(0).permutation(len(tunes)) % TENTHS
    halves = np.random.default_rng(1).permutation(len(tunes)) % 2
    parts = {"a tenth at random": tenths, **levels}
    prompts = {}
    for name in PROMPTS:
        seen = rates[name]
        indices = {held: predicted(tunes, seen, part) for held, part in parts.items()}
        missed = {held: misses(index, seen) for held, index in indices.items()}
        left_out = np.array([missed[held] for held in FACTORS])
        # The half of an organism is covered by the reach that the other half gives: no organism vouches for itself.
        reaches = np.where(halves == 0, quantile(left_out[:, halves == 1].ravel()), quantile(left_out[:, halves == 0].ravel()))
        kind, kinder = article(tunes, 1.0, identity=False), article(tunes, 1.0, identity=True)
        errors = tuple(
            Errors(
                held_out=held.replace("_", " "),
                n=len(seen),
                calibrated=_error(1 / (1 + np.exp(-index)), seen),
                article=_error(kind, seen),
                article_with_identity=_error(kinder, seen),
                mean=_error(others_mean(seen, parts[held]), seen),
                covered=round(float((missed[held] <= reaches).mean()), 4),
            )
            for held, index in indices.items()
        )
        prompts[name] = Fitted(model=fitted(inputs, seen), reach=quantile(left_out.ravel()), errors=errors)
        for one in errors:
            print(name, msgspec.json.encode(one).decode(), file=sys.stderr, flush=True)
    made = Calibrated(
        title="Refusal rates of lab organisms after a fine-tune",
        organisms=len(tunes),
        fitted_by="scripts/fit_plan_estimator.py on the table that scripts/study_plan_grid.py made",
        data=digest_file(TABLE),
        base=1.0,
        confidence=CONFIDENCE,
        ranges=_ranges(tunes),
        limits=LIMITS,
        prompts=prompts,
    )
    print(json.dumps(summary(made), indent=1))
    if check:
        shipped = msgspec.json.decode(OUT.read_bytes(), type=Calibrated)
        worst = max(abs(one - other) for one, other in zip(_numbers(made), _numbers(shipped), strict=True))
        sys.exit(worst > SAME)
    OUT.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")


def summary(made: Calibrated) -> dict[str, Any]:
    """Return the errors in short: per prompt and what was held out, and the mean over the factors."""
    held = [(prompt, one) for prompt, fit in made.prompts.items() for one in fit.errors]
    factors = [(prompt, one) for prompt, one in held if one.held_out.replace(" ", "_") in FACTORS]
    return {
        "organisms": made.organisms,
        "errors": {f"{prompt}, {one.held_out}": msgspec.to_builtins(one) for prompt, one in held},
        "mean_over_factors": {
            name: {
                field: round(float(np.mean([getattr(one, field) for prompt, one in factors if name in (prompt, "both")])), 4)
                for field in ("calibrated", "article", "article_with_identity", "mean", "covered")
            }
            for name in (*made.prompts, "both")
        },
    }


def _numbers(made: Calibrated) -> list[float]:
    return [value for fit in made.prompts.values() for one in fit.errors for value in (one.calibrated, one.article, one.mean)]


def _error(guess: np.ndarray, seen: np.ndarray) -> float:
    return round(float(np.abs(guess - seen).mean()), 4)


def _ranges(tunes: list[FineTune]) -> dict[str, tuple[float, float]]:
    values: dict[str, Callable[[FineTune], float]] = {
        "rows": lambda one: one.rows,
        "epochs": lambda one: one.epochs,
        "learning rate over the usual one": lambda one: one.learning_rate / LAB[one.method],
    }
    assert {one.method for one in tunes} == set(METHOD_NAMES)
    return {name: (min(map(of, tunes)), max(map(of, tunes))) for name, of in values.items()}


if __name__ == "__main__":
    main()
