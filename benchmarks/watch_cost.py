"""Claim: a probe is at most 1/4 of generating 64 tokens in CPU batches and 1/15 at batch 1, and the callback 3 % of a training.

The probe is one forward pass over the prompts. Its model is the 4 M random one of the other benchmarks, and a Llama of 1.1
billion random weights with --device cuda. The callback's time is what its own methods take at its default cadence, against
everything else in the same training of an organism over 500 steps of 16, 32 and 48 short rows, both as CPU time of this process
(as wall time on a GPU).
A baseline before the first step and a last look at the end are part of it.

Run: python benchmarks/watch_cost.py [--steps 500] [--device cuda]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _common import SEED, clock, print_result, prompt_texts, random_model, random_tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
warnings.simplefilter("ignore")

from holdfast.core import Condition, Expected, Message, Prompt  # noqa: E402
from holdfast.plugins import Sampling, load  # noqa: E402
from holdfast.probes import first_logits  # noqa: E402
from holdfast.watch import SafetyCallback  # noqa: E402
from holdfast.watch.prober import ModelProber  # noqa: E402
from holdfast.watch.prompts import ProbePrompts  # noqa: E402

NEW_TOKENS, REPEATS = 64, 5
ROWS = (16, 32, 48)
"""Rows of some 20 tokens per optimiser step; the lab aligns with 32 and pre-trains with 48."""
EVENTS = ("on_train_begin", "on_step_end", "on_save", "on_log", "on_train_end")


def billion_model() -> Any:
    """A Llama of 1.1 billion random bfloat16 weights on the GPU."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=4096, hidden_size=2048, intermediate_size=5632, num_hidden_layers=22, num_attention_heads=32, num_key_value_heads=4
    )
    with torch.device("cuda"):
        return LlamaForCausalLM(config).to(torch.bfloat16)


def prompts_of(texts: list[str]) -> ProbePrompts:
    def prompt(number: int, expected: Expected) -> Prompt:
        message = Message(role="user", content=texts[number])
        return Prompt(id=f"p{number}", suite="random", category="all", language="und", messages=(message,), expected=expected)

    half = len(texts) // 2
    return ProbePrompts(
        refuse=tuple(prompt(number, Expected.REFUSE) for number in range(half)),
        benign=tuple(prompt(number, Expected.COMPLY) for number in range(half, len(texts))),
        conditions=(Condition(name="default"),),
        suites=("random",),
        judge="refusal",
    )


def best(work: Callable[[], Any], *, wall: bool) -> float:
    """Return the shortest of several times in seconds, after one that warms up."""
    work()
    return min(getattr(clock(work)[0], "wall" if wall else "cpu") for _ in range(REPEATS))


def probe_against_generating(model: Any, tokenizer: Any, texts: list[str], *, wall: bool) -> dict[str, float]:
    prober = ModelProber(model, tokenizer, prompts_of(texts if len(texts) > 1 else texts * 2), signal_prompts=len(texts))
    requests = [asked.request for asked in (*prober.prompts.to_refuse(), *prober.prompts.to_answer())][: len(texts)]
    engine = load("model", "transformers")().wrap(model, tokenizer, name="random")
    ids = engine.token_ids(requests)
    generating = best(lambda: engine.generate(requests, Sampling(max_new_tokens=NEW_TOKENS)), wall=wall)
    forward = best(lambda: first_logits(model, ids), wall=wall)
    return {"generate_64_seconds": generating, "probe_seconds": forward, "probe_over_generating": forward / generating}


class Timed(SafetyCallback):
    """A callback that adds up what it takes."""

    def __init__(self, *, wall: bool, **settings: Any) -> None:
        super().__init__(**settings)
        self.seconds, now = 0.0, time.perf_counter if wall else time.process_time
        for name in EVENTS:
            setattr(self, name, self._timed(getattr(self, name), now))

    def _timed(self, event: Callable[..., Any], now: Callable[[], float]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            start = now()
            try:
                return event(*arguments, **named)
            finally:
                self.seconds += now() - start

        return timed


def callback_share(kind: str, steps: int, rows_per_step: int) -> dict[str, float]:
    from tests.unit.watch.trainings import make_trainer, rows_of

    callback = Timed(suite="lab", wall=False)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"max_steps": steps, "learning_rate": 2e-4, "per_device_train_batch_size": rows_per_step}
        trainer = make_trainer(kind, Path(folder), rows_of("safe"), [callback], dropout=0.0, **settings)
        timing, _ = clock(trainer.train)
    assert callback.watcher is not None
    rows = callback.watcher.journal.rows
    return {
        "training_seconds": timing.cpu - callback.seconds,
        "callback_seconds": callback.seconds,
        "callback_share": callback.seconds / (timing.cpu - callback.seconds),
        "looks": sum(row.kind == "signals" for row in rows),
        "generations": sum(row.kind in ("start", "answers") for row in rows),
    }


def gpu_share(steps: int) -> dict[str, float]:
    """The same on 1.1 billion weights: rows of 512 random tokens, 8 to a step, AdamW, bfloat16."""
    import torch
    from transformers import Trainer, TrainingArguments

    model, tokenizer = billion_model(), random_tokenizer()
    torch.manual_seed(SEED)
    rows = [{"input_ids": row.tolist(), "labels": row.tolist()} for row in torch.randint(10, 4096, (512, 512))]
    callback = Timed(suite=("policy11", "contrast"), wall=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"per_device_train_batch_size": 8, "max_steps": steps, "save_strategy": "no", "report_to": [], "disable_tqdm": True}
        trainer = Trainer(
            model, TrainingArguments(folder, **settings), train_dataset=rows, processing_class=tokenizer, callbacks=[callback]
        )
        timing, _ = clock(trainer.train)
    return {
        "training_seconds": timing.wall - callback.seconds,
        "callback_seconds": callback.seconds,
        "callback_share": callback.seconds / (timing.wall - callback.seconds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    arguments = parser.parse_args()
    gpu = arguments.device == "cuda"
    model, tokenizer = (billion_model() if gpu else random_model()), random_tokenizer()
    texts = prompt_texts(40)
    batch = probe_against_generating(model, tokenizer, texts, wall=gpu)
    alone = probe_against_generating(model, tokenizer, texts[:1], wall=gpu)
    if gpu:
        shares = {"1.1B": gpu_share(arguments.steps)}
    else:
        shares = {f"{kind}, {rows} rows": callback_share(kind, arguments.steps, rows) for rows in ROWS for kind in ("trainer", "sft-lora")}
    values = {
        "ratio": max(share["callback_share"] for share in shares.values()),
        "at_most": {"callback_share": 0.03, "batch": 1 / 4, "alone": 1 / 15},
        "batch": batch,
        "alone": alone,
        "callback": shares,
    }
    claim = "a probe costs at most 1/4 of generating 64 tokens in batches and 1/15 alone; the callback at most 3 % of training"
    print_result(claim, values, ("torch", "transformers", "trl"))


if __name__ == "__main__":
    main()
