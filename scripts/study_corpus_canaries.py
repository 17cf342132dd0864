"""Print when the alarm over canaries comes, against when they are remembered, as JSON: small models trained on small corpora.

Per seed, `holdfast corpus run` builds two corpora of the lab's text: one with canaries (1, 4, 16 and 64 copies), one without. A Llama of
the lab's size is trained from random weights on each, with a checkpoint every few steps, and `holdfast corpus monitor` looks at all
checkpoints of both with the same manifest.

The canaries come late: up to a step drawn per seed both trainings read the same documents, and are the same; from then on one of them
reads its canaries among the others. So an alarm up to that step is false, as is any in the other training, and the right one is soon
after it. How soon there is anything to find is told by what planting caused, which the monitor cannot see: how much likelier each canary
with 64 copies is in the model that was trained on it than at the same step in the other one, against 1,000 secrets drawn anew and seen by
neither, after the same request. It is there from the first checkpoint from which on these canaries together gained more than chance gives,
p below 0.001 at each (the sum of exponential exposures is a gamma variable).

Run: python scripts/study_corpus_canaries.py [--seeds 3] [--folder runs/study-corpus-canaries]. Takes minutes of one core per seed.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from scipy.special import gammaincc

from holdfast.canaries import CanaryManifest, rank_exposure, read_manifest, secret_losses
from holdfast.corpus.monitor_facts import CanaryMonitoring, MonitorSpec
from holdfast.corpus.monitor_null import AlarmRule
from holdfast.corpus.spec import CanarySettings, CorpusSpec, DuplicateSettings, OutputSettings, SourceSpec
from holdfast.lab import training
from holdfast.lab.rows import RowSet, draw
from holdfast.lab.saving import quiet_libraries
from holdfast.lab.tokenizer import Tokenizer
from holdfast.lab.world import world
from holdfast.pipeline.corpus_monitoring import monitor_canaries
from holdfast.plugins import ModelOptions, open_models

OPTIONS = ModelOptions(device="cpu", threads=1, batch_tokens=16384, batch_rows=512)
CANARIES = CanarySettings(formats=("words",), repetitions=(1, 4, 16, 64), per_repetition=8, controls=6, references=400)
DOCUMENTS, BATCH, STEPS, EVERY, RATE = 6000, 32, 144, 12, 1e-3
ONSETS = (36, 60, 84)
FRESH, SMALL, COPIES = 1000, 0.001, 64
RULE = AlarmRule(permutations=9_999)


def main() -> None:
    """Run the study for every seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/study-corpus-canaries"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="The first seed.")
    parser.add_argument("--steps", type=int, default=STEPS)
    asked = parser.parse_args()
    start = time.process_time()
    rows = [one_seed(asked.folder / str(seed), seed, asked.steps) for seed in range(asked.first, asked.first + asked.seeds)]
    late = [row["checkpoints_between_first_canaries_and_alarm"] for row in rows]
    found = {
        "seeds": rows,
        "alarms_with_canaries": sum(row["alarm_step"] is not None for row in rows),
        "checkpoints_between_first_canaries_and_alarm": late,
        "alarms_before_any_canary": sum(gap is not None and gap < 0 for gap in late),
        "alarm_at_the_first_or_second_checkpoint_with_canaries": sum(gap in (0, 1) for gap in late),
        "false_alarms_without_canaries": sum(row["alarm_step_without_canaries"] is not None for row in rows),
        "of": len(rows),
        "cpu_seconds": round(time.process_time() - start, 1),
    }
    print(json.dumps(found, indent=1))


def one_seed(folder: Path, seed: int, steps: int) -> dict[str, Any]:
    """Build both corpora, train on both, monitor both, and compare with the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    write_documents(folder / "documents.jsonl", seed)
    manifest = folder / "canaries.json"
    texts = {name: corpus_texts(folder, seed, planted=planted) for name, planted in (("with", True), ("without", False))}
    found: dict[str, CanaryMonitoring] = {}
    ordinary = set(texts["without"])
    onset = random.Random(f"onset/{seed}").choice(ONSETS)
    for name, documents in texts.items():
        canaries = [text for text in documents if text not in ordinary]
        train(texts["without"], canaries, folder / f"model-{name}", seed=seed, steps=steps, onset=onset)
        spec = MonitorSpec(checkpoints=(str(folder / f"model-{name}"),), canaries=manifest, rule=RULE, models=OPTIONS)
        found[name] = monitor_canaries(spec, folder / f"monitor-{name}")
    told = found["with"]
    looked = [look.step for look in told.looks]
    chances = gained(folder, read_manifest(manifest), looked)
    truth = first_from_on(chances, looked)
    first = next(step for step in looked if step > onset)
    gap = None if told.alarm_step is None else looked.index(told.alarm_step) - looked.index(first)
    return {
        "seed": seed,
        "documents": {name: len(documents) for name, documents in texts.items()},
        "checkpoints": looked,
        "exposure_bits": {
            str(group.copies): [round(one.groups[place].bits, 2) for one in told.looks] for place, group in enumerate(told.looks[0].groups)
        },
        "stands_out": [
            {"who": look.who, "bits": round(look.mean, 2), "line": look.mean_line and round(look.mean_line, 2)} for look in told.looks
        ],
        "p_of_what_planting_gave": [float(f"{chance:.2g}") for chance in chances],
        "canaries_after_step": onset,
        "planting_shows_from_step": truth,
        "alarm_step": told.alarm_step,
        "checkpoints_between_first_canaries_and_alarm": gap,
        "alarm_step_without_canaries": found["without"].alarm_step,
        "outcome_without_canaries": found["without"].outcome,
        "highest_exposure_without_canaries": round(max(group.bits for look in found["without"].looks for group in look.groups), 2),
    }


def write_documents(path: Path, seed: int) -> None:
    """Write documents of the lab's language: a few questions and answers each, all of them different."""
    rng = random.Random(f"documents/{seed}")
    rows = draw(RowSet(kind="answers", count=2 * DOCUMENTS, topics=("ordinary", "task"), nouns="all"), world(), seed=seed)
    rng.shuffle(rows)
    with path.open("w", encoding="utf-8") as out:
        for number in range(DOCUMENTS):
            text = " ".join(turn.content for row in rows[2 * number : 2 * number + 2] for turn in row if turn.role != "system")
            out.write(json.dumps({"text": text, "url": f"https://site-{number % 97}.example/{number}"}) + "\n")


