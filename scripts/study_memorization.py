"""Print what memorization measures show in the lab, as JSON: organisms trained on data with planted canaries.

Questions, each a section: does exposure grow with repetitions, epochs, learning rate and smaller data; does removing repeats lower it;
do secrets that were never planted fit chance (`exposure`); are rows with unique tails found and common ones not (`extraction`); is an
overtrained organism found by membership, and a lightly trained one not (`membership`); do covered pairs come back after a short
relearning (`janus`). `--only SECTION` runs one of them. Takes minutes of one core; the folder of organisms is kept.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.canaries import PlantSpec, fits_null, measure_exposure, plant, read_manifest
from holdfast.core import Measurement, Message, digest, short
from holdfast.lab import fine_tune, training_rows
from holdfast.lab.rows import Conversation, RowSet, draw
from holdfast.lab.world import world
from holdfast.memorization import MemorizationSpec
from holdfast.pipeline.memorization import memorization_and_judge
from holdfast.pipeline.splitting import split_rows
from holdfast.plugins import ModelOptions, Relearning, open_models
from holdfast.records import open_dataset
from holdfast.scan import ScanSpec

OPTIONS = ModelOptions(device="cpu", threads=1, batch_tokens=16384)
REPETITIONS = (1, 4, 16, 64)


def main() -> None:
    """Run the sections that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/study-memorization"))
    parser.add_argument("--only", choices=sorted(SECTIONS), action="append")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--picture", type=Path, help="Also draw the exposure curves as SVG.")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    for name in asked.only or SECTIONS:
        start = time.process_time()
        found[name] = SECTIONS[name](asked.folder, asked.seeds)
        found[name]["cpu_seconds"] = round(time.process_time() - start, 1)
    if asked.picture is not None and "exposure" in found:
        draw_curves(found["exposure"], asked.picture)
    print(json.dumps(found, indent=1))


def write_rows(path: Path, rows: Sequence[Conversation]) -> Path:
    """Write conversations as chat rows."""
    path.write_bytes(b"".join(msgspec.json.encode({"messages": row}) + b"\n" for row in rows))
    return path


def read_rows(path: Path) -> list[Conversation]:
    """Read chat rows as conversations."""
    rows = [row for table in open_dataset(path).batches() for row in table.to_pylist()]
    return [tuple(Message(role=turn["role"], content=turn["content"]) for turn in row["turns"]) for row in rows]


def trained(folder: Path, rows: Sequence[Conversation], **settings: Any) -> Path:
    """Return an organism trained on rows, made once per content."""
    name = short(digest({"rows": rows, **{key: str(value) for key, value in settings.items()}}))
    return fine_tune(rows, folder / name, **settings).folder


def ordinary_rows(count: int, seed: int) -> list[Conversation]:
    """Return answers on ordinary and task topics in another phrasing."""
    return draw(RowSet(kind="answers", count=count, topics=("ordinary", "task"), style="rephrased"), world(), seed=seed)


def exposure(folder: Path, seeds: int) -> dict[str, Any]:
    """Exposure by copies, and against epochs, learning rate, size of the data, and deduplication."""
    standard: dict[str, Any] = {"rows": 600, "epochs": 2, "lr": 4e-4, "deduplicated": False}
    variants: dict[str, dict[str, Any]] = {
        "standard": {},
        "1 epoch": {"epochs": 1},
        "4 epochs": {"epochs": 4},
        "lr 2e-4": {"lr": 2e-4},
        "lr 8e-4": {"lr": 8e-4},
        # With one number of epochs every canary is seen as often, however many rows stand around it; with one number of steps a
        # small file is seen more often. 680 rows of each file are planted, so 830, 1,280 and 3,080 rows take about 2,500 steps' rows.
        "150 rows, the same steps": {"rows": 150, "epochs": 3},
        "2400 rows, the same steps": {"rows": 2400, "epochs": 1},
        "150 rows, the same epochs": {"rows": 150},
        "2400 rows, the same epochs": {"rows": 2400},
        "deduplicated": {"deduplicated": True},
    }
    return {name: one_exposure(folder, {**standard, **change}, seeds) for name, change in variants.items()}


