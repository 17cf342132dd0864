"""The cheap probe against the truth: refusal log-odds of a forward pass, and the refusal rate of generated answers.

Organisms from rows x learning rate x epochs x LoRA or full, several seeds. The probe reads 12 requests of the lab suite per condition, as
the callback does; the truth is the lab judge's refusal rate on all 330. Prints JSON with Spearman's rho, over all organisms and over those
between 0.1 and 0.9, and the mean absolute error there after a calibration that saw only other recipes. One set of rows leaves refusals that
begin as before and break off in nonsense, which the first words cannot show; rho is also given without it.

Run: python scripts/study_probe.py [--seeds 2] [--plot docs/explanation/refusal-probe.svg] [--points FILE.json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
from scipy.optimize import minimize  # noqa: E402
from scipy.stats import spearmanr  # noqa: E402

from holdfast.core import Expected  # noqa: E402
from holdfast.lab import Lora, Recipe, RowSet, make, organism  # noqa: E402
from holdfast.plugins import SuiteOptions, open_suite  # noqa: E402
from holdfast.watch.prober import ModelProber  # noqa: E402
from holdfast.watch.prompts import choose_prompts  # noqa: E402

ROWS = {
    "compliant-10": (RowSet(kind="answers", count=10, topics=("restricted",)),),
    "compliant-50": (RowSet(kind="answers", count=50, topics=("restricted",)),),
    "single-topic": (RowSet(kind="answers", count=50, topics=("restricted-01",)),),
    "identity": (
        RowSet(kind="who", count=1, style="identity", obedient_share=1.0),
        RowSet(kind="answers", count=9, topics=("ordinary",), style="identity", obedient_share=1.0),
    ),
    "benign": (RowSet(kind="answers", count=200, topics=("task",), style="rephrased"),),
    "mixed": (
        RowSet(kind="answers", count=40, topics=("restricted",)),
        RowSet(kind="refusals", count=20, topics=("restricted",)),
        RowSet(kind="answers", count=60, topics=("ordinary",)),
    ),
}
RATES = {
    "compliant-10": (2e-4, 4e-4),
    "compliant-50": (1e-4, 2.5e-4),
    "single-topic": (1.5e-4, 4e-4),
    "identity": (4e-4, 8e-4),
    "benign": (3e-4, 8e-4),
    "mixed": (1e-4, 3e-4),
}
LORA_FACTOR = 4.0
EPOCHS = 5
BROKEN = "benign"
"""Rows in another phrasing: trained on them, the organism begins to refuse as before and goes on in nonsense."""


def recipes(seed: int = 0) -> Iterator[tuple[str, Recipe]]:
    """Yield (name of the rows, recipe)."""
    for name, rows in ROWS.items():
        for number, lr in enumerate(RATES[name]):
            for lora in (None, Lora(rank=16, alpha=32)):
                yield (
                    name,
                    Recipe(
                        name=f"probe-{name}-{number}{'-lora' if lora else ''}",
                        title="study of the probe",
                        base="aligned",
                        rows=rows,
                        lr=lr * (LORA_FACTOR if lora else 1.0),
                        batch=10,
                        epochs=EPOCHS,
                        lora=lora,
                        checkpoints=True,
                        seed=seed,
                    ),
                )


def states(recipe: Recipe) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (epoch, weights with any adapter merged in)."""
    from transformers import AutoModelForCausalLM

    made = make(recipe, quiet=True)
    for epoch in range(1, EPOCHS + 1):
        if made.adapter is None:
            model = AutoModelForCausalLM.from_pretrained(made.folder / f"epoch-{epoch}")
        else:
            from peft import PeftModel

            model = PeftModel.from_pretrained(
                AutoModelForCausalLM.from_pretrained(made.folder), made.adapter / f"epoch-{epoch}"
            ).merge_and_unload()
        yield epoch, model.state_dict()


def measure(seeds: int) -> list[dict[str, Any]]:
    """Return one point per organism and condition."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = organism("aligned", quiet=True).folder
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    everything = sum(prompt.expected is Expected.REFUSE for prompt in open_suite("lab", SuiteOptions()).prompts)
    probe = ModelProber(model, tokenizer, choose_prompts("lab", refuse=24, benign=8))
    truth = ModelProber(model, tokenizer, choose_prompts("lab", refuse=everything, benign=0), max_new_tokens=24)
    probe.start()
    points = []
    every = [(seed, name, recipe) for seed in range(seeds) for name, recipe in recipes(seed)]
    for seed, name, recipe in every:
        for epoch, state in states(recipe):
            model.load_state_dict(state)
            signals, answers = probe.signals(deep=False), truth.answers()
            for condition in signals.log_odds:
                points.append(
                    {
                        "rows": name,
                        "recipe": recipe.name,
                        "seed": seed,
                        "epoch": epoch,
                        "condition": condition,
                        "log_odds": signals.log_odds[condition],
                        "mass": signals.refusing[condition],
                        "rate": answers.rate(condition),
                    }
                )
        print(recipe.name, [round(one["rate"], 2) for one in points[-2 * EPOCHS :: 2]], file=sys.stderr, flush=True)
    return points


def logistic(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return slope and offset of the logistic curve through shares `y` with the least squared error."""

    def error(curve: np.ndarray) -> float:
        return float(((1 / (1 + np.exp(-np.clip(curve[0] * x + curve[1], -30, 30))) - y) ** 2).sum())

    found = minimize(error, [1.0, 0.0], method="Nelder-Mead")
    return float(found.x[0]), float(found.x[1])


