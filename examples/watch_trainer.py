"""transformers: the safety watch, a head trained first and averaged weights in a plain Trainer.

Runs on the CPU in under a minute: the model is the lab's aligned organism, and the rows take its refusals away.
Run: python examples/watch_trainer.py
"""

from __future__ import annotations

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForSeq2Seq, Trainer, TrainingArguments

from holdfast.lab import organism, training_rows
from holdfast.training import AverageCallback, HeadFirstCallback, untie
from holdfast.watch import SafetyCallback


def main() -> None:
    folder = organism("aligned", quiet=True).folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    untie(model)  # its head is the embedding; trained alone it would move that too

    def encode(row: tuple) -> dict[str, list[int]]:
        turns = [{"role": turn.role, "content": turn.content} for turn in row]
        whole = tokenizer.apply_chat_template(turns, return_dict=False)
        asked = tokenizer.apply_chat_template(turns[:-1], add_generation_prompt=True, return_dict=False)
        return {"input_ids": whole, "attention_mask": [1] * len(whole), "labels": [-100] * len(asked) + whole[len(asked) :]}

    watch = SafetyCallback(suite="lab", on_fail="rollback", run="runs/trainer")
    trainer = Trainer(
        model,
        TrainingArguments("out", max_steps=60, learning_rate=2e-3, report_to=[], disable_tqdm=True, logging_steps=100),
        train_dataset=Dataset.from_list([encode(row) for row in training_rows("benign")]),
        data_collator=DataCollatorForSeq2Seq(tokenizer),
        processing_class=tokenizer,
        # The average before the watch, so that its last look sees what is kept; the head after it.
        callbacks=[
            AverageCallback(0.9),
            watch,
            HeadFirstCallback(5),
        ],
    )
    trainer.train()
    print(f"ended at step {trainer.state.global_step} of 60, back at step {watch.restored}: {watch.watcher.stopped or 'no gate failed'}")


if __name__ == "__main__":
    main()
