"""Claim: mixing the base into every token costs twice the time; into the first five, mostly that of reading the prompt twice.

A random Llama of 4 M parameters, a second one, and a LoRA adapter on the first; 16 prompts, answers of 64 tokens, greedy, float32. Each
row is the time per token over that of the tuned model alone; the engines answer in turns, and the median turn counts.

Run: python benchmarks/ensemble_cost.py [--device cpu]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import warnings
from pathlib import Path
from typing import Any

from _common import clock, print_result, prompt_texts, random_model, random_tokenizer

PROMPTS, TOKENS, TURNS = 16, 64, 5
CASES = {"first_1": 1, "first_5": 5, "all": None}


def save_models(folder: Path) -> dict[str, str]:
    """Write base, tuned and adapter; return references of the tuned side."""
    import torch
    from peft import LoraConfig, get_peft_model

    base = random_model()
    for name in ("base", "tuned"):
        if name == "tuned":
            with torch.no_grad():
                for parameter in base.parameters():
                    parameter.add_(0.02 * torch.randn_like(parameter))
        base.save_pretrained(folder / name)
        random_tokenizer().save_pretrained(folder / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = get_peft_model(random_model(), LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"))
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "lora_B" in name:
                    parameter.normal_(0, 0.02)
        model.save_pretrained(folder / "adapter")
    return {"two_models": str(folder / "tuned"), "adapter": f"{folder / 'base'}+{folder / 'adapter'}"}


def ratios(base: str, tuned: str, options: Any) -> dict[str, Any]:
    from holdfast.core import Message
    from holdfast.models.ensemble import Ensemble, open_ensemble
    from holdfast.plugins import GenerationRequest, Sampling

    requests = [
        GenerationRequest(key=f"p{number}", messages=(Message(role="user", content=text),))
        for number, text in enumerate(prompt_texts(PROMPTS))
    ]
    spent: dict[str, list[float]] = {}
    specs = {name: Ensemble(base=base, tuned=tuned, weight=0.5, tokens=tokens) for name, tokens in CASES.items()}
    engines = {name: open_ensemble(spec, options, reference=name) for name, spec in specs.items()}
    sides = {"tuned": next(iter(engines.values())).tuned, **engines}
    for turn in range(TURNS + 1):
        for name, engine in sides.items():
            timing, answers = clock(lambda engine=engine: engine.generate(requests, Sampling(max_new_tokens=TOKENS)))  # type: ignore[misc]
            if turn:
                spent.setdefault(name, []).append(timing.wall * 1000 / sum(answer.tokens or 0 for answer in answers))
    one_batch = next(iter(engines.values())).one_batch
    middle = {name: statistics.median(times) for name, times in spent.items()}
    for engine in engines.values():
        engine.close()
    found = {f"{name}_tokens_times_tuned": round(middle[name] / middle["tuned"], 2) for name in CASES}
    return {"one_batch": one_batch, "tuned_ms_per_token": round(middle["tuned"], 3), **found}


def main(device: str) -> None:
    from holdfast.plugins import ModelOptions

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tuned = save_models(folder)
        options = ModelOptions(device=device, threads=1 if device == "cpu" else None)
        values = {kind: ratios(str(folder / "base"), reference, options) for kind, reference in tuned.items()}
    print_result(__doc__.splitlines()[0].removeprefix("Claim: "), {"device": device, **values}, packages=("torch", "transformers", "peft"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    main(parser.parse_args().device)