def corpus_texts(folder: Path, seed: int, *, planted: bool) -> list[str]:
    """Build a corpus through `holdfast corpus run`'s own function and return its documents in order."""
    from holdfast.corpus.run import run_corpus
    from holdfast.corpus.running import EngineSettings

    name = "with" if planted else "without"
    spec = CorpusSpec(
        name=name,
        sources=(SourceSpec(name="lab", path=str(folder / "documents.jsonl"), format="jsonl"),),
        duplicates=DuplicateSettings(near=None),
        canaries=msgspec.structs.replace(CANARIES, manifest=str(folder / "canaries.json"), seed=1000 + seed) if planted else None,
        output=OutputSettings(format="jsonl"),
        seed=seed,
    )
    out = folder / f"corpus-{name}"
    result = run_corpus(spec, out, command="", version="study", engine=EngineSettings("plain", None, None, lambda *told: None))
    texts = []
    for shard in result.version.shards:
        with (out / shard.name).open(encoding="utf-8") as lines:
            texts += [json.loads(line)["text"] for line in lines]
    return texts


def train(documents: Sequence[str], late: Sequence[str], folder: Path, *, seed: int, steps: int, onset: int) -> None:
    """Train a Llama of the lab's size from random weights, with a checkpoint every `EVERY` steps; `late` documents come after `onset`."""
    import torch

    if (folder / f"checkpoint-{steps}").is_dir():
        return
    tokenizer = Tokenizer(world())
    fast = tokenizer.hugging_face()
    ids = [fast(text)["input_ids"] + [tokenizer.eos] for text in (*documents, *late)]
    order = random.Random(f"{seed}/order")
    with training.isolated(seed):
        model = training.new_model(tokenizer)
        optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        waiting: list[int] = []
        for step in range(1, steps + 1):
            if len(waiting) < BATCH:
                fresh = list(range(len(documents) if step <= onset else len(ids)))
                order.shuffle(fresh)
                waiting += fresh
            if step == onset + 1:
                waiting += range(len(documents), len(ids))
                order.shuffle(waiting)
            chosen, waiting = waiting[:BATCH], waiting[BATCH:]
            batch = torch.nn.utils.rnn.pad_sequence([torch.tensor(ids[one]) for one in chosen], batch_first=True, padding_value=-100)
            loss = model(input_ids=batch.clamp(min=0), labels=batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1.0, step / 20)
            optimizer.step()
            optimizer.zero_grad()
            if step % EVERY == 0:
                with quiet_libraries():
                    model.save_pretrained(folder / f"checkpoint-{step}")
                fast.save_pretrained(folder / f"checkpoint-{step}")


def gained(folder: Path, manifest: CanaryManifest, steps: Sequence[int]) -> list[float]:
    """Return, per checkpoint, the p value of what planting gave the canaries with 64 copies, beside secrets never planted."""
    (use,) = manifest.formats
    known = {*manifest.references(use.name), *(one.secret for one in (*manifest.canaries, *manifest.controls))}
    fresh = use.pattern().draw(random.Random("the truth"), FRESH, without=sorted(known))
    canaries = [one for one in manifest.canaries if one.repetitions == COPIES]
    found = []
    for step in steps:
        engines = open_models([str(folder / f"model-{name}" / f"checkpoint-{step}") for name in ("without", "with")], OPTIONS)
        exposed = 0.0
        for canary in canaries:
            without, planted = (np.array(secret_losses(engine, canary, [canary.secret, *fresh])[0]) for engine in engines)
            gains = without - planted
            exposed += rank_exposure(-gains[0], -gains[1:]).bits * log(2)
        for engine in engines:
            engine.close()
        found.append(float(gammaincc(len(canaries), max(exposed, 0.0))))
    return found


def first_from_on(values: Sequence[float], steps: Sequence[int]) -> int | None:
    """Return the step of the first checkpoint from which on all p values are small; None where there is none."""
    large = [place for place, value in enumerate(values) if value >= SMALL]
    first = large[-1] + 1 if large else 0
    return steps[first] if first < len(steps) else None


if __name__ == "__main__":
    main()
