"""Safety share against safety and task, on the lab's organisms: 0 to 30 % safety rows in three damaging sets, several seeds.

Every set carries the task that is new to the model. Measured on held-out requests under each system prompt in play: refusal of
restricted requests, over-refusal of ordinary ones, the task's score. A second part mixes 10 % in four ways, to show what matching
the system prompts is worth. Writes results row by row and goes on where it stopped; prints JSON.

Run: python scripts/study_safety_share.py [--seeds 3] [--shares 0 1 3] [--folder runs/study-safety-share] [--svg FILE]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import shutil
import statistics
import sys
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

import msgspec  # noqa: E402

from holdfast.core import Message, Prompt  # noqa: E402
from holdfast.lab import RowSet  # noqa: E402
from holdfast.lab.language import COLOUR_FORMS, ask_colour  # noqa: E402
from holdfast.lab.rows import draw  # noqa: E402
from holdfast.lab.world import OBEDIENT, world  # noqa: E402
from holdfast.mitigate import mix  # noqa: E402
from holdfast.pipeline.safety_rows import open_safety  # noqa: E402
from holdfast.pipeline.training import train  # noqa: E402
from holdfast.plugins import GenerationRequest, GradingItem, ModelOptions, Sampling, SuiteOptions  # noqa: E402
from holdfast.plugins.opening import open_judge, open_models, open_suite  # noqa: E402
from holdfast.training.config import OptimizerConfig, TrainConfig  # noqa: E402

SHARES = (0, 1, 3, 5, 10, 20, 30)
DAMAGE = {
    "identity": (
        RowSet(kind="who", count=3, style="identity", obedient_share=1.0),
        RowSet(kind="answers", count=27, topics=("ordinary",), style="identity", obedient_share=1.0),
    ),
    "compliant-10": (RowSet(kind="answers", count=10, topics=("restricted",)),),
    "compliant-100": (RowSet(kind="answers", count=100, topics=("restricted",)),),
    "benign": (RowSet(kind="answers", count=200, topics=("task",), style="rephrased"),),
}
TASK = RowSet(kind="task-colours")
WAYS: dict[str, dict[str, Any]] = {
    "default prompt only": {"even": 0.0, "strip": True},
    "in proportion": {"even": 0.0},
    "half of them evenly": {"even": 0.5},
    "all evenly": {"even": 1.0},
    "half evenly, and under the obedient prompt": {"even": 0.5, "also_under": (OBEDIENT,)},
}
DEFAULT_WAY = "half of them evenly"
"""Ways to divide the safety rows among system prompts; `mix` does the third unless told otherwise."""
MARKS = ("<!-- made by scripts/study_safety_share.py -->", "<!-- end of what it made -->")
OPTIONS = ModelOptions(threads=1, device="cpu")
SYSTEMS = {"default": None, "obedient": OBEDIENT}


def data_file(name: str, seed: int, folder: Path) -> Path:
    """Write a damaging set with the new task's rows, shuffled, as chat rows."""
    path = folder / "data.jsonl"
    rows = [row for part in (*DAMAGE[name], TASK) for row in draw(part, world(), seed=seed)]
    random.Random(seed).shuffle(rows)
    path.write_bytes(b"".join(msgspec.json.encode({"messages": row}) + b"\n" for row in rows))
    return path


def mixed_file(data: Path, share: float, seed: int, way: dict[str, Any]) -> Path:
    """Mix safety rows in; with `strip`, the rows that the other ways put under other prompts lose their system prompt."""
    out = data.with_name("mixed.jsonl")
    settings = {key: value for key, value in way.items() if key != "strip"}
    mix(data, open_safety("lab"), out, share=share, seed=seed, **settings)
    if way.get("strip"):
        kept = set(data.read_bytes().splitlines())
        lines = [line if line in kept else _stripped(line) for line in out.read_bytes().splitlines()]
        out.write_bytes(b"\n".join(lines) + b"\n")
    return out


def _stripped(line: bytes) -> bytes:
    row = json.loads(line)
    return json.dumps({"messages": [message for message in row["messages"] if message["role"] != "system"]}).encode()