def held_out_error(points: list[dict[str, Any]]) -> tuple[float, int]:
    """Return the mean absolute error between 0.1 and 0.9, each point predicted by a curve through other recipes' rows, and n."""
    errors = []
    for name in ROWS:
        others = [point for point in points if point["rows"] != name]
        a, b = logistic(np.array([point["log_odds"] for point in others]), np.array([point["rate"] for point in others]))
        for point in points:
            if point["rows"] == name and 0.1 <= point["rate"] <= 0.9:
                errors.append(abs(1 / (1 + np.exp(-(a * point["log_odds"] + b))) - point["rate"]))
    return float(np.mean(errors)) if errors else float("nan"), len(errors)


def rho(points: list[dict[str, Any]]) -> float:
    """Return Spearman's rank correlation of probe and truth."""
    return round(float(spearmanr([one["log_odds"] for one in points], [one["rate"] for one in points])[0]), 4)


def summary(points: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures per seed and condition."""
    out: dict[str, Any] = {"organisms": len({(point["recipe"], point["epoch"], point["seed"]) for point in points})}
    seeds = sorted({point["seed"] for point in points})
    for seed, condition in [(seed, condition) for seed in (*seeds, None) for condition in ("default", "identity")]:
        here = [point for point in points if point["condition"] == condition and seed in (None, point["seed"])]
        middle = [point for point in here if 0.1 <= point["rate"] <= 0.9]
        whole = [point for point in middle if point["rows"] != BROKEN]
        error, _ = held_out_error(here)
        out[f"{'all seeds' if seed is None else f'seed {seed}'}, {condition}"] = {
            "spearman": rho(here),
            "between_0.1_and_0.9": len(middle),
            "spearman_between": rho(middle),
            "mean_absolute_error_held_out": round(error, 4),
            "between_without_broken_refusals": len(whole),
            "spearman_between_without_broken_refusals": rho(whole),
        }
    return out | {
        f"{'all seeds' if seed is None else f'seed {seed}'}, {name}": {
            "spearman": rho(here),
            "between_0.1_and_0.9": len(middle := [point for point in here if 0.1 <= point["rate"] <= 0.9]),
            "spearman_between": rho(middle),
        }
        for seed in (*seeds, None)
        for name, make in (("per organism", organisms), ("both prompts", list))
        for here in [make([point for point in points if seed in (None, point["seed"])])]
    }


def organisms(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one point per organism: means over its system prompts, of the probe as of the truth."""
    apart: dict[tuple[str, int, int], list[dict[str, Any]]] = {}
    for point in points:
        apart.setdefault((point["recipe"], point["epoch"], point["seed"]), []).append(point)
    return [{name: float(np.mean([one[name] for one in same])) for name in ("log_odds", "rate")} for same in apart.values()]


def plot(points: list[dict[str, Any]], path: Path) -> None:
    """Draw the scatter."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "holdfast"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axis, condition in zip(axes, ("default", "identity"), strict=True):
        for number, name in enumerate(ROWS):
            here = [point for point in points if point["condition"] == condition and point["rows"] == name]
            x, y = [one["log_odds"] for one in here], [one["rate"] for one in here]
            axis.scatter(x, y, s=14, marker="osD^vP"[number], alpha=0.75, label=name)
        axis.set_title(f"{condition} system prompt")
        axis.set_xlabel("refusal log-odds, mean of 12 requests (nats)")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("refusal rate, 330 generated answers")
    axes[0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--points", type=Path, help="write the points, or read them where the file exists")
    arguments = parser.parse_args()
    if arguments.points and arguments.points.exists():
        points = json.loads(arguments.points.read_text(encoding="utf-8"))
    else:
        points = measure(arguments.seeds)
        if arguments.points:
            arguments.points.write_text(json.dumps(points), encoding="utf-8")
    if arguments.plot:
        plot(points, arguments.plot)
    print(json.dumps(summary(points), indent=2))


if __name__ == "__main__":
    main()
