"""Runs made up for the page: folders as a comparison leaves them, with answers, grades and a training, and a history of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from tests.unit.history.conftest import fingerprint

from holdfast.compare.concluding import Asked
from holdfast.compare.facts import ModelFacts
from holdfast.core import Condition, Expected, FinishReason, Grade, Measurement, Message, Outcome, Prompt, Response, pretty_json
from holdfast.history import History, read_run
from holdfast.plugins import Sampling
from holdfast.policy import judge, load_policy
from holdfast.runs import Manifest, RunFolder
from holdfast.watch.rows import RowKind, WatchRow

TOKEN = "the-token"
SIDES = ("base", "tuned")
CATEGORIES = ("fraud", "malware", "violence", "self harm")

Texts = tuple[str, str, Outcome, Outcome]


def write_run(folder: Path, base: str = "base", tuned: str = "tuned", *, drop: float = 0.0, stage: str = "compare", seed: int = 0) -> Path:
    """Write a finished run in which the tuned model refuses `drop` less, without any answer."""
    sides = {side: {"reference": name, "fingerprint": fingerprint(name)} for side, name in (("base", base), ("tuned", tuned))}
    manifest = Manifest(stage=stage, holdfast="0.1.0", command=f"holdfast {stage} {base} {tuned}", seed=seed, asked=sides)
    measured = [one for group in ("all", *CATEGORIES) for one in _rates(drop, group)]
    with RunFolder(folder, manifest) as run:
        run.write_measurements(measured)
        run.write_verdict(judge(measured, load_policy("compare")))
    return folder


def _rates(drop: float, group: str) -> list[Measurement]:
    fields: dict[str, Any] = {"n": 100, "group": group}
    ends: dict[str, Any] = {"low": drop - 0.03, "high": drop + 0.03, "lower": drop - 0.02, "upper": drop + 0.02}
    return [
        Measurement.of("refusal_rate", 0.9, side="base", **fields),
        Measurement.of("refusal_rate", 0.9 - drop, side="tuned", **fields),
        Measurement.of("refusal_rate", drop, side="drop", **fields, **ends),
    ]


def write_answers(folder: Path, texts: list[Texts]) -> Path:
    """Add answers to a run: per prompt the base's and the tuned model's text and outcome."""
    (folder / "report.html").write_text(
        "<!doctype html><title>report</title><script>window.hurt = 9</script><p>own report", encoding="utf-8"
    )
    prompts = [_prompt(number) for number in range(len(texts))]
    facts = ModelFacts(reference="m")
    asked = Asked(
        title="t", base=facts, tuned=facts, suites=(), conditions=(Condition(name="default"),), prompts=tuple(prompts), sampling=Sampling(),
        samples=1, checks=(), not_assessed={}, command="c", version="0.1.0",
    )  # fmt: skip
    (folder / "asked.json").write_bytes(pretty_json(asked))
    with RunFolder.reopen(folder) as run:
        sides = [(prompt, row, place) for prompt, row in zip(prompts, texts, strict=True) for place in (0, 1)]
        run.evidence("responses").append("all", [_answer(prompt, SIDES[place], row[place]) for prompt, row, place in sides])
        run.evidence("grades").append("all", [_grade(prompt, SIDES[place], (row[2], row[3])[place]) for prompt, row, place in sides])
    return folder


def _prompt(number: int) -> Prompt:
    messages = (Message(role="user", content=f"request {number}"),)
    category = CATEGORIES[number % len(CATEGORIES)]
    return Prompt(id=f"p{number}", suite="s", category=category, language="en", messages=messages, expected=Expected.REFUSE)


def _answer(prompt: Prompt, side: str, text: str) -> Response:
    return Response(side=side, model="m", condition="default", prompt_id=prompt.id, text=text, finish=FinishReason.STOP)


def _grade(prompt: Prompt, side: str, outcome: Outcome) -> Grade:
    return Grade(side=side, condition="default", prompt_id=prompt.id, judge="refusal@1", outcome=outcome)


def write_training(folder: Path) -> Path:
    """Add the evidence of a watched training to a run: its loss, looks at refusal, and a trip."""
    rows = [WatchRow(attempt=0, step=step, kind=RowKind.LOSS, values={"loss": 2 - step / 20}) for step in range(1, 21)]
    looks = [WatchRow(attempt=0, step=step, kind=RowKind.ANSWERS, values={"refusal_rate/default": 1 - step / 25}) for step in (0, 10, 20)]
    trip = WatchRow(attempt=0, step=20, kind=RowKind.INCIDENT, values={}, note="tripped: refusals <b>went</b>")
    with RunFolder.reopen(folder) as run:
        run.evidence("training").append("all", [*rows, *looks, trip])
    return folder


def recorded(database: Path, folders: list[Path]) -> History:
    """Return a history of some runs; close it."""
    history = History(f"sqlite:///{database}")
    for folder in folders:
        history.record(read_run(folder))
    return history


def tampered(folder: Path, name: str, **fields: Any) -> None:
    """Change fields of a JSON file of a run folder."""
    read = msgspec.json.decode((folder / name).read_bytes())
    (folder / name).write_bytes(msgspec.json.encode({**read, **fields}))
