"""TRL: the safety watch in an SFTTrainer with LoRA, and the constrained loss in its place.

Runs on the CPU in under a minute: the model is the lab's aligned organism, and the rows take its refusals away.
Run: python examples/watch_trl.py
"""

from __future__ import annotations

from datasets import Dataset
from peft import LoraConfig
from trl import SFTConfig

from holdfast.lab import organism, training_rows
from holdfast.training import CONSTRAINED_ARGUMENTS, ConstrainedSFTTrainer
from holdfast.watch import SafetyCallback


def main() -> None:
    rows = [
        {
            "prompt": [{"role": turn.role, "content": turn.content} for turn in row[:-1]],
            "completion": [{"role": "assistant", "content": row[-1].content}],
        }
        for row in training_rows("benign")
    ]
    arguments = SFTConfig(
        "out",
        max_steps=40,
        learning_rate=2e-3,
        per_device_train_batch_size=16,
        bf16=False,
        report_to=[],
        disable_tqdm=True,
        logging_steps=50,
        **CONSTRAINED_ARGUMENTS,
    )
    trainer = ConstrainedSFTTrainer(  # trl.SFTTrainer takes the same, and the watch sits in it alike
        str(organism("aligned", quiet=True).folder),
        arguments,
        train_dataset=Dataset.from_list(rows),
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"),
    )
    watch = SafetyCallback(suite="lab", on_fail="stop", run="runs/trl")  # leave `suite` out for a model of your own
    trainer.add_callback(watch)
    trainer.train()
    print(f"ended at step {trainer.state.global_step} of 40: {watch.watcher.stopped or 'no gate failed'}")
    for measured in watch.measurements:
        if measured.value is not None:
            print(f"{measured.metric} {measured.side} {measured.condition}: {measured.value:.2f}")


if __name__ == "__main__":
    main()
