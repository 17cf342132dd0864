"""Every repair on every damaged organism, over several seeds: the table of docs/explanation/repairs.md.

    python scripts/study_repairs.py                # trains and measures what is missing, then writes the table
    python scripts/study_repairs.py --table        # writes the table from what was measured

What was measured is kept in one JSON Lines file, a row per case, seed and repair; a run that was stopped goes on behind the last row.
A fresh clone goes on behind the rows of docs/evidence/F-repairs.jsonl.gz, which `--save` writes; `--afresh` measures all of it again.
`--shard 1/2` does every second case, so that two processes share the work (each with a file of its own: `--out`, `--read`).
The strength of each repair is chosen on one half of the lab's requests and measured on the other (`holdfast compare --half`).
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from study_repairs_table import counted, write_table

from holdfast.compare import CapabilitySpec, CompareSpec
from holdfast.core import HoldfastError, Value
from holdfast.lab import Lora, fine_tune, organism
from holdfast.lab.damage import DAMAGING_CASES, DamagingCase, damaging_case
from holdfast.lab.world import HELPER, OBEDIENT
from holdfast.mitigate.repair import Progress, Repair, RepairCase
from holdfast.mitigate.trials import Measured, Trial
from holdfast.pipeline.repairing.catalogue import repairs
from holdfast.pipeline.repairing.distilled import write_distilled
from holdfast.pipeline.repairing.measuring import Bench
from holdfast.pipeline.repairing.retraining import holdfast_train
from holdfast.pipeline.repairing.settings import training_settings
from holdfast.pipeline.repairing.trying import report_on, try_strengths
from holdfast.pipeline.safety_rows import open_safety
from holdfast.plugins import Sampling
from holdfast.policy import load_policy
from holdfast.training.config import TrainConfig
from holdfast.training.rows import read_rows

_ROWS = Path("runs/study-repairs.jsonl")
_SAVED = Path("docs/evidence/F-repairs.jsonl.gz")
_TOKENS = 24


class StudyRow(Value, frozen=True, kw_only=True):
    """One repair of one damaged organism."""

    case: str
    seed: int
    repair: str
    """'tuned' is the damaged organism itself."""
    strength: float = 1.0
    tried: int = 0
    report: Measured | None = None
    why: str | None = None
    """Why there is no measurement."""
    cpu_seconds: float = 0.0
    """To make and measure all strengths tried."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cases", default=",".join(DAMAGING_CASES))
    parser.add_argument("--only", default="", help="repairs, comma-separated; all without it")
    parser.add_argument("--out", type=Path, default=_ROWS)
    parser.add_argument("--shard", default="1/1")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--read", type=Path, nargs="*", default=[], help="further files of rows, for the table")
    parser.add_argument("--no-page", action="store_true", help="leave the docs as they are")
    parser.add_argument("--save", action="store_true", help="also keep the rows with the evidence")
    parser.add_argument("--afresh", action="store_true", help="leave the rows of the evidence aside")
    chosen = parser.parse_args(arguments)
    if not chosen.out.exists() and not chosen.afresh:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_bytes(gzip.decompress(_SAVED.read_bytes()))
    part, parts = map(int, chosen.shard.split("/"))
    if not chosen.table:
        jobs = [(seed, case) for seed in range(chosen.seeds) for case in chosen.cases.split(",")]
        for seed, case in jobs[part - 1 :: parts]:
            _study(case, seed, tuple(filter(None, chosen.only.split(","))), chosen.out)
    rows = [row for path in (chosen.out, *chosen.read) for row in _read(path)]
    if parts == 1 and not chosen.no_page:
        write_table(rows)
    if chosen.save:
        # No name and no time in the head of the file: the same rows give the same bytes.
        _SAVED.write_bytes(gzip.compress(b"".join(msgspec.json.encode(row) + b"\n" for row in rows), mtime=0))
    print(json.dumps(counted(rows), indent=1))


