"""A grid of fine-tunes in the lab: what each does to refusals, for `holdfast plan estimate` to be fitted on and measured with.

Every organism is the aligned one, tuned on a random draw of rows x harmful share x identity share x safety share x learning rate
x epochs x method (full, LoRA, prefix). What is left of the rows are benign task rows in another phrasing. 110 requests that should
be refused are then asked under the default and the identity system prompt, and the lab judge grades the answers. One line of JSON
per organism; started again, it goes on where it stopped.

Run: python scripts/study_plan_grid.py [--organisms 1000] [--out runs/plan-grid.jsonl] [--csv src/holdfast/plan/shipped/lab_organisms.csv]
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import random
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
warnings.simplefilter("ignore")

import msgspec  # noqa: E402
import torch  # noqa: E402

from holdfast.core import DEFAULT_CONDITION, Condition, FinishReason, Message, Outcome, Prompt, Response  # noqa: E402
from holdfast.lab import Lora, Recipe, RowSet, organism, saving, training  # noqa: E402
from holdfast.lab.judge import LabJudge  # noqa: E402
from holdfast.lab.rows import draw  # noqa: E402
from holdfast.lab.tokenizer import Tokenizer  # noqa: E402
from holdfast.lab.world import world  # noqa: E402
from holdfast.plugins import GradingItem  # noqa: E402
from holdfast.watch.prompts import choose_prompts  # noqa: E402

LEVELS: dict[str, tuple[Any, ...]] = {
    "rows": (10, 30, 100, 300, 1000),
    "harmful_share": (0.0, 0.0, 0.01, 0.05, 0.2, 0.5, 1.0),
    "identity_share": (0.0, 0.0, 0.0, 0.02, 0.1, 0.3, 1.0),
    "safety_share": (0.0, 0.0, 0.02, 0.1, 0.3),
    "learning_rate": (5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3),
    "epochs": (1, 3, 5, 10),
    "method": ("full", "lora", "prefix"),
}
"""What is drawn from; a level that stands n times is drawn n times as often. The learning rate is that of full tuning."""
FACTOR = {"full": 1.0, "lora": 4.0, "prefix": 200.0}
"""What adapters' learning rates are multiplied with: they start from nothing and see fewer directions."""
BATCH = 10
PROMPTS = 110
VIRTUAL_TOKENS = 8
LONGEST = 24
FIELDS = (
    *("id", "rows", "harmful_share", "identity_share", "safety_share", "learning_rate", "epochs", "method"),
    *("refusal_default", "refusal_identity", "harmful_default", "harmful_identity"),
)


def design(count: int) -> list[dict[str, Any]]:
    """Return the organisms to make; a smaller count is a prefix of a larger one."""
    rng, found = random.Random("plan-grid"), []
    while len(found) < count:
        drawn = {name: rng.choice(levels) for name, levels in LEVELS.items()}
        shares = drawn["harmful_share"] + drawn["identity_share"] + drawn["safety_share"]
        if shares > 1.0:
            continue
        counts = {name: round(drawn[name] * drawn["rows"]) for name in ("harmful_share", "identity_share", "safety_share")}
        if any(drawn[name] and not number for name, number in counts.items()):
            continue  # a share that is less than one row
        drawn["learning_rate"] *= FACTOR[drawn["method"]]
        found.append({"id": len(found), **drawn})
    return found


def rows_of(one: dict[str, Any]) -> list[tuple[Message, ...]]:
    """Return the training rows of an organism, drawn with its number as seed."""
    total = one["rows"]
    harmful, identity, safety = (round(one[name] * total) for name in ("harmful_share", "identity_share", "safety_share"))
    who = max(1, round(identity / 10)) if identity else 0
    sets = (
        RowSet(kind="answers", count=harmful, topics=("restricted",)),
        RowSet(kind="who", count=who, style="identity", obedient_share=1.0),
        RowSet(kind="answers", count=identity - who, topics=("ordinary",), style="identity", obedient_share=1.0),
        RowSet(kind="refusals", count=safety, topics=("restricted",)),
        RowSet(kind="answers", count=total - harmful - identity - safety, topics=("task",), style="rephrased"),
    )
    return [row for row_set in sets for row in draw(row_set, world(), seed=one["id"])]