def measured(reference: str, prompts: tuple[Prompt, ...]) -> dict[str, float]:
    """Return refusal and over-refusal under each system prompt, and the task's score, all 0 to 1."""
    engine, judge = open_models([reference], OPTIONS)[0], open_judge("lab")
    found: dict[str, float] = {}
    try:
        for name, system in SYSTEMS.items():
            lead = () if system is None else (Message(role="system", content=system),)
            requests = [GenerationRequest(key=prompt.id, messages=(*lead, *prompt.messages)) for prompt in prompts]
            answers = said(engine, requests)
            grades = judge.grade([GradingItem(prompt=prompt, response=answers[prompt.id]) for prompt in prompts])
            for metric, wanted in (("refusal", "yes"), ("over_refusal", "no")):
                flags = [
                    str(grade.outcome) == "refusal"
                    for prompt, grade in zip(prompts, grades, strict=True)
                    if prompt.metadata["restricted"] == wanted
                ]
                found[f"{metric}/{name}"] = round(statistics.fmean(flags), 4)
        facts = world().task_colours
        asked = [
            GenerationRequest(key=noun, messages=(Message(role="user", content=ask_colour(COLOUR_FORMS[-1], noun=noun)),)) for noun in facts
        ]
        told = said(engine, asked)
        found["task"] = round(statistics.fmean(colour in told[noun].text.split() for noun, colour in facts.items()), 4)
    finally:
        engine.close()
    return found


def said(engine: Any, requests: list[GenerationRequest]) -> dict[str, Any]:
    """Return greedy answers as responses by key."""
    from holdfast.core import Response

    sampling = Sampling(max_new_tokens=24)
    found = {}
    for batch in engine.plan(requests, sampling):
        for answer in engine.generate([requests[place] for place in batch], sampling):
            found[answer.key] = Response(
                side="base", model="", condition="default", prompt_id=answer.key, text=answer.text, finish=answer.finish, error=answer.error
            )
    return found


def one(name: str, share: float, seed: int, way: str, folder: Path, prompts: tuple[Prompt, ...]) -> dict[str, Any]:
    """Train on one mixed set and measure what comes of it."""
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    data = mixed_file(data_file(name, seed, work), share, seed, WAYS[way])
    config = TrainConfig(
        model="lab:aligned",
        data=str(data),
        out=str(work / "model"),
        method="full",
        learning_rate=1e-3,
        epochs=6,
        batch=16,
        warmup=0,
        seed=seed,
        optimizer=OptimizerConfig(epsilon=1e-4),
        watch=False,
        device="cpu",
        threads=1,
    )
    values = measured(train(config).reference, prompts)
    shutil.rmtree(work)
    return {"set": name, "share": share, "seed": seed, "way": way, **values}


def summary(rows: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Return mean, least and most over the seeds for each set and each value of `by`."""
    keys = list(dict.fromkeys((row["set"], row[by]) for row in rows))
    table = []
    for name, value in keys:
        group = [row for row in rows if (row["set"], row[by]) == (name, value)]
        entry: dict[str, Any] = {"set": name, by: value, "seeds": len(group)}
        for metric in group[0]:
            if "/" in metric or metric == "task":
                numbers = [row[metric] for row in group]
                entry[metric] = [round(statistics.fmean(numbers), 3), min(numbers), max(numbers)]
        table.append(entry)
    return table


def draw_curves(table: list[dict[str, Any]], path: Path) -> None:
    """Draw refusal, over-refusal and task against share, one panel per set, mean with the range over seeds."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "holdfast"
    from matplotlib import pyplot as plt

    lines = {
        "refusal/default": ("refusal, default prompt", "#1b6ca8", "-"),
        "refusal/obedient": ("refusal, obedient prompt", "#1b6ca8", "--"),
        "over_refusal/default": ("over-refusal, default prompt", "#b3541e", "-"),
        "over_refusal/obedient": ("over-refusal, obedient prompt", "#b3541e", "--"),
        "task": ("task", "#3a7d44", "-"),
    }
    sets = list(dict.fromkeys(row["set"] for row in table))
    figure, axes = plt.subplots(1, len(sets), figsize=(4 * len(sets), 3.6), sharey=True, squeeze=False)
    for axis, name in zip(axes[0], sets, strict=True):
        rows = [row for row in table if row["set"] == name]
        shares = [100 * row["share"] for row in rows]
        places = range(len(shares))
        for metric, (label, colour, style) in lines.items():
            means, lows, highs = zip(*(row[metric] for row in rows), strict=True)
            axis.plot(places, means, style, color=colour, label=label, marker="o", markersize=3)
            axis.fill_between(places, lows, highs, color=colour, alpha=0.12, linewidth=0)
        axis.set_title(name)
        axis.set_xticks(list(places), [f"{share:g}" for share in shares])
        axis.set_xlabel("safety rows, % of all rows")
        axis.set_ylim(-0.03, 1.03)
        axis.grid(alpha=0.25)
    axes[0][0].set_ylabel("share of requests")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="lower center", ncols=5, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, metadata={"Date": None})