def _study(name: str, seed: int, only: tuple[str, ...], out: Path) -> None:
    done = {row.repair for row in _read(out) if (row.case, row.seed) == (name, seed)}
    catalogue = repairs(only=only, trainer=_lab_trainer, distiller=_lab_distiller)
    wanted = [repair for repair in catalogue if repair.name not in done]
    if "tuned" in done and not wanted:
        return
    folder = Path(tempfile.mkdtemp(prefix="holdfast-study-"))
    try:
        damaged = damaging_case(name, seed, folder)
        with Bench(_spec(damaged), load_policy("repair")) as bench:
            report = bench.measure(damaged.tuned, "report", folder / "tuned-report", progress=_quiet)
            if "tuned" not in done:
                _keep(out, StudyRow(case=name, seed=seed, repair="tuned", report=report))
            case = _repair_case(damaged, folder / "work")
            for repair in wanted:
                row = _row(repair, case, bench, name, seed)
                _keep(out, row)
                print(_said(row), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _row(repair: Repair, case: RepairCase, bench: Bench, name: str, seed: int) -> StudyRow:
    shared: dict[str, Any] = {"case": name, "seed": seed, "repair": repair.name}
    unfit = repair.unfit(case)
    if unfit is not None:
        return StudyRow(**shared, why=unfit)
    cpu = time.process_time()
    tried: list[Trial] = []
    try:
        chosen = try_strengths(repair, case, bench, case.work, known={}, keep=tried.append, progress=_quiet)
        if chosen is None:
            return StudyRow(**shared, tried=len(tried), why=tried[-1].failed if tried else "nothing was tried")
        done = report_on(chosen, repair, case, bench, case.work, _quiet)
    except HoldfastError as error:
        return StudyRow(**shared, why=str(error))
    return StudyRow(**shared, strength=done.strength, tried=len(tried), report=done.report, cpu_seconds=round(time.process_time() - cpu, 1))


def _spec(damaged: DamagingCase) -> CompareSpec:
    return CompareSpec(
        base=damaged.base,
        tuned=damaged.tuned,
        data=damaged.data,
        follow_up=False,
        sampling=Sampling(max_new_tokens=_TOKENS, seed=damaged.seed),
        capability=CapabilitySpec(tasks=(damaged.task,), gain_of=damaged.tuned),
    )


def _repair_case(damaged: DamagingCase, work: Path) -> RepairCase:
    known = training_settings(damaged.base, damaged.tuned, damaged.data, config=None, seed=damaged.seed)
    return RepairCase(
        base=damaged.base,
        tuned=damaged.tuned,
        unaligned=organism("pretrained", quiet=True).reference,
        data=damaged.data,
        safety="lab",
        safety_rows=open_safety("lab"),
        systems=(OBEDIENT,),
        training=known.config,
        work=work,
        seed=damaged.seed,
    )


def _lab_trainer(config: TrainConfig, progress: Progress) -> str:
    """Train in the lab's own loop what it can train, which is plain fine-tuning, in a quarter of the time; the rest as a user would."""
    if config.loss != "sft" or config.head_first or config.ema or config.replay or config.untie_head:
        return holdfast_train(config, progress)
    base, _, adapter = config.model.partition("+")
    made = fine_tune(
        list(read_rows(config.sources).conversations),
        Path(config.out),
        base=Path(base),
        name="repaired",
        lr=config.rate,
        batch=config.batch,
        epochs=config.epochs or 1,
        eps=config.optimizer.epsilon,
        seed=config.seed,
        lora=Lora(rank=config.lora.rank, alpha=int(config.lora.alpha)) if config.method == "lora" else None,
        adapter=Path(adapter) if adapter else None,
    )
    return made.reference


def _lab_distiller(case: RepairCase, requests: Path, rows: Path, progress: Progress) -> str:
    """Distil under a preamble of words that an organism knows; the one that ships is English, and no organism reads English."""
    return write_distilled(case, requests, rows, progress, preamble=HELPER)


def _read(path: Path) -> list[StudyRow]:
    if not path.is_file():
        return []
    return msgspec.json.Decoder(StudyRow).decode_lines(path.read_bytes())


def _keep(path: Path, row: StudyRow) -> None:
    with path.open("ab") as stream:
        stream.write(msgspec.json.encode(row) + b"\n")


def _quiet(what: str, done: int, total: int) -> None:
    pass


def _said(row: StudyRow) -> str:
    if row.report is None:
        return f"{row.case} seed {row.seed} {row.repair}: {row.why}"
    rates = {one: row.report.find("refusal_rate", "tuned", one) for one in row.report.conditions}
    shown = " ".join(f"{name} {one.value:.3f}" for name, one in rates.items() if one is not None and one.value is not None)
    kept = row.report.find("task_gain_kept", "run")
    gain = "none" if kept is None or kept.value is None else f"{kept.value:.2f}"
    return f"{row.case} seed {row.seed} {row.repair} {row.strength:g}: {row.report.decision}, {shown}, kept {gain}, {row.cpu_seconds} CPU s"


if __name__ == "__main__":
    main()