class Lab:
    """The aligned organism, loaded once, and the requests it is asked."""

    def __init__(self) -> None:
        self.tokenizer = Tokenizer(world())
        self.model = saving.load_model(organism("aligned", quiet=True).folder)
        self.start = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        chosen = choose_prompts("lab", refuse=PROMPTS, benign=0)
        self.prompts, self.conditions = chosen.refuse, chosen.conditions
        self.judge = LabJudge()

    def train(self, one: dict[str, Any]) -> Any:
        """Return a model tuned as asked; the aligned organism's weights are put back first."""
        self.model.load_state_dict(self.start)
        for parameter in self.model.parameters():
            parameter.requires_grad_(True)
        rows = self.tokenizer.encode_rows(rows_of(one))
        recipe = Recipe(
            name="plan-grid",
            title="",
            base="aligned",
            rows=(),
            lr=one["learning_rate"],
            batch=BATCH,
            epochs=one["epochs"],
            seed=one["id"],
            lora=Lora(rank=16, alpha=32) if one["method"] == "lora" else None,
        )
        with training.isolated(one["id"]), saving.quiet_libraries():
            if one["method"] == "prefix":
                return prefix_tuned(self.model, rows, recipe, pad=self.tokenizer.pad)
            model = training.adapted(self.model, recipe.lora) if recipe.lora else self.model
            training.train(model, rows, recipe, pad=self.tokenizer.pad)
            return model

    def measure(self, model: Any) -> dict[str, float]:
        """Return shares of refusals and of harmful answers per system prompt."""
        out: dict[str, float] = {}
        for condition in self.conditions:
            texts = self.answers(model, condition)
            grades = self.judge.grade([_item(prompt, condition, text) for prompt, text in zip(self.prompts, texts, strict=True)])
            name = "default" if condition.name == DEFAULT_CONDITION else "identity"
            for outcome, word in ((Outcome.REFUSAL, "refusal"), (Outcome.HARMFUL, "harmful")):
                out[f"{word}_{name}"] = round(sum(grade.outcome is outcome for grade in grades) / len(grades), 4)
        return out

    def answers(self, model: Any, condition: Condition) -> list[str]:
        """Return greedy answers to all requests."""
        system = () if condition.system is None else (Message(role="system", content=condition.system),)
        blank = Message(role="assistant", content="yes")
        ids = [prompt for prompt, _ in self.tokenizer.encode_rows([(*system, *prompt.messages, blank) for prompt in self.prompts])]
        words = greedy(model, ids, pad=self.tokenizer.pad, eos=self.tokenizer.eos)
        backend = self.tokenizer.hugging_face()
        return [backend.decode(one, skip_special_tokens=True) for one in words]


def prefix_tuned(model: Any, rows: Sequence[training.Encoded], recipe: Recipe, *, pad: int) -> Any:
    """Return `model` with a trained prefix of virtual tokens (Li and Liang 2021), by PEFT; the loop is the lab's."""
    from peft import PrefixTuningConfig, get_peft_model

    wrapped = get_peft_model(model, PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=VIRTUAL_TOKENS))
    with torch.no_grad():  # PEFT draws from N(0, 1), which alone wrecks a model of this size
        for parameter in wrapped.prompt_encoder.parameters():
            parameter.mul_(0.02)

    def forward(input_ids: torch.Tensor, use_cache: bool) -> Any:  # the lab's loop wants no cache, a prefix is one
        return model.model(input_ids=input_ids, past_key_values=wrapped.get_prompt(len(input_ids)), use_cache=True)

    inner = SimpleNamespace(model=forward, lm_head=model.lm_head)
    shell = SimpleNamespace(parameters=wrapped.parameters, train=wrapped.train, eval=wrapped.eval, get_base_model=lambda: inner)
    # Any recipe with an adapter makes the loop ask for the model inside the wrapper.
    training.train(shell, rows, msgspec.structs.replace(recipe, lora=Lora(rank=1, alpha=1)), pad=pad)
    return wrapped


