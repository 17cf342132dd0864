"""Claim: a checkpoint is interpolated in at most twice the time of reading both models and writing one, in memory that does not grow.

Goals: wall time within 2 times the floor, private memory within 200 MB of a process that has only imported torch.

Two Llama checkpoints of random bfloat16 numbers, in shards, and their mix at alpha 0.5. The floor reads the first and copies the second
in blocks of 4 MiB, and waits for the disk as the repair does (fsync). Every row runs in a process of its own, in turns, and the best
turn counts: neighbours on the machine only ever make a row slower. Private memory is the highest RssAnon; pages of files that the
system keeps are everybody's. Inputs are in the page cache.

mergekit (a linear merge of the same two) runs where HOLDFAST_PEERS_PYTHON names a Python that has it.

Run: python benchmarks/scale_checkpoint.py [--layers 14] [--turns 3] [--folder DIR]   (14 layers: 2.0 GB; needs three times that on disk)
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _common import SEED, print_result

HIDDEN, INNER, WORDS, SHARDS = 2048, 8192, 32_000, 4
BLOCK = 4 << 20
LEGS = ("idle", "floor", "sampled", "whole")


def make(folder: Path, layers: int, seed: int) -> None:
    """Write a sharded checkpoint of random numbers, with a configuration and a tokenizer of few words."""
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models

    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(seed)
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (WORDS, HIDDEN), "model.norm.weight": (HIDDEN,)}
    for layer in range(layers):
        name = f"model.layers.{layer}"
        shapes |= {f"{name}.self_attn.{part}_proj.weight": (HIDDEN, HIDDEN) for part in "qkvo"}
        shapes |= {f"{name}.mlp.{part}_proj.weight": (INNER, HIDDEN) for part in ("gate", "up")}
        shapes |= {f"{name}.mlp.down_proj.weight": (HIDDEN, INNER)}
        shapes |= {f"{name}.{part}_layernorm.weight": (HIDDEN,) for part in ("input", "post_attention")}
    names, placed = list(shapes), {}
    for shard in range(SHARDS):
        file = f"model-{shard + 1:05}-of-{SHARDS:05}.safetensors"
        part = names[shard * len(names) // SHARDS : (shard + 1) * len(names) // SHARDS]
        save_file({name: torch.randn(shapes[name], generator=generator).bfloat16() for name in part}, folder / file, {"format": "pt"})
        placed |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": placed}), encoding="utf-8")
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "bfloat16",
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": layers,
        "num_attention_heads": 16,
        "num_key_value_heads": 16,
        "vocab_size": WORDS,
        "tie_word_embeddings": True,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    Tokenizer(models.WordLevel({f"w{number}": number for number in range(WORDS)}, unk_token="w0")).save(str(folder / "tokenizer.json"))


def floor(base: Path, tuned: Path, out: Path) -> None:
    """Read one model, and copy the other."""
    out.mkdir()
    block = bytearray(BLOCK)
    for file in sorted(base.glob("*.safetensors")):
        with file.open("rb", buffering=0) as one:
            while one.readinto(block):
                pass
        with (tuned / file.name).open("rb", buffering=0) as other, (out / file.name).open("wb", buffering=0) as copy:
            while got := other.readinto(block):
                copy.write(memoryview(block)[:got])
            os.fsync(copy.fileno())


def leg(name: str, base: Path, tuned: Path, out: Path) -> None:
    """Run one row in this process and print its time and its highest private memory."""
    import torch

    torch.set_num_threads(1)
    work: Callable[[], Any] = lambda: None  # noqa: E731
    if name == "floor":
        work = lambda: floor(base, tuned, out)  # noqa: E731
    elif name != "idle":
        from holdfast.mitigate.weights import scale

        work = lambda: scale(str(base), str(tuned), 0.5, out, whole_digests=name == "whole")  # noqa: E731
    highest, done = 0, threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.01):
            highest = max(highest, private())

    watcher = threading.Thread(target=watch)
    watcher.start()
    started, busy = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - started, time.process_time() - busy
    done.set()
    watcher.join()
    print(json.dumps({"wall": wall, "cpu": cpu, "private": max(highest, private())}))


def private() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def run_leg(name: str, folder: Path) -> dict[str, float]:
    out = folder / f"out-{name}"
    command = [sys.executable, __file__, "--leg", name, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    shutil.rmtree(out, ignore_errors=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def mergekit(folder: Path) -> dict[str, Any]:
    """A linear merge of the same two models, imports included, as its command line does it."""
    python = os.environ.get("HOLDFAST_PEERS_PYTHON")
    if not python:
        return {"not_run": "HOLDFAST_PEERS_PYTHON names no Python"}
    found = subprocess.run(
        [python, "-c", "from importlib.metadata import version; print(version('mergekit'))"], capture_output=True, text=True
    )
    if found.returncode:
        return {"not_run": "that Python has no mergekit"}
    recipe = folder / "recipe.yaml"
    parts = [{"model": str(folder / name), "parameters": {"weight": 0.5}} for name in ("base", "tuned")]
    recipe.write_text(json.dumps({"merge_method": "linear", "dtype": "bfloat16", "models": parts}), encoding="utf-8")
    code = "from mergekit.scripts.run_yaml import main; main()"
    started = time.perf_counter()
    done = subprocess.run([python, "-c", code, str(recipe), str(folder / "out-mergekit")], capture_output=True, text=True)
    wall = time.perf_counter() - started
    shutil.rmtree(folder / "out-mergekit", ignore_errors=True)
    if done.returncode:
        return {"not_run": done.stderr.strip().splitlines()[-1][:200]}
    return {"version": found.stdout.strip(), "wall": round(wall, 2)}


def main(layers: int, turns: int, parent: Path | None) -> None:
    folder = Path(tempfile.mkdtemp(prefix="scale-", dir=parent))
    try:
        for number, name in enumerate(("base", "tuned")):
            make(folder / name, layers, SEED + number)
        size = sum(file.stat().st_size for file in (folder / "base").glob("*.safetensors"))
        rows: dict[str, list[dict[str, float]]] = {name: [] for name in LEGS}
        for _ in range(turns):
            for name in LEGS:
                rows[name].append(run_leg(name, folder))
        best = {name: min(row["wall"] for row in found) for name, found in rows.items()}
        idle = max(row["private"] for row in rows["idle"])
        values = {
            "gigabytes_of_one_model": round(size / 1e9, 2),
            "floor_seconds": round(best["floor"], 2),
            **{f"scale_{name}_digests_seconds": round(best[name], 2) for name in ("sampled", "whole")},
            **{f"scale_{name}_digests_times_floor": round(best[name] / best["floor"], 2) for name in ("sampled", "whole")},
            "all_seconds": {name: [round(row["wall"], 2) for row in found] for name, found in rows.items() if name != "idle"},
            "idle_private_megabytes": round(idle / 1e6),
            "private_above_idle_megabytes": round((max(row["private"] for row in rows["sampled"]) - idle) / 1e6),
            "mergekit": mergekit(folder),
            "goals": {"times_floor": 2.0, "private_above_idle_megabytes": 200},
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_result(__doc__.splitlines()[0].removeprefix("Claim: "), values, packages=("torch", "safetensors"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=14)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--leg", choices=LEGS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.leg:
        leg(options.leg, options.folder / "base", options.folder / "tuned", options.folder / f"out-{options.leg}")
    else:
        main(options.layers, options.turns, options.folder)