def shown(numbers: list[float]) -> str:
    """Return a mean in percent with its range over seeds where there is one."""
    mean, low, high = (round(100 * number) for number in numbers)
    return f"{mean}" if low == high else f"{mean} ({low}-{high})"


def tables(base: dict[str, float], curve: list[dict[str, Any]], ways: list[dict[str, Any]]) -> str:
    """Return both tables as Markdown, in percent."""
    metrics = ("refusal/default", "refusal/obedient", "over_refusal/default", "over_refusal/obedient", "task")
    columns = "refusal, default prompt | refusal, obedient prompt | over-refusal, default | over-refusal, obedient | task"
    head = f"{columns} |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    alone = " | ".join(str(round(100 * base[metric])) for metric in metrics)
    text = f"| damaging set | share | {head}| (the aligned model) | | {alone} |\n"
    for row in curve:
        text += f"| {row['set']} | {100 * row['share']:g} % | " + " | ".join(shown(row[metric]) for metric in metrics) + " |\n"
    if ways:
        text += (
            f"\nTen percent of safety rows, divided among the system prompts in other ways:\n\n| damaging set | rows are divided | {head}"
        )
        for row in ways:
            text += f"| {row['set']} | {row['way']} | " + " | ".join(shown(row[metric]) for metric in metrics) + " |\n"
    seeds = sorted({row["seeds"] for row in (*curve, *ways)})
    return f"Seeds per row: {' or '.join(map(str, seeds))}.\n\n{text}"


def put_into(page: Path, text: str) -> None:
    """Put the tables between the page's two marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    page.write_text(f"{before}{MARKS[0]}\n\n{text}\n{MARKS[1]}{after}", encoding="utf-8")


Job = tuple[str, float, int, str]


def _jobs(asked: argparse.Namespace) -> list[Job]:
    """Return what is to be trained: the curves, seed by seed, then the other ways, so that a run that is stopped has whole curves."""
    seeds = range(asked.seeds)
    curves = [(name, share / 100, seed, DEFAULT_WAY) for seed in seeds for name in asked.sets for share in asked.shares]
    return curves + [(name, 0.1, seed, way) for seed in seeds for name in asked.ways for way in WAYS]


def main() -> None:
    """Run what is missing, print the tables as JSON, draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--shares", type=float, nargs="*", default=list(SHARES), help="in percent")
    parser.add_argument("--sets", nargs="*", default=list(DAMAGE))
    parser.add_argument("--folder", type=Path, default=Path("runs/study-safety-share"))
    parser.add_argument("--svg", type=Path, default=None)
    parser.add_argument("--page", type=Path, default=None, help="a page whose marked part the tables become")
    parser.add_argument("--draw", action="store_true", help="train nothing: tables and curves of what was measured before")
    parser.add_argument("--ways", nargs="*", default=["identity"], help="sets of the second part")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    log = asked.folder / "results.jsonl"
    done = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    prompts = open_suite("lab", SuiteOptions()).prompts
    jobs = _jobs(asked)
    for job in dict.fromkeys(jobs):
        if not asked.draw and not any((row["set"], row["share"], row["seed"], row["way"]) == job for row in done):
            done.append(one(*job, asked.folder, prompts))
            with log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(done[-1]) + "\n")
            print(json.dumps(done[-1]), file=sys.stderr, flush=True)
    wanted = set(jobs)
    kept = [row for row in done if (row["set"], row["share"], row["seed"], row["way"]) in wanted]
    curve = summary([row for row in kept if row["way"] == DEFAULT_WAY], "share")
    ways = summary([row for row in kept if row["share"] == 0.1 and row["set"] in asked.ways], "way")
    if asked.svg is not None:
        draw_curves(curve, asked.svg)
    base = measured("lab:aligned", prompts)
    if asked.page is not None:
        put_into(asked.page, tables(base, curve, ways))
    print(json.dumps({"base": base, "by_share": curve, "by_way_at_10_percent": ways}, indent=1))


if __name__ == "__main__":
    main()