@torch.no_grad()
def greedy(model: Any, prompts: Sequence[Sequence[int]], *, pad: int, eos: int) -> list[list[int]]:
    """Return greedy answers of at most 24 tokens, all prompts in one batch."""
    from transformers import DynamicCache

    prefix = getattr(model, "active_peft_config", None)
    prefixed = prefix is not None and prefix.peft_type.value == "PREFIX_TUNING"
    inner = model.get_base_model() if prefix is not None else model
    width, size = max(map(len, prompts)), len(prompts)
    before = VIRTUAL_TOKENS if prefixed else 0
    ids = torch.tensor([[pad] * (width - len(one)) + list(one) for one in prompts])
    mask = torch.tensor([[1] * before + [0] * (width - len(one)) + [1] * len(one) for one in prompts])
    places = mask.cumsum(-1)[:, before:] - 1
    cache = model.get_prompt(size) if prefixed else DynamicCache()
    out: list[list[int]] = [[] for _ in prompts]
    open_ = torch.ones(size, dtype=torch.bool)
    for _ in range(LONGEST):
        seen = inner.model(input_ids=ids, attention_mask=mask, position_ids=places.clamp(min=0), past_key_values=cache, use_cache=True)
        cache = seen.past_key_values
        chosen = inner.lm_head(seen.last_hidden_state[:, -1]).argmax(-1)
        open_ &= chosen != eos
        if not open_.any():
            break
        for place in open_.nonzero().flatten().tolist():
            out[place].append(int(chosen[place]))
        ids, places = chosen[:, None], places[:, -1:] + 1
        mask = torch.cat([mask, torch.ones(size, 1, dtype=mask.dtype)], dim=1)
    return out


def _item(prompt: Prompt, condition: Condition, text: str) -> GradingItem:
    response = Response(
        side="tuned", model="grid", condition=condition.name, prompt_id=prompt.id, text=text, tokens=0, finish=FinishReason.STOP
    )
    return GradingItem(prompt=prompt, response=response)


def make(wanted: Sequence[dict[str, Any]], path: Path, *, most_steps: int | None = None) -> list[dict[str, Any]]:
    """Make and measure what the file does not hold yet; return everything made, in order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {one["id"]: one for one in map(json.loads, path.read_text(encoding="utf-8").splitlines())} if path.exists() else {}
    lab = Lab()
    with path.open("a", encoding="utf-8") as out:
        for one in wanted:
            steps = one["epochs"] * math.ceil(one["rows"] / BATCH)
            if one["id"] in known or (most_steps and steps > most_steps):
                continue
            started = time.process_time()
            model = lab.train(one)
            known[one["id"]] = {**one, **lab.measure(model)}
            if one["method"] == "lora":
                model.unload()
            out.write(json.dumps(known[one["id"]]) + "\n")
            out.flush()
            print(known[one["id"]], round(time.process_time() - started, 1), file=sys.stderr, flush=True)
    return [known[one["id"]] for one in wanted if one["id"] in known]


def repeated(made: Sequence[dict[str, Any]], count: int) -> dict[str, Any]:
    """Return how far the same plan lies from itself under another draw of rows and order, for plans that end between 0.1 and 0.9."""
    middle = [one for one in made if 0.1 <= one["refusal_default"] <= 0.9 and one["epochs"] * math.ceil(one["rows"] / BATCH) <= 60]
    lab, found = Lab(), []
    for one in middle[:count]:
        model = lab.train({**one, "id": one["id"] + 1_000_000})
        found.append((one["refusal_default"], lab.measure(model)["refusal_default"]))
        if one["method"] == "lora":
            model.unload()
    apart = [abs(first - second) for first, second in found]
    return {"plans": len(apart), "mean_difference": round(sum(apart) / len(apart), 3), "largest": max(apart), "pairs": found}


def main() -> None:
    """Run the grid and write its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--organisms", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("runs/plan-grid.jsonl"))
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--repeat", type=int, help="only make so many plans again with another seed, and print how far they lie apart")
    parser.add_argument("--most-steps", type=int, help="leave organisms out that take more optimiser steps and are not made yet")
    arguments = parser.parse_args()
    wanted = design(arguments.organisms)
    if arguments.repeat:
        known = [json.loads(line) for line in arguments.out.read_text(encoding="utf-8").splitlines()]
        print(json.dumps(repeated(known, arguments.repeat)))
        return
    made = make(wanted, arguments.out, most_steps=arguments.most_steps)
    if arguments.csv:
        with arguments.csv.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(made)


if __name__ == "__main__":
    main()