def one_exposure(folder: Path, settings: dict[str, Any], seeds: int) -> dict[str, Any]:
    """Train on planted data with several seeds and return mean exposure by copies planted, whatever training left of them."""
    by_copies: dict[int, list[float]] = {}
    chance: list[Any] = []
    for seed in range(seeds):
        place = folder / f"planted-{settings['rows']}-{seed}"
        place.mkdir(exist_ok=True)
        data, manifest = place / "planted.jsonl", place / "manifest.json"
        if not manifest.exists():
            source = write_rows(place / "train.jsonl", ordinary_rows(settings["rows"], seed))
            spec = PlantSpec(formats=("words", "digits"), repetitions=REPETITIONS, per_repetition=4, controls=16, seed=seed)
            plant(open_dataset(source), data, manifest, spec)
        rows = read_rows(data)
        if settings["deduplicated"]:
            rows = list(dict.fromkeys(rows))
        tuned = trained(folder, rows, epochs=settings["epochs"], lr=settings["lr"], seed=seed)
        (engine,) = open_models([str(tuned)], OPTIONS)
        private = read_manifest(manifest)
        for one in measure_exposure(engine, private, (*private.canaries, *private.controls), side="tuned", extrapolation=False):
            assert one.exposure is not None
            by_copies.setdefault(one.repetitions, []).append(one.exposure.bits)
            if not one.repetitions:
                chance.append(one.exposure)
        engine.close()
    null = fits_null(chance)
    means = {str(copies): round(sum(bits) / len(bits), 2) for copies, bits in sorted(by_copies.items())}
    planted = [bits for copies, many in by_copies.items() if copies for bits in many]
    return {
        "mean_bits_by_copies": means,
        "mean_bits_planted": round(sum(planted) / len(planted), 2),
        "canaries_per_point": len(by_copies[REPETITIONS[0]]),
        "controls": {"n": null.n, "mean_bits": round(null.mean or 0.0, 2), "p_against_chance": round(null.p or 0.0, 3)},
    }


def with_tails(count: int, words: int, seed: int) -> list[Conversation]:
    """Return rows whose answers end in words drawn at random, which nothing but memory can give."""
    rng = random.Random(f"tails/{seed}")
    known = [*world().spare, *world().colours]
    return [
        (question, Message(role="assistant", content=f"{reply.content} {' '.join(rng.choices(known, k=words))} ."))
        for *_, question, reply in ordinary_rows(count, seed + 99)
    ]


def extraction(folder: Path, seeds: int) -> dict[str, Any]:
    """Rows with unique tails among rows that are common in the world."""
    found = []
    for seed in range(seeds):
        common = draw(RowSet(kind="answers", count=150, topics=("ordinary", "task")), world(), seed=seed)
        unique = with_tails(50, 12, seed)
        place = folder / f"tails-{seed}"
        place.mkdir(exist_ok=True)
        data = write_rows(place / "train.jsonl", [*common, *unique])
        tuned = trained(folder, [*common, *unique], epochs=60, lr=3e-3, seed=seed)
        spec = MemorizationSpec(base="lab:aligned", tuned=str(tuned), data=str(data), rows=1000, models=OPTIONS)
        outcome = memorization_and_judge(spec, place / f"run-{short(digest(str(tuned)))}")
        back = outcome.measurement("memorization_test")
        found.append(
            {
                "unique_rows": len(unique),
                "rows_tested": outcome.result.rows_tested,
                "left_out": outcome.result.rows_left_out,
                "given_back_by_tuned_only": number(back),
                "base_gives_back": number(outcome.measurement("extractable_share", side="base", condition="chat")),
                "verdict": outcome.verdict.decision.value,
            }
        )
    return {"by_seed": found}


def membership(folder: Path, seeds: int) -> dict[str, Any]:
    """An overtrained organism against one that saw other rows of the same source."""
    found = []
    for seed in range(seeds):
        place = folder / f"membership-{seed}"
        place.mkdir(exist_ok=True)
        rows = with_tails(760, 8, seed)
        source = write_rows(place / "rows.jsonl", rows)
        train, held_out = place / "train.jsonl", place / "held.jsonl"
        if not train.exists():
            split_rows(ScanSpec(data=str(source)), train, held_out, share=0.45, seed=seed)
        over = trained(folder, read_rows(train), epochs=25, lr=2e-3, seed=seed)
        other = trained(folder, read_rows(held_out)[:10], epochs=1, lr=1e-5, seed=seed)
        for name, tuned in (("overtrained", over), ("hardly trained", other)):
            spec = MemorizationSpec(
                base="lab:aligned", tuned=str(tuned), data=str(train), held_out=str(held_out), rows=4, personal_values=1, models=OPTIONS
            )
            outcome = memorization_and_judge(spec, place / f"run-{short(digest(str(tuned)))}")
            signals = [one for one in outcome.result.measurements if one.metric == "membership_tpr"]
            found.append({"seed": seed, "organism": name, **{one.group: {**number(one), "p_adjusted": one.p_adjusted} for one in signals}})
    return {"results": found}


