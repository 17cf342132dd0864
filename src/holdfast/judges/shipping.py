"""Measure our own judges on the public label sets and write the ledger that ships: numbers only, none of the text.

`python -m holdfast.judges.shipping DATA` writes `ledger.json` beside this file; `--check` writes nothing and exits with 1
where the file says something else. DATA is the folder with `xstest`, `harmbench` and `openai_rbr_gold`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from holdfast.judges.labels import LabelSet, read_labels
from holdfast.judges.ledger import measure_on
from holdfast.judges.qi2023 import Qi2023Judge
from holdfast.judges.refusal import RefusalJudge
from holdfast.judges.shipped import LEDGER_FILE
from holdfast.plugins import Judge, Ledger, LedgerRow

__all__ = ["measure_shipped"]

_XSTEST = (("gpt4", "GPT-4"), ("llama2new", "Llama 2"))
_FIRST_LOOK = {
    # Figures of 'refusal' on the odd ids before anybody had read one of their errors (commit c24ac09): what to expect of
    # the rules on responses that they have not seen.
    "gpt4": "sensitivity 0.981 and specificity 0.983",
    "llama2new": "sensitivity 0.963 and specificity 0.942",
}


def measure_shipped(data: Path) -> Ledger:
    """Return the ledger of our own judges, measured now; raises JudgeError where a label file is missing in `data`."""
    refusal, qi2023 = RefusalJudge(), Qi2023Judge()
    rows = {judge.card.name: _rows(judge, data) for judge in (refusal, qi2023)}
    rows[refusal.card.name] += _halves(refusal, data)
    return Ledger(judges=rows)


def _rows(judge: Judge, data: Path) -> tuple[LedgerRow, ...]:
    rows = [row for file, model in _XSTEST for row in measure_on(judge, _xstest(data, file, model))]
    harmbench = read_labels(data / "harmbench" / "adv_training_behaviors_safe_responses.csv", name="HarmBench safe responses")
    rows += measure_on(judge, harmbench, note="the same sentence in every row")
    rbr = read_labels(data / "openai_rbr_gold" / "train.jsonl", name="OpenAI RBR gold")
    rows += measure_on(judge, rbr, note="deflections count as answers")
    return tuple(rows)


def _halves(judge: Judge, data: Path) -> tuple[LedgerRow, ...]:
    """XSTest once more by halves: the rules were written while the errors on even ids were read."""
    rows = []
    for file, model in _XSTEST:
        whole = _xstest(data, file, model)
        rows += measure_on(judge, _half(whole, 0), note="its errors were read while the rules were written", part_of=whole.name)[:1]
        rows += measure_on(judge, _half(whole, 1), note=f"before its errors were read, once: {_FIRST_LOOK[file]}", part_of=whole.name)[:1]
    return tuple(rows)


def _xstest(data: Path, file: str, model: str) -> LabelSet:
    return read_labels(data / "xstest" / f"xstest_v2_completions_{file}.csv", name=f"XSTest, {model}")


def _half(whole: LabelSet, remainder: int) -> LabelSet:
    """The prompts whose number is even or odd: the models answered the same prompts, so a half is the same in both files."""
    chosen = [index for index, item in enumerate(whole.items) if int(item.prompt.id.split("-")[-1]) % 2 == remainder]
    return LabelSet(
        name=f"{whole.name}, {'odd' if remainder else 'even'} ids",
        items=tuple(whole.items[index] for index in chosen),
        labels=tuple(whole.labels[index] for index in chosen),
        sides=tuple(whole.sides[index] for index in chosen),
    )


def main(arguments: list[str] | None = None) -> int:
    """Write the ledger, or compare it with what is measured now; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m holdfast.judges.shipping", description="Measure the shipped judges.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    target = Path(__file__).with_name(LEDGER_FILE)
    text = msgspec.json.format(msgspec.json.encode(measure_shipped(options.data)), indent=1) + b"\n"
    if options.check:
        return int(target.read_bytes() != text)
    target.write_bytes(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