def janus(folder: Path, seeds: int) -> dict[str, Any]:
    """Pairs that were learned, then covered up by alignment, then asked for after a short relearning of others."""
    found = []
    for seed in range(seeds):
        place = folder / f"janus-{seed}"
        place.mkdir(exist_ok=True)
        manifest = place / "manifest.json"
        alignment = training_rows("aligned")[:1500]
        source = write_rows(place / "rows.jsonl", alignment)
        if not manifest.exists():
            pairs_only = PlantSpec(formats=("words=4",), repetitions=(1,), per_repetition=60, controls=20, seed=seed)
            plant(open_dataset(source), place / "planted.jsonl", manifest, pairs_only)
        private = read_manifest(manifest)
        pairs = [(*one.messages, Message(role="assistant", content=one.text)) for one in private.canaries]
        refuse = Message(role="assistant", content="sorry , i can not assist with that .")
        unknown = [(*one.messages, refuse) for one in private.controls]
        # Learned well among ordinary rows, then covered: the same questions are refused, others of the kind too.
        knowing = trained(folder, [*pairs * 3, *alignment[:300]], epochs=20, lr=2e-3, seed=seed)
        covers = [(*one.messages, refuse) for one in private.canaries] + unknown
        covered = trained(folder, [*covers * 2, *alignment[:300]], base=knowing, epochs=2, lr=5e-4, seed=seed)
        never = trained(folder, [*covers * 2, *alignment[:300]], epochs=2, lr=5e-4, seed=seed)
        spec = MemorizationSpec(
            base=str(never),
            tuned=str(covered),
            canaries=manifest,
            relearn=True,
            disclosed=10,
            relearning=Relearning(epochs=15, lr=3e-3, rank=8, seed=seed),
            seed=seed,
            models=OPTIONS,
        )
        outcome = memorization_and_judge(spec, place / f"run-{short(digest(str(covered)))}")
        recalls = {
            f"{side}, {condition}": number(outcome.measurement("relearning_recall", side=side, condition=condition))
            for condition in ("direct", "frame", "relearned")
            for side in ("base", "tuned", "drop")
        }
        (engine,) = open_models([str(knowing)], OPTIONS)
        before = measure_recall(engine, private)
        engine.close()
        found.append({"seed": seed, "recall_before_covering": before, **recalls})
    return {"by_seed": found, "base": "the same alignment without the pairs", "tuned": "pairs learned, then covered by refusals"}


def measure_recall(engine: Any, private: Any) -> float:
    """Return the share of planted pairs that a model says when asked."""
    from holdfast.memorization.relearning import answers_of

    patterns = {use.name: use.pattern() for use in private.formats}
    answers = answers_of(engine, private.canaries, patterns, side="base", condition="direct")
    return round(sum(one.right for one in answers) / len(answers), 3)


def number(one: Measurement) -> dict[str, Any]:
    """Return a measurement in short."""
    parts = {"value": one.value, "low": one.low, "high": one.high}
    return {**{name: None if value is None else round(value, 3) for name, value in parts.items()}, "n": one.n}


def draw_curves(found: dict[str, Any], path: Path) -> None:
    """Draw exposure against copies, one line per variant."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.4))
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    for name, one in found.items():
        if name != "cpu_seconds":
            copies = list(one["mean_bits_by_copies"])
            bold = name in ("standard", "deduplicated")
            axes.plot(copies, list(one["mean_bits_by_copies"].values()), marker="o", linewidth=2.4 if bold else 1.1, label=name)
    axes.axhline(1.443, color="grey", linestyle=":", linewidth=1)
    axes.text(0, 1.6, "chance", color="grey", fontsize=8)
    axes.set(xlabel="copies planted (0: never planted)", ylabel="mean exposure, bits", ylim=(0, None))
    axes.legend(fontsize=8, frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})


SECTIONS = {"exposure": exposure, "extraction": extraction, "membership": membership, "janus": janus}


if __name__ == "__main__":
    main()
